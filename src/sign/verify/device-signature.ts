import { type Bytes, decodePath, encodePath, type Finding } from "../../core/index.ts";
import { compileDeviceGlob } from "../../state/index.ts";
import { deviceJson } from "../../state/internal.ts";
import { coordinateSize, type Hash } from "../algorithms.ts";
import { encodeBase64Url } from "../base64.ts";
import { verifySignature } from "../crypto.ts";
import { ecdsaFromDer, ecdsaResize } from "../ecdsa-signature.ts";
import { finding } from "../findings.ts";
import type { PublicKey } from "../public-key.ts";
import type { SignatureReport, VerifyOptions } from "../types.ts";
import { deviceBase64Url } from "./device-base64.ts";
import { readAsDevice } from "./device-text.ts";
import { deviceSigner } from "./device-trust.ts";
import { Objection } from "./jws.ts";
import { blankReport, type Judgement } from "./report.ts";

/** One member of the state, as text. */
export interface DevicePair {
  key: string;
  rawKey: string;
  /** A string's is without its quotes. */
  value: string;
  /** A pattern of a signature hit it, one that excludes included. */
  covered: boolean;
}

/** What a device believes. */
export interface DeviceTrust extends VerifyOptions {
  now: Date;
  build: "official" | "stock-mbedtls";
}

/** What a device takes for a signature; `crash` where it trips over the value. */
export type DeviceSignature = { protected: string; signature: string } | "crash";

/** `pv_signature_parse_pvs`: any member that mentions `"#spec"`, then `pvs@2`, at any depth. */
export function findSignature({ value }: DevicePair): DeviceSignature | undefined {
  const tokens = readAsDevice(value);
  if (tokens.failed) return "crash";
  if (deviceJson.findRaw(tokens, "#spec") !== "pvs@2") return undefined;
  const head = deviceJson.findRaw(tokens, "protected");
  const signature = deviceJson.findRaw(tokens, "signature");
  return head === undefined || signature === undefined ? undefined : { protected: head, signature };
}

/** The hash is the algorithm's, the rest the key's. */
const hashes: Readonly<Record<string, Hash>> = {
  RS256: "SHA-256",
  ES256: "SHA-256",
  ES384: "SHA-384",
  ES512: "SHA-512",
};

/** `pv_signature_verify_pvs`, over all members of the state. */
export async function judgeAsDevice(
  name: string,
  signature: DeviceSignature,
  pairs: readonly DevicePair[],
  trust: DeviceTrust,
): Promise<Judgement> {
  const report = blankReport(name);
  const findings: Finding[] = [];
  try {
    if (signature === "crash") throw new Objection("DEVICE_CRASH", "a value that the device cannot read");
    const header = readHeader(signature.protected);
    report.alg = header.alg;
    const certificates = readList(header.x5c);
    const { included, payload } = select(header, pairs, report);
    const hash = Object.hasOwn(hashes, header.alg) ? hashes[header.alg] : undefined;
    if (!hash) throw new Objection("ALGORITHM_REFUSED", `no device takes ${header.alg}`);
    const { key, problem, ...chain } = await deviceSigner(certificates, isOem(included, pairs, trust), trust);
    Object.assign(report, chain);
    const input = encodePath(`${signature.protected}.${encodeBase64Url(encodePath(payload))}`);
    const isGood = key !== undefined && (await verifies(key, hash, input, signature.signature, trust.build));
    if (problem) {
      if (isGood) report.verdict = "untrusted";
      throw problem;
    }
    if (!isGood) throw new Objection("SIGNATURE_INVALID", "the signature does not fit what it covers");
    report.verdict = "trusted";
  } catch (error) {
    if (!(error instanceof Objection)) throw error;
    findings.push(finding(error.code, name, `${name}: ${error.message}`));
  }
  return { report, findings };
}

interface DeviceHeader {
  alg: string;
  x5c: string | undefined;
  /** Undefined where the device follows a null pointer. */
  lists: { include: string; exclude: string } | undefined;
}

function readHeader(text: string): DeviceHeader {
  const bytes = deviceBase64Url(text);
  if (!bytes) throw new Objection("BASE64URL_INVALID", "protected is no base64url");
  const tokens = readAsDevice(decodePath(bytes).split("\0", 1)[0]!);
  if (tokens.failed) throw new Objection("HEADER_INVALID", "the protected header cannot be read");
  if (deviceJson.findRaw(tokens, "typ") !== "PVS") throw new Objection("TYPE_INVALID", "typ is not PVS");
  const pvs = deviceJson.findRaw(tokens, "pvs");
  const alg = deviceJson.findRaw(tokens, "alg");
  if (pvs === undefined) throw new Objection("HEADER_INVALID", "the header names no patterns");
  if (alg === undefined) throw new Objection("HEADER_INVALID", "the header names no algorithm");
  const inner = readAsDevice(pvs);
  const include = inner.failed ? undefined : deviceJson.findRaw(inner, "include");
  const exclude = inner.failed ? undefined : deviceJson.findRaw(inner, "exclude");
  const lists = include === undefined || exclude === undefined ? undefined : { include, exclude };
  return { alg, x5c: deviceJson.findRaw(tokens, "x5c"), lists };
}

/** The certificates of x5c as texts; none where there is no x5c. */
function readList(x5c: string | undefined): string[] {
  if (x5c === undefined) return [];
  const texts = elements(x5c);
  if (texts.length === 0) throw new Objection("CERTIFICATE_INVALID", "x5c is empty or no list");
  return texts;
}

/** The next tokens of an array, one an element, whatever they are; none for what is no array. */
function elements(json: string): string[] {
  const tokens = readAsDevice(json);
  const size = tokens.failed ? 0 : deviceJson.sizeOf(tokens, 0, deviceJson.ARRAY);
  return Array.from({ length: Math.max(0, size) }, (_, i) => deviceJson.rawOf(tokens, i + 1));
}

function matching(json: string, pairs: readonly DevicePair[]): DevicePair[] {
  const globs = elements(json).map((pattern) => compileDeviceGlob(pattern));
  return pairs.filter(({ rawKey }) => globs.some((match) => match(rawKey)));
}

function select(
  { lists }: DeviceHeader,
  pairs: readonly DevicePair[],
  report: SignatureReport,
): { included: ReadonlySet<DevicePair>; payload: string } {
  if (!lists) throw new Objection("DEVICE_CRASH", "the header has no include or no exclude list");
  const included = new Set(matching(lists.include, pairs));
  const excluded = matching(lists.exclude, pairs);
  for (const pair of [...included, ...excluded]) pair.covered = true;
  for (const pair of excluded) included.delete(pair);
  report.paths = pairs.filter((pair) => included.has(pair)).map(({ key }) => key);
  report.excluded = excluded.map(({ key }) => key);
  const members = pairs
    .filter((pair) => included.has(pair))
    .map(({ rawKey, value }) => `"${rawKey}":${/^[{[]/.test(value) ? value : `"${value}"`}`);
  // Nothing selected leaves the closing brace alone.
  return { included, payload: members.length === 0 ? "}" : `{${members.join(",")}}` };
}

/** An OEM signature selects nothing of `bsp/` and of the OEM's own part. */
function isOem(included: ReadonlySet<DevicePair>, pairs: readonly DevicePair[], { oemName }: DeviceTrust): boolean {
  // The name goes into a JSON text of 255 bytes as it is.
  const json = oemName === undefined ? '["bsp/**"]' : `["bsp/**","${oemName}/**"]`;
  return oemName !== undefined && !matching(json.slice(0, 255), pairs).some((pair) => included.has(pair));
}

/** The official mbedTLS takes DER, else halves r and s; a stock one only DER. */
async function verifies(
  key: PublicKey,
  hash: Hash,
  input: Bytes,
  text: string,
  build: DeviceTrust["build"],
): Promise<boolean> {
  const signature = deviceBase64Url(text);
  if (!signature) throw new Objection("BASE64URL_INVALID", "signature is no base64url");
  if (key.kty === "RSA") return verifySignature(key, "pkcs1", hash, input, signature);
  const size = coordinateSize[key.crv];
  const forms = [ecdsaFromDer(signature, size, true), build === "official" ? ecdsaResize(signature, size) : undefined];
  for (const form of forms) if (form && (await verifySignature(key, "ecdsa", hash, input, form))) return true;
  return false;
}
