import { type SignatureReport, type State, verifyState } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Run } from "../../command.ts";
import { ExitError } from "../../failures.ts";
import { signatureText, summaryOf } from "../../signature-summary.ts";
import { pvrTrust, signatureKeys, signaturePath, warn, withSignature } from "../../signatures.ts";

/** Each signature as it is in the work tree, over the commit; the first that fails ends it. */
export const run: Run = async (context, args, options) => {
  const { folder, ...repository } = await context.repository();
  const { state } = await repository.revision();
  const keys = args.length > 0 ? args.map(signaturePath) : signatureKeys(state);
  if (keys.length === 0 && options["pubkey"] === undefined) return context.print("{}");
  const trust = await pvrTrust(context, options);
  const reports: SignatureReport[] = [];
  let seen: State = state;
  for (const key of keys) {
    if ((await folder.sizeOf?.(key)) === undefined)
      throw new ExitError(`signature file does not exist with name ${key}`, 125);
    const signed = await withSignature(state, folder, key);
    seen = { ...seen, [key]: signed[key]! };
    const { decision, reasons, signatures } = await verifyState(signed, { policy: "pvr", trust, names: [key] });
    if (decision === "reject") throw new ExitError(reasons[0]?.message ?? `${key} does not verify`, 13);
    reports.push(...signatures);
  }
  const sigs = reports.map((report) => signatureText(seen, report, options["withPayload"] === true));
  const lists = { ...summaryOf(state, reports), ...(options["withSigs"] === true && sigs.length > 0 ? { sigs } : {}) };
  context.print(goJson(JSON.stringify(lists), { indent: "    " }));
  if (reports.length === 0) return;
  const device = await verifyState(seen, { policy: "device-lenient", trust });
  for (const reason of device.reasons) if (reason.severity === "error") warn(context, reason);
};
