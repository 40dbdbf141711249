import { readFile } from "node:fs/promises";
import { type VerifyOptions, verifyState } from "@pv/sdk";
import { type Run, text } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { revisionOf } from "../revision-of.ts";

const policies = ["sdk", "pvr", "device-strict", "device-lenient", "device-audit", "device-disabled"] as const;
const profiles = ["official", "stock-mbedtls", "any"] as const;

/** Nothing is accepted by default: a path that no trusted signature covers rejects the revision. */
export const run: Run = async (context, args, options) => {
  const file = async (name: string): Promise<string | undefined> =>
    text(options, name) === undefined ? undefined : readFile(text(options, name)!, "utf8");
  const choose = <T extends string>(name: string, known: readonly T[]): T => {
    const chosen = text(options, name) ?? known[0];
    return known.find((one) => one === chosen) ?? usage(`--${name} is one of ${known.join(", ")}`);
  };
  const trust: VerifyOptions["trust"] = { certificates: await file("cacerts"), publicKeys: await file("pubkey") };
  if (!trust.certificates && !trust.publicKeys) usage("say whom to trust: --cacerts or --pubkey");
  const [policy, device] = [choose("policy", policies), choose("device", profiles)];
  const { state } = await revisionOf(context, args[0]);
  const { decision, reasons, signatures, paths } = await verifyState(state, { policy, device, trust });
  if (context.json) {
    context.print(JSON.stringify({ decision, reasons, signatures, paths: Object.fromEntries(paths) }));
  } else {
    for (const { name, verdict, subject, paths: covered } of signatures)
      context.print(`${verdict} ${name}: ${covered.length} paths${subject ? `, ${subject}` : ""}`);
    for (const { severity, message, code } of reasons) context.print(`${severity} ${message} [${code}]`);
  }
  if (decision === "reject") throw new ExitError(`rejected by policy ${policy}`, 1);
};

function usage(message: string): never {
  throw new UsageError(message);
}
