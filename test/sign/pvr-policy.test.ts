import { sign as nodeSign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { NULL } from "../../src/sign/der.ts";
import { type Trust, type VerifyOptions, type VerifyReport, verifyState } from "../../src/sign/index.ts";
import { readCertificate } from "../../src/sign/x509/certificate.ts";
import { verifyChainAsGo } from "../../src/sign/x509/chain-go.ts";
import { canonicalJson } from "../../src/state/index.ts";
import { errorsOf, forge, now, state } from "./fixtures.ts";
import { type CertificateSpec, dnsName, type Holder, makeCertificate } from "./make-certificate.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const leaf = makeCertificate({ subject: "Leaf" }, root);
const rsa = makeCertificate({ subject: "RSA leaf" }, root, "rsa2048");
const trust = { certificates: root.pem };
const payload = `{"web/run.json":${canonicalJson(state["web/run.json"]!)}}`;
const x5c = (...chain: Holder[]): string[] => chain.map(({ der }) => Buffer.from(der).toString("base64"));
const header = { alg: "ES256", pvs: { include: ["web/run.json"], exclude: [] }, typ: "PVS", x5c: x5c(leaf) };
const pem = (...holders: Holder[]): string =>
  holders.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }) as string).join("");

function on(document: unknown, given: Trust = trust, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  const text = canonicalJson({ ...state, "_sigs/web.json": document as never });
  return verifyState(text, { policy: "pvr", trust: given, now, ...options });
}
const codes = async (document: unknown, given?: Trust): Promise<string[]> => errorsOf(await on(document, given));
const good = forge(leaf, header, payload);
const signed = (changes: object, holder = leaf): Record<string, unknown> =>
  forge(holder, JSON.parse(JSON.stringify({ ...header, ...changes })) as object, payload);
const encoded = (text: string): string => Buffer.from(text).toString("base64url");

describe("a signature file as go-jose reads it", () => {
  it("is flattened, or general with one signature", async () => {
    const { "#spec": spec, ...inner } = good;
    expect(await codes(good)).toEqual([]);
    expect(await codes({ "#spec": spec, signatures: [inner] })).toEqual([]);
    expect(await codes({ ...good, signatures: [] })).toEqual([]);
    expect(await codes({ ...good, signatures: "x" })).toEqual([]);
    expect(await codes({ "#spec": spec, signatures: [inner, inner] })).toEqual(["SIGNATURE_MALFORMED"]);
    expect(await codes({ "#spec": spec, signatures: [5] })).toEqual(["SIGNATURE_MALFORMED"]);
    expect(await codes({ "#spec": spec, signatures: [{ ...inner, signature: "AAAA" }] })).toEqual([
      "SIGNATURE_INVALID",
    ]);
  });

  it.each<[string, object, string]>([
    ["a signature that is no string", { signature: 5 }, "SIGNATURE_MALFORMED"],
    ["a signature that is no base64url", { signature: "!" }, "SIGNATURE_MALFORMED"],
    ["a signature that is null", { signature: null }, "SIGNATURE_INVALID"],
    ["a protected header that is no string", { protected: {} }, "SIGNATURE_MALFORMED"],
    ["a protected header that is no base64url", { protected: "!" }, "SIGNATURE_MALFORMED"],
    ["a protected header that is no object", { protected: encoded("[]") }, "SIGNATURE_MALFORMED"],
    ["a protected header that is no JSON", { protected: encoded("{") }, "SIGNATURE_MALFORMED"],
    ["no protected header", { protected: null }, "HEADER_INVALID"],
    ["an empty protected header", { protected: "" }, "HEADER_INVALID"],
    ["a payload that is no string", { payload: 5 }, "SIGNATURE_MALFORMED"],
    ["a payload that is no base64url", { payload: "!" }, "SIGNATURE_MALFORMED"],
    ["an unprotected header that is no object", { header: [] }, "SIGNATURE_MALFORMED"],
    ["a nonce that nobody signed", { header: { nonce: "x" } }, "SIGNATURE_MALFORMED"],
    ["a nonce of another kind", { header: { nonce: 5 } }, "SIGNATURE_MALFORMED"],
    ["a key id of another kind", { header: { kid: {} } }, "SIGNATURE_MALFORMED"],
    ["a jwk that is none", { header: { jwk: 5 } }, "SIGNATURE_MALFORMED"],
  ])("is refused with %s", async (_what, changes, code) => {
    expect(await codes({ ...good, ...changes })).toEqual([code]);
  });

  it.each<[string, object]>([
    ["a payload", { payload: encoded("anything") }],
    ["null for a payload", { payload: null }],
    ["null for an unprotected header", { header: null }],
    ["an empty nonce", { header: { nonce: "" } }],
    ["null for jwk", { header: { jwk: null } }],
    ["what the protected header says otherwise", { header: { alg: "none" } }],
  ])("is taken with %s", async (_what, changes) => expect(await codes({ ...good, ...changes })).toEqual([]));

  it("merges what nobody signed, and says so", async () => {
    const { x5c: chain, alg, ...rest } = header;
    const report = await on(forge(leaf, rest, payload, { header: { x5c: chain, alg } }));
    expect(report.decision).toBe("accept");
    expect(report.reasons.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["HEADER_UNPROTECTED warning"]);
    expect((await on(good)).reasons).toEqual([]);
    expect((await on({ ...good, header: {} })).reasons).toEqual([]);
    // Null and the empty string in the protected header say nothing.
    expect(await codes(forge(leaf, { ...rest, alg: null, x5c: chain }, payload, { header: { alg } }))).toEqual([]);
    expect(await codes(forge(leaf, { ...rest, alg: "", x5c: chain }, payload, { header: { alg } }))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["an algorithm that is no string", { alg: 5 }, "SIGNATURE_MALFORMED"],
    ["an algorithm that nobody knows", { alg: "toString" }, "SIGNATURE_INVALID"],
    ["no algorithm", { alg: undefined }, "SIGNATURE_INVALID"],
    ["no patterns", { pvs: undefined }, "HEADER_INVALID"],
    ["patterns that are no object", { pvs: [] }, "HEADER_INVALID"],
    ["an include list that is none", { pvs: { include: "web", exclude: [] } }, "HEADER_INVALID"],
    ["a pattern that is no string", { pvs: { include: ["web/run.json"], exclude: [5] } }, "HEADER_INVALID"],
    ["a bad pattern", { pvs: { include: ["web/["], exclude: [] } }, "PATTERN_INVALID"],
    ["x5c that is no list", { x5c: "MII" }, "CERTIFICATE_INVALID"],
    ["x5c that is no base64", { x5c: ["!"] }, "CERTIFICATE_INVALID"],
    ["x5c that is no certificate", { x5c: [...x5c(leaf), "AAAA"] }, "CERTIFICATE_INVALID"],
    ["an unknown critical member", { crit: ["exp"], exp: 1 }, "SIGNATURE_INVALID"],
    ["one more critical member", { crit: ["b64", "exp"] }, "SIGNATURE_INVALID"],
    ["critical members that are no list", { crit: "b64" }, "SIGNATURE_INVALID"],
  ])("is refused whose header has %s", async (_what, changes, code) => {
    expect(await codes(signed(changes))).toEqual([code]);
  });

  it("may have lists that are missing, and the critical member b64", async () => {
    expect(await codes(signed({ pvs: { include: ["web/run.json"] } }))).toEqual([]);
    expect(await codes(forge(leaf, { ...header, pvs: { exclude: [] } }, "{}"))).toEqual([]);
    expect(await codes(signed({ crit: ["b64"], b64: true }))).toEqual([]);
    const head = encoded(JSON.stringify({ ...header, crit: ["b64"], b64: false }));
    const input = Buffer.from(`${head}.${payload}`);
    const signature = nodeSign("sha256", input, { key: leaf.key, dsaEncoding: "ieee-p1363" }).toString("base64url");
    expect(await codes({ ...good, protected: head, signature })).toEqual([]);
    expect(await codes({ ...good, protected: head })).toEqual(["SIGNATURE_INVALID"]);
  });

  it("has a size that the algorithm says, and a curve that the key says", async () => {
    const { signature, ...rest } = good;
    const raw = Buffer.from(signature as string, "base64url");
    const short = Buffer.concat([raw.subarray(0, 32), raw.subarray(32, 63)]).toString("base64url");
    expect(await codes({ ...rest, signature: short })).toEqual(["SIGNATURE_INVALID"]);
    const head = encoded(JSON.stringify({ ...header, alg: "ES384" }));
    const input = Buffer.from(`${head}.${encoded(payload)}`);
    const halves = nodeSign("sha384", input, { key: leaf.key, dsaEncoding: "ieee-p1363" });
    const wide = Buffer.concat([Buffer.alloc(16), halves.subarray(0, 32), Buffer.alloc(16), halves.subarray(32)]);
    expect(await codes({ ...good, protected: head, signature: wide.toString("base64url") })).toEqual([]);
    expect(await codes({ ...good, protected: head, signature: halves.toString("base64url") })).toEqual([
      "SIGNATURE_INVALID",
    ]);
    const input256 = Buffer.from(`${rest["protected"] as string}.${encoded(payload)}`);
    const exact = nodeSign("sha256", input256, { key: leaf.key, dsaEncoding: "ieee-p1363" });
    const padded = Buffer.concat([Buffer.alloc(16), exact.subarray(0, 32), Buffer.alloc(16), exact.subarray(32)]);
    expect(await codes({ ...rest, signature: exact.toString("base64url") })).toEqual([]);
    expect(await codes({ ...rest, signature: padded.toString("base64url") })).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(signed({ alg: "RS256", x5c: x5c(rsa) }, rsa))).toEqual([]);
    expect(await codes(signed({ alg: "ES256", x5c: x5c(rsa) }, rsa))).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(signed({ alg: "RS256" }))).toEqual(["SIGNATURE_INVALID"]);
  });
});

describe("whom pvr believes", () => {
  it("keys that are given, and then no chain", async () => {
    const stranger = makeCertificate({ subject: "Stranger" });
    expect(await codes(good, { publicKeys: pem(leaf) })).toEqual([]);
    expect(await codes(good, { publicKeys: pem(rsa, leaf) })).toEqual([]);
    expect(await codes(good, { ...trust, publicKeys: pem(rsa) })).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(good, { ...trust, publicKeys: "" })).toEqual(["SIGNER_UNKNOWN"]);
    expect(await codes(signed({ x5c: x5c(stranger) }), { publicKeys: pem(leaf) })).toEqual([]);
    expect((await on(good, { publicKeys: pem(leaf) })).signatures[0]?.chain).toBeUndefined();
    expect((await on(good)).signatures[0]?.chain?.map(({ subject }) => subject)).toEqual(["CN=Leaf", "CN=Root"]);
  });

  it("certificates that it was given, where the signature has none", async () => {
    const bare = signed({ x5c: undefined });
    const self = makeCertificate({ subject: "Leaf" });
    expect(await codes(bare, { certificates: root.pem + self.pem })).toEqual([]);
    expect(await codes(bare, trust)).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(bare, {})).toEqual(["SIGNER_UNKNOWN"]);
    expect(await codes(signed({ x5c: [] }), { certificates: self.pem })).toEqual(["SIGNER_UNKNOWN"]);
    const old = makeCertificate({ subject: "Leaf", notAfter: new Date("2026-02-01T00:00:00Z") });
    expect(await codes(bare, { certificates: old.pem })).toEqual(["SIGNER_UNKNOWN"]);
  });

  it("says why not", async () => {
    const said = async (document: unknown, given: Trust): Promise<string> => {
      const { reasons, signatures } = await on(document, given);
      return `${signatures[0]?.verdict}: ${reasons[0]?.message.replace("_sigs/web.json: ", "")}`;
    };
    expect(await said(good, {})).toBe("untrusted: no chain to a trusted CA");
    expect(await said(signed({ x5c: undefined }), {})).toBe("untrusted: no key to verify with");
    expect(await said({ ...good, signature: "AAAA" }, trust)).toBe(
      "invalid: the signature does not fit what it covers",
    );
  });

  it("no key of a kind that pvr knows and nobody else", async () => {
    const other = makeCertificate({ subject: "Other curve" }, root, "secp256k1");
    expect(await codes(signed({ x5c: x5c(other) }))).toEqual(["SIGNER_UNKNOWN"]);
  });

  it("in bytes as well as in text, and tells the algorithm", async () => {
    const bytes = new TextEncoder().encode(canonicalJson({ ...state, "_sigs/web.json": good as never }));
    const report = await verifyState(bytes, { policy: "pvr", trust, now });
    expect([report.decision, report.signatures[0]?.alg]).toEqual(["accept", "ES256"]);
    expect((await on(signed({ alg: undefined }))).signatures[0]).not.toHaveProperty("alg");
    expect((await on(signed({ alg: null }))).signatures[0]).not.toHaveProperty("alg");
  });

  it("certificates without headers only, and no broken ones", async () => {
    const spoilt = root.pem.replace("-----\n", "-----\nProc-Type: 4\n\n");
    expect(await codes(good, { certificates: spoilt })).toEqual(["SIGNER_UNKNOWN"]);
    expect(await codes(good, { certificates: spoilt + root.pem })).toEqual([]);
    expect(await codes(good, { certificates: pem(rsa) + root.pem })).toEqual([]);
  });

  it("tells an unsigned state, a signature that is missing and one that is none", async () => {
    const unsigned = await verifyState(state, { policy: "pvr", trust, now });
    expect(unsigned).toMatchObject({ decision: "accept", reasons: [{ code: "UNSIGNED", severity: "warning" }] });
    const asked = async (document: unknown, ...names: string[]): Promise<string[]> =>
      (await on(document, trust, { names })).reasons.map(({ code, path }) => `${code} ${path}`);
    expect(await asked(good, "web")).toEqual([]);
    expect(await asked(good, "web", "bsp")).toEqual(["UNSIGNED _sigs/bsp.json"]);
    expect(await asked({ ...good, signature: "AAAA" }, "bsp")).toEqual(["UNSIGNED _sigs/bsp.json", "UNSIGNED "]);
    expect(await asked({ x: 1 }, "web")).toEqual(["SIGNATURE_MALFORMED _sigs/web.json", "UNSIGNED "]);
    expect(errorsOf(await verifyState("[]", { policy: "pvr", trust, now }))).toEqual(["STATE_INVALID"]);
  });
});

describe("chains as Go verifies them", () => {
  const read = ({ der }: Holder): NonNullable<ReturnType<typeof readCertificate>> =>
    readCertificate(new Uint8Array(der))!;
  const end = (issuer: Holder, spec: Partial<CertificateSpec> = {}): Holder =>
    makeCertificate({ subject: "End", ...spec }, issuer);
  const names = async (
    chain: readonly [Holder, ...Holder[]],
    anchors: readonly Holder[] = [root],
    at = now,
  ): Promise<string[] | undefined> => {
    const [first, ...others] = chain.map(read);
    const found = await verifyChainAsGo(first!, others, anchors.map(read), at);
    return found?.map(({ subject }) => new TextDecoder().decode(subject.sets[0]?.[0]?.value));
  };
  const ca = (subject: string, issuer?: Holder, spec: Partial<CertificateSpec> = {}, kind?: string): Holder =>
    makeCertificate({ subject, ca: true, ...spec }, issuer, kind);
  const middle = ca("Middle", root);
  const unknown = { oid: "1.2.3.4", critical: true, value: NULL };

  it("go over intermediates to a root, or begin at one", async () => {
    expect(await names([end(root)])).toEqual(["End", "Root"]);
    expect(await names([end(middle), middle])).toEqual(["End", "Middle", "Root"]);
    expect(await names([end(middle)])).toBeUndefined();
    expect(await names([end(middle)], [middle])).toEqual(["End", "Middle"]);
    const pinned = end(middle);
    expect(await names([pinned], [root, pinned])).toEqual(["End"]);
  });

  it("go another way where one is closed or leads nowhere", async () => {
    const crossed = ca("Middle", ca("Nowhere"));
    const twin = ca("Middle", root, {}, "p384");
    expect(await names([end(middle), crossed, middle])).toEqual(["End", "Middle", "Root"]);
    expect(await names([end(middle), twin, middle])).toEqual(["End", "Middle", "Root"]);
    expect(await names([end(root)], [ca("Root", undefined, {}, "p384"), root])).toEqual(["End", "Root"]);
  });

  it("end at dates, their seconds included", async () => {
    const dated = end(root, {
      notBefore: new Date("2026-06-01T00:00:00Z"),
      notAfter: new Date("2026-06-02T00:00:00Z"),
    });
    for (const [at, fine] of [
      ["2026-05-31T23:59:59Z", false],
      ["2026-06-01T00:00:00Z", true],
      ["2026-06-02T00:00:00Z", true],
      ["2026-06-02T00:00:00.001Z", false],
    ] as const) {
      expect([at, (await names([dated], [root], new Date(at))) !== undefined]).toEqual([at, fine]);
    }
    const old = ca("Middle", root, { notAfter: new Date("2026-02-01T00:00:00Z") });
    expect(await names([end(middle), old])).toBeUndefined();
    expect(await names([end(root)], [ca("Root", undefined, { notAfter: new Date("2026-02-01T00:00:00Z") })])).toBe(
      undefined,
    );
  });

  it("know some critical extensions", async () => {
    expect(await names([end(root, { extensions: [unknown] })])).toBeUndefined();
    expect(await names([end(root, { extensions: [{ ...unknown, critical: false }] })])).toBeDefined();
    const odd = ca("Odd", root, { extensions: [unknown] });
    expect(await names([end(odd), odd])).toBeUndefined();
  });

  it("are for code signing, where a purpose is limited", async () => {
    const server = ["1.3.6.1.5.5.7.3.1"];
    expect(await names([end(root, { purposes: null })])).toBeDefined();
    expect(await names([end(root, { purposes: ["2.5.29.37.0"] })])).toBeDefined();
    expect(await names([end(root, { purposes: server })])).toBeUndefined();
    const limited = ca("Limited", root, { purposes: server });
    expect(await names([end(limited), limited])).toBeUndefined();
  });

  it("have issuers that may issue", async () => {
    const not = async (spec: Partial<CertificateSpec>): Promise<boolean> => {
      const odd = makeCertificate({ subject: "Odd", ca: true, ...spec }, root);
      const top = makeCertificate({ subject: "Odd", ca: true, ...spec });
      return (await names([end(odd), odd])) === undefined && (await names([end(top)], [top])) === undefined;
    };
    expect(await not({})).toBe(false);
    expect(await not({ ca: false })).toBe(true);
    expect(await not({ noConstraints: true })).toBe(true);
    expect(await not({ keyUsage: "1" })).toBe(true);
    expect(await not({ keyUsage: null })).toBe(false);
    const ancient = makeCertificate({ subject: "Ancient", version: 1 });
    expect(await names([end(ancient)], [ancient])).toEqual(["End", "Ancient"]);
    const below = makeCertificate({ subject: "Ancient", version: 1 }, root);
    expect(await names([end(below), below])).toBeUndefined();
  });

  it("count CAs below for the path length, whatever their names", async () => {
    const strict = ca("Strict", undefined, { pathLength: 0 });
    const under = ca("Under", strict);
    const renewed = ca("Strict", strict, {}, "p384");
    expect(await names([end(strict)], [strict])).toBeDefined();
    expect(await names([end(under), under], [strict])).toBeUndefined();
    expect(await names([end(renewed), renewed], [strict])).toBeUndefined();
    const roomy = ca("Roomy", undefined, { pathLength: 1 });
    const first = ca("First", roomy);
    const second = ca("Second", first);
    expect(await names([end(first), first], [roomy])).toBeDefined();
    expect(await names([end(second), second, first], [roomy])).toBeUndefined();
  });

  it("ask for names where a certificate has some", async () => {
    const limited = ca("Limited", root, { permitted: [dnsName("example.com")] });
    expect(await names([end(limited), limited])).toBeDefined();
    expect(await names([end(limited, { names: [dnsName("a.example.com")] }), limited])).toBeDefined();
    expect(await names([end(limited, { names: [dnsName("example.org")] }), limited])).toBeUndefined();
  });

  it("compare names byte for byte", async () => {
    expect(await names([end({ ...root, subject: "ROOT" })])).toBeUndefined();
  });

  it("do not go in circles, nor on for ever", async () => {
    const a = ca("A");
    const b = ca("B", a);
    const again = ca("A", b);
    expect(await names([end(again), again, b], [root])).toBeUndefined();
    const twin = ca("Root", undefined, {}, "p384");
    expect(await names([end(root)], [...new Array<Holder>(99).fill(twin), root])).toBeDefined();
    expect(await names([end(root)], [...new Array<Holder>(100).fill(twin), root])).toBeUndefined();
  });
});
