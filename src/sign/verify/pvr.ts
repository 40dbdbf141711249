/**
 * The verdict of the real pvr of 2023: `pvr sig ls` (`libpvr/pvslib.go`, go-jose, Go's crypto/x509). Loaded on demand.
 *
 * @module
 */
import type { Bytes, Finding } from "../../core/index.ts";
import { utf8 } from "../../core/internal.ts";
import { canonicalJson } from "../../state/index.ts";
import { coordinateSize, jwsAlgorithm } from "../algorithms.ts";
import { encodeBase64Url } from "../base64.ts";
import { verifySignature } from "../crypto.ts";
import { ecdsaResize } from "../ecdsa-signature.ts";
import { type FindingCode, finding } from "../findings.ts";
import type { PublicKey } from "../public-key.ts";
import { type Selection, selectAsPvr } from "../selection.ts";
import { readSignature, signatureKey } from "../signature-document.ts";
import { payloadOf, readEntries, type TextEntry } from "../state-text.ts";
import type { SignatureReport, VerifyOptions, VerifyReport } from "../types.ts";
import { type Certificate, readCertificate } from "../x509/certificate.ts";
import { verifyChainAsGo } from "../x509/chain-go.ts";
import { describeChain } from "../x509/describe.ts";
import { goBase64, goBase64Url, goObject, goStrings, goStripSpace, isGoPublicJwk } from "./go-json.ts";
import { blankReport, type Judgement, keysOf, makeReport } from "./report.ts";
import { publicKeysAsPvr, readStore } from "./trust.ts";

/** The pool of keys and roots that the options make. */
interface Pool {
  keys: PublicKey[] | undefined;
  roots: Certificate[];
  now: Date;
}

/** Judges as `pvr sig ls` does; an unsigned state is no error to it. */
export async function verifyAsPvr(
  text: string | Uint8Array,
  { trust, names }: VerifyOptions,
  now: Date,
): Promise<VerifyReport> {
  const canonical = canonicalJson(typeof text === "string" ? utf8(text) : text);
  if (!canonical.startsWith("{")) return makeReport([], [], [finding("STATE_INVALID", "", "a state is an object")]);
  const entries = readEntries(canonical);
  const roots = readStore(trust.certificates).certificates.flatMap((der) => readCertificate(der) ?? []);
  const keys = trust.publicKeys === undefined ? undefined : publicKeysAsPvr(trust.publicKeys);
  const pool: Pool = { keys, roots, now };

  const findings: Finding[] = [];
  const wanted = names?.map(signatureKey);
  for (const key of wanted ?? []) {
    const entry = entries.find((candidate) => candidate.key === key);
    if (!entry) findings.push(finding("UNSIGNED", key, `there is no signature ${key}`));
    else if (!readSignature(entry)) findings.push(finding("SIGNATURE_MALFORMED", key, `${key} is no pvs@2 signature`));
  }
  const signatures: SignatureReport[] = [];
  for (const entry of entries) {
    if (!readSignature(entry) || (wanted && !wanted.includes(entry.key))) continue;
    const { report, findings: more } = await judge(entry, entries, pool);
    signatures.push(report);
    findings.push(...more);
  }
  if (signatures.length === 0) findings.push(finding("UNSIGNED", "", "nothing is signed", "warning"));
  return makeReport(entries, signatures, findings);
}

/** A header as go-jose merges it: what is protected comes first. */
interface Jose {
  header: ReadonlyMap<string, unknown>;
  protectedHeader: ReadonlyMap<string, unknown>;
  /** The protected header as pvr encodes it again. */
  encoded: string;
  signature: Bytes;
  unprotected: boolean;
}

async function judge(entry: TextEntry, entries: readonly TextEntry[], pool: Pool): Promise<Judgement> {
  const { key: name } = entry;
  const empty = blankReport(name);
  const fail = (code: FindingCode, message: string, report: Partial<SignatureReport> = {}): Judgement => ({
    report: { ...empty, ...report },
    findings: [finding(code, name, `${name}: ${message}`)],
  });
  const jose = await readJose(entry.value);
  if (typeof jose === "string") return fail("SIGNATURE_MALFORMED", jose);
  const lists = goObject(JSON.stringify(jose.protectedHeader.get("pvs") ?? null));
  if (!lists) return fail("HEADER_INVALID", "the header names no patterns; pvr panics");
  const [include, exclude] = [goStrings(lists.get("include")), goStrings(lists.get("exclude"))];
  if (include === undefined || exclude === undefined) return fail("HEADER_INVALID", "a pattern is no string");
  const selection = selectAsPvr(entries, { include: include ?? [], exclude: exclude ?? [] });
  if (selection.bad !== undefined) return fail("PATTERN_INVALID", `${selection.bad} is a bad pattern`);

  const report = { ...empty, ...describe(jose, selection) };
  const chain = await signerChain(jose.header.get("x5c"), pool);
  if (chain === "broken") return fail("CERTIFICATE_INVALID", "x5c holds no certificates", report);
  const leaf = chain?.[0];
  if (chain) Object.assign(report, await describeChain(chain));
  const keys = pool.keys ?? (leaf ? [leaf.key] : jose.header.has("x5c") ? [] : await poolKeys(pool));
  const payload = utf8(payloadOf(selection.selected));
  const usable = keys.filter((key) => key !== undefined);
  if (usable.length === 0) {
    const message = leaf || !jose.header.has("x5c") ? "no key to verify with" : "no chain to a trusted CA";
    return fail("SIGNER_UNKNOWN", message, { ...report, verdict: "untrusted" });
  }
  for (const key of usable) {
    if (!(await verifies(jose, key, payload))) continue;
    const warnings = jose.unprotected
      ? [finding("HEADER_UNPROTECTED", name, `${name} has members that nobody signed`, "warning")]
      : [];
    return { report: { ...report, verdict: "trusted" }, findings: warnings };
  }
  return fail("SIGNATURE_INVALID", "the signature does not fit what it covers", report);
}

function describe({ header }: Jose, { selected, excluded }: Selection): Partial<SignatureReport> {
  const alg = header.get("alg");
  return { paths: keysOf(selected), excluded: keysOf(excluded), ...(typeof alg === "string" && { alg }) };
}

/** `ParseSigned` of go-jose: flattened form, or the general one with a single signature. Else what is wrong. */
async function readJose(value: string): Promise<Jose | string> {
  const outer = goObject(goStripSpace(value));
  const signatures = outer?.get("signatures");
  const many = Array.isArray(signatures) && signatures.length > 0;
  if (many && signatures.length > 1) return "more than one signature in one document";
  const document = many ? goObject(JSON.stringify(signatures[0])) : outer;
  if (!document) return "it is no JSON object";
  const { protected: head, signature, payload } = Object.fromEntries(document) as Record<string, unknown>;
  const decoded = [head, signature, payload ?? null].map((text) =>
    text === undefined || text === null ? new Uint8Array(0) : typeof text === "string" ? goBase64Url(text) : undefined,
  );
  const [bytes, raw] = decoded;
  if (!bytes || !raw || !decoded[2]) return "a member is no base64url";
  const protectedHeader = bytes.length === 0 ? new Map<string, unknown>() : goObject(bytes);
  if (!protectedHeader) return "the protected header is no JSON object";
  const unprotected = goObject(JSON.stringify(document.get("header") ?? {}));
  if (!unprotected) return "the unprotected header is no object";
  const nonce = unprotected.get("nonce");
  if (typeof nonce === "string" && nonce !== "") return "a nonce that nobody signed";
  const header = new Map(unprotected);
  for (const [name, member] of protectedHeader) if (member !== null && member !== "") header.set(name, member);
  for (const name of ["alg", "kid", "nonce"]) {
    if (typeof (header.get(name) ?? "") !== "string") return `${name} is no string`;
  }
  const jwk = header.get("jwk") ?? null;
  if (jwk !== null && !(await isGoPublicJwk(jwk))) return "the embedded jwk is no public key";
  return {
    header,
    protectedHeader,
    encoded: encodeBase64Url(bytes),
    signature: raw,
    unprotected: unprotected.size > 0,
  };
}

/** The chain of x5c to a root of the pool; undefined where there is none, `broken` where x5c cannot be read. */
async function signerChain(x5c: unknown, pool: Pool): Promise<readonly Certificate[] | "broken" | undefined> {
  const texts = goStrings(x5c);
  if (texts === undefined) return "broken";
  const certificates = (texts ?? []).map((text) => {
    const der = goBase64(text);
    return der && readCertificate(der);
  });
  if (!certificates.every((certificate) => certificate !== undefined)) return "broken";
  const [leaf, ...others] = certificates;
  return leaf && !pool.keys ? verifyChainAsGo(leaf, others, pool.roots, pool.now) : undefined;
}

/** Without x5c, every certificate of the pool that verifies against the pool lends its key. */
async function poolKeys({ roots, now }: Pool): Promise<(PublicKey | undefined)[]> {
  const found: (PublicKey | undefined)[] = [];
  for (const root of roots) if (await verifyChainAsGo(root, [], roots, now)) found.push(root.key);
  return found;
}

/** `DetachedVerify` of go-jose. */
async function verifies(jose: Jose, key: PublicKey, payload: Bytes): Promise<boolean> {
  const { header, protectedHeader, encoded, signature } = jose;
  const critical = goStrings(header.get("crit"));
  if (critical === undefined || critical?.some((name) => name !== "b64")) return false;
  const algorithm = jwsAlgorithm(header.get("alg"));
  if (!algorithm) return false;
  const { scheme, hash, curve } = algorithm;
  const plain = protectedHeader.get("b64") === false ? payload : utf8(encodeBase64Url(payload));
  const head = utf8(`${encoded}.`);
  const input = new Uint8Array(head.length + plain.length);
  input.set(head);
  input.set(plain, head.length);
  if (key.kty === "RSA" || !curve) return verifySignature(key, scheme, hash, input, signature);
  // The algorithm says the size of a signature and the hash; the curve is the key's.
  if (signature.length !== 2 * coordinateSize[curve]) return false;
  const fitted = ecdsaResize(signature, coordinateSize[key.crv]);
  return fitted !== undefined && verifySignature(key, scheme, hash, input, fitted);
}
