import type { Bytes, Finding, JsonObject } from "../../core/index.ts";
import { utf8 } from "../../core/internal.ts";
import { jwsAlgorithms } from "../algorithms.ts";
import { decodeBase64 } from "../base64.ts";
import { verifySignature } from "../crypto.ts";
import { finding } from "../findings.ts";
import { type PublicKey, publicKeyFromCertificate, publicKeyFromJwk, sameKey } from "../public-key.ts";
import { type Selection, sameEntries, selectAsDevice, selectAsPvr } from "../selection.ts";
import { readPatterns } from "../signature-document.ts";
import { payloadOf, signingInput, type TextEntry } from "../state-text.ts";
import type { DeviceProfile, SignatureReport } from "../types.ts";
import { Objection, readStrictly, type StrictSignature } from "./jws.ts";
import { blankReport, type Judgement, keysOf } from "./report.ts";
import type { Anchors } from "./sdk.ts";

const MAX_CERTIFICATES = 5;

/** Judges one signature; what is wrong first decides. */
export async function judgeSignature(
  name: string,
  document: JsonObject,
  entries: readonly TextEntry[],
  anchors: Anchors,
  device: DeviceProfile,
): Promise<Judgement> {
  const report = blankReport(name);
  const findings: Finding[] = [];
  let key: PublicKey | undefined;
  try {
    const signature = readStrictly(document);
    report.alg = signature.alg;
    const { selected, excluded } = readSelection(signature, entries, anchors);
    report.paths = keysOf(selected);
    report.excluded = keysOf(excluded);
    const payload = payloadOf(selected);
    if (signature.payload !== undefined && signature.payload !== payload) {
      throw new Objection("PAYLOAD_MISMATCH", "the embedded payload is not what the signature covers");
    }
    const certificates = readCertificates(signature.header);
    key = await signerOf(signature, certificates, payload, anchors);
    report.verdict = "untrusted";
    findings.push(...(await believe(key, certificates, anchors, report)));
    report.verdict = "trusted";
    if (signature.alg !== "RS256" && device !== "official") {
      const message = `${name}: a device of the profile ${device} does not take ${signature.alg}`;
      findings.push(finding("ALGORITHM_UNKNOWN_TO_DEVICE", name, message));
    }
  } catch (error) {
    if (!(error instanceof Objection)) throw error;
    findings.push(finding(error.code, name, `${name}: ${error.message}`));
  }
  return { report, findings, ...(key && { key }) };
}

/** What pvr and a device both select. */
function readSelection({ header }: StrictSignature, entries: readonly TextEntry[], { budget }: Anchors): Selection {
  if (header["pvs"] === undefined) throw new Objection("HEADER_INVALID", "the header names no patterns");
  const patterns = readPatterns(header);
  if (!patterns) {
    throw new Objection(
      "DEVICE_CRASH",
      "include or exclude is missing or no list of strings; a device crashes over it",
    );
  }
  budget.patterns -= entries.length * (patterns.include.length + patterns.exclude.length);
  if (budget.patterns < 0) throw new Objection("PATTERN_INVALID", "more patterns than anybody would write");
  const selection = selectAsPvr(entries, patterns);
  if (selection.bad !== undefined) throw new Objection("PATTERN_INVALID", `${selection.bad} is a bad pattern`);
  const device = selectAsDevice(entries, patterns);
  if (!sameEntries(device.selected, selection.selected) || !sameEntries(device.excluded, selection.excluded)) {
    throw new Objection("PATTERN_AMBIGUOUS", "pvr and a device select different keys");
  }
  if (selection.selected.length === 0) throw new Objection("SELECTION_EMPTY", "it covers nothing");
  for (const { rawKey, value } of selection.selected) budget.payload -= rawKey.length + value.length;
  if (budget.payload < 0) throw new Objection("PATTERN_INVALID", "more signatures over more than anybody would write");
  return selection;
}

/** x5c as DER, leaf first; none where the header has none. */
function readCertificates({ x5c = [] }: JsonObject): Bytes[] {
  if (!Array.isArray(x5c)) throw new Objection("CERTIFICATE_INVALID", "x5c is no list");
  if (x5c.length > MAX_CERTIFICATES) throw new Objection("CHAIN_TOO_LONG", `x5c holds ${x5c.length} certificates`);
  return x5c.map((text) => {
    const der = decodeBase64(text as string); // anything else is not the base64 of itself
    if (!der) throw new Objection("CERTIFICATE_INVALID", "x5c holds what is no base64");
    return der;
  });
}

/** The key that made the signature: the leaf's, else the embedded one, else one that is trusted. */
async function signerOf(
  { header, alg, input, signature }: StrictSignature,
  [leaf]: readonly Bytes[],
  payload: string,
  { keys }: Anchors,
): Promise<PublicKey> {
  const certified = leaf && publicKeyFromCertificate(leaf);
  const embedded = publicKeyFromJwk(header["jwk"]);
  if (leaf && !certified)
    throw new Objection("CERTIFICATE_INVALID", "the first certificate holds no key that can sign");
  if (header["jwk"] !== undefined && !embedded)
    throw new Objection("HEADER_INVALID", "jwk is no public key that can sign");
  if (certified && embedded && !sameKey(certified, embedded)) {
    throw new Objection("SIGNER_MISMATCH", "the embedded key is not the first certificate's");
  }
  const named = certified ?? embedded;
  const candidates = named ? [named] : keys;
  if (candidates.length === 0) throw new Objection("SIGNER_UNKNOWN", "it names no key, and none is trusted");
  const { scheme, hash, curve } = jwsAlgorithms[alg]!;
  const fitting = candidates.filter((key) => key.crv === curve);
  if (fitting.length === 0) throw new Objection("ALGORITHM_KEY_MISMATCH", `${alg} does not go with the key`);
  const strong = fitting.filter((key) => key.kty === "EC" || key.bits >= 2048);
  if (strong.length === 0) throw new Objection("KEY_UNSUPPORTED", "an RSA key below 2048 bits");
  const data = signingInput(input, utf8(payload));
  for (const key of strong) if (await verifySignature(key, scheme, hash, data, signature)) return key;
  throw new Objection("SIGNATURE_INVALID", "the signature does not fit what it covers");
}

/** Warnings, where the key is trusted by itself or by its chain. */
async function believe(
  key: PublicKey,
  certificates: readonly Bytes[],
  anchors: Anchors,
  report: SignatureReport,
): Promise<Finding[]> {
  if (anchors.keys.some((trusted) => sameKey(trusted, key))) return [];
  if (certificates.length === 0)
    throw new Objection("SIGNER_UNKNOWN", "its key is not trusted, and it has no certificate");
  const { believeChain } = await import("../x509/believe.ts");
  const { problem, notes, ...chain } = await believeChain(certificates, anchors.certificates, anchors.now);
  Object.assign(report, chain);
  if (problem) throw new Objection(problem.code, problem.message);
  return notes.map((note) => finding("CERTIFICATE_PROFILE", report.path, `${report.path}: ${note}`, "warning"));
}
