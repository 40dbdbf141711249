/**
 * The verdict of a device: pantavisor's `signature.c`, followed step by step, over text as it stands. Loaded on demand.
 *
 * @module
 */
import { decodePath, type Finding } from "../../core/index.ts";
import { deviceJson } from "../../state/internal.ts";
import { finding } from "../findings.ts";
import type { DeviceProfile, SignatureReport, VerifyOptions, VerifyPolicy, VerifyReport } from "../types.ts";
import { type DevicePair, type DeviceTrust, findSignature, judgeAsDevice } from "./device-signature.ts";
import { readAsDevice } from "./device-text.ts";
import { makeReport } from "./report.ts";

/** Judges as a device does in the mode that `policy` names; `any` accepts what both builds accept. */
export async function verifyAsDevice(
  text: string | Uint8Array,
  policy: VerifyPolicy,
  options: VerifyOptions,
  now: Date,
): Promise<VerifyReport> {
  const whole = typeof text === "string" ? text : decodePath(text);
  const seen = whole.split("\0", 1)[0]!;
  const { device = "official" } = options;
  const builds: Exclude<DeviceProfile, "any">[] = device === "any" ? ["official", "stock-mbedtls"] : [device];
  let report: VerifyReport | undefined;
  for (const build of builds) {
    report = await verifyOn(seen, policy, { ...options, now, build });
    if (report.decision === "reject") break;
  }
  return report!;
}

async function verifyOn(text: string, policy: VerifyPolicy, trust: DeviceTrust): Promise<VerifyReport> {
  const findings: Finding[] = [];
  const pairs = readPairs(text, findings);
  if (policy === "device-disabled") {
    return makeReport(pairs, [], [...findings, finding("UNSIGNED", "", "this mode looks at no signature", "warning")]);
  }
  const signatures: SignatureReport[] = [];
  const wanted = trust.names?.map((name) => (name.endsWith(".json") ? name : `_sigs/${name}.json`));
  for (const pair of pairs) {
    const found = findSignature(pair);
    if (found === undefined || (wanted && !wanted.includes(pair.key))) continue;
    const judged = await judgeAsDevice(pair.key, found, pairs, trust);
    signatures.push(judged.report);
    findings.push(...judged.findings);
    // Nothing that comes after a crash is looked at.
    if (judged.findings.some(({ code }) => code === "DEVICE_CRASH")) return makeReport(pairs, signatures, findings);
  }
  if (signatures.length === 0 && policy !== "device-strict") {
    findings.push(finding("UNSIGNED", "", "nothing is signed", "warning"));
  }
  if (policy !== "device-lenient" && !findings.some(({ severity }) => severity === "error")) {
    const severity = policy === "device-strict" ? "error" : "warning";
    for (const { key, rawKey, covered } of pairs) {
      if (rawKey.startsWith("_sigs/") || covered) continue;
      findings.push(finding("PATH_UNCOVERED", key, `no signature covers ${key}`, severity));
    }
  }
  return makeReport(pairs, signatures, findings);
}

/** The top-level members as a device walks them; broken text ends it, as the state parser would right after. */
function readPairs(text: string, findings: Finding[]): DevicePair[] {
  try {
    const tokens = readAsDevice(text);
    if (tokens.failed || deviceJson.kindOf(tokens, 0) !== deviceJson.OBJECT) {
      findings.push(finding("STATE_INVALID", "", tokens.failed?.reason ?? "the state is no object"));
      return [];
    }
    return deviceJson.childrenOf(tokens, 0).map((token) => {
      const rawKey = deviceJson.rawOf(tokens, token);
      return { key: unescaped(rawKey), rawKey, value: deviceJson.rawOf(tokens, token + 1), covered: false };
    });
  } catch (error) {
    // Stryker disable next-line ConditionalExpression: a parser of text throws nothing else, unless it has a defect
    if (!(error instanceof deviceJson.BoundError)) throw error;
    findings.push(finding("STATE_INVALID", "", error.message));
    return [];
  }
}

/** A key for people: what it says without escapes, where they are right. */
function unescaped(rawKey: string): string {
  try {
    return JSON.parse(`"${rawKey}"`) as string;
  } catch {
    return rawKey;
  }
}
