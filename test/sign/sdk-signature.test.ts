import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSigner, type SignatureReport, signState, type VerifyReport, verifyState } from "../../src/sign/index.ts";
import { readAnchors } from "../../src/sign/verify/sdk.ts";
import { judgeSignature } from "../../src/sign/verify/sdk-signature.ts";
import { canonicalJson, formatState, type State } from "../../src/state/index.ts";
import { causesOf, errorsOf, forge, now, signerOf, state } from "./fixtures.ts";
import { type Holder, keyPem, makeCertificate } from "./make-certificate.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const leaf = makeCertificate({ subject: "Leaf" }, root);
const rsa = makeCertificate({ subject: "RSA leaf" }, root, "rsa2048");
const trust = { certificates: root.pem };

const jwkOf = ({ publicKey }: Holder): object => publicKey.export({ format: "jwk" });
const x5cOf = (...chain: Holder[]): string[] => chain.map(({ der }) => Buffer.from(der).toString("base64"));
const lists = { include: ["web/run.json"], exclude: [] };
const payload = `{"web/run.json":${canonicalJson(state["web/run.json"]!)}}`;
const header = (alg = "ES256"): Record<string, unknown> => ({ alg, pvs: lists, typ: "PVS", x5c: x5cOf(leaf) });

function withSignature(document: Record<string, unknown>, key = "_sigs/web.json"): string {
  return canonicalJson({ ...state, [key]: document as never });
}

async function judge(document: Record<string, unknown>, certificates = trust.certificates): Promise<VerifyReport> {
  return verifyState(withSignature(document), { trust: { certificates }, now });
}

async function outcome(document: Record<string, unknown>): Promise<[string[], SignatureReport["verdict"] | undefined]> {
  const report = await judge(document);
  expect(report.decision).toBe("reject");
  return [causesOf(report), report.signatures[0]?.verdict];
}

describe("one signature, policy sdk", () => {
  it("trusts what a stranger to this library made by the book", async () => {
    const report = await judge(forge(leaf, header(), payload));
    expect(report.signatures).toMatchObject([
      { name: "web", path: "_sigs/web.json", verdict: "trusted", alg: "ES256", paths: ["web/run.json"] },
    ]);
    expect(report.paths.get("web/run.json")).toBe("trusted");
    expect(report.paths.get("bsp/run.json")).toBe("unsigned");
    expect(errorsOf(report)).toEqual(["PATH_UNCOVERED"]);
  });

  it("refuses the algorithm none", async () => {
    const document = { ...forge(leaf, header("none"), payload), signature: "" };
    expect(await outcome(document)).toEqual([["ALGORITHM_REFUSED"], "invalid"]);
  });

  it("refuses an HMAC with the public key as its secret", async () => {
    const spki = rsa.publicKey.export({ type: "spki", format: "pem" });
    const encoded = Buffer.from(JSON.stringify({ ...header("HS256"), x5c: x5cOf(rsa) })).toString("base64url");
    const input = `${encoded}.${Buffer.from(payload).toString("base64url")}`;
    const signature = createHmac("sha256", spki).update(input).digest("base64url");
    expect(await outcome({ "#spec": "pvs@2", protected: encoded, signature })).toEqual([
      ["ALGORITHM_REFUSED"],
      "invalid",
    ]);
  });

  it.each(["RS384", "RS512", "PS256", "EdDSA", "es256", 5, null])("refuses the algorithm %s", async (alg) => {
    expect(await outcome(forge(leaf, { ...header(), alg }, payload))).toEqual([["ALGORITHM_REFUSED"], "invalid"]);
  });

  it("refuses a curve that is not the algorithm's", async () => {
    const other = makeCertificate({ subject: "P-384 leaf" }, root, "p384");
    const document = forge(other, { ...header("ES256"), x5c: x5cOf(other) }, payload);
    expect(await outcome(document)).toEqual([["ALGORITHM_KEY_MISMATCH"], "invalid"]);
  });

  it("refuses a swapped algorithm: RS256 over an EC key, ES256 over an RSA key", async () => {
    expect(await outcome(forge(leaf, header("RS256"), payload))).toEqual([["ALGORITHM_KEY_MISMATCH"], "invalid"]);
    const document = forge(rsa, { ...header("ES256"), x5c: x5cOf(rsa) }, payload);
    expect(await outcome(document)).toEqual([["ALGORITHM_KEY_MISMATCH"], "invalid"]);
  });

  it("refuses a certificate that nobody signed, in an unprotected header", async () => {
    const { x5c, ...rest } = header();
    expect(await outcome(forge(leaf, rest, payload, { header: { x5c } }))).toEqual([["HEADER_UNPROTECTED"], "invalid"]);
  });

  it("refuses any unprotected header", async () => {
    expect(await outcome(forge(leaf, header(), payload, { header: {} }))).toEqual([["HEADER_UNPROTECTED"], "invalid"]);
  });

  it("refuses crit, which it does not understand", async () => {
    const document = forge(leaf, { ...header(), crit: ["exp"], exp: 1 }, payload);
    expect(await outcome(document)).toEqual([["CRITICAL_UNKNOWN"], "invalid"]);
  });

  it("refuses b64, critical or not", async () => {
    expect(await outcome(forge(leaf, { ...header(), b64: true }, payload))).toEqual([["CRITICAL_UNKNOWN"], "invalid"]);
  });

  it("refuses a key that is not the leaf's", async () => {
    const document = forge(rsa, { ...header("RS256"), jwk: jwkOf(rsa) }, payload);
    expect(await outcome(document)).toEqual([["SIGNER_MISMATCH"], "invalid"]);
  });

  it("refuses a leaf that did not sign", async () => {
    const other = makeCertificate({ subject: "Other leaf" }, root);
    expect(await outcome(forge(other, header(), payload))).toEqual([["SIGNATURE_INVALID"], "invalid"]);
  });

  it("believes an embedded key only where it is trusted", async () => {
    const { x5c: _none, ...rest } = header();
    const document = forge(leaf, { ...rest, jwk: jwkOf(leaf) }, payload);
    expect(await outcome(document)).toEqual([["SIGNER_UNKNOWN"], "untrusted"]);
    const publicKeys = leaf.publicKey.export({ type: "spki", format: "pem" }) as string;
    const report = await verifyState(withSignature(document), { trust: { publicKeys }, now });
    expect(report.signatures[0]?.verdict).toBe("trusted");
  });

  it("tries the trusted keys where a signature names none", async () => {
    const { x5c: _none, ...rest } = header();
    const text = withSignature(forge(leaf, rest, payload));
    const pem = (holder: Holder): string => holder.publicKey.export({ type: "spki", format: "pem" }) as string;
    const by = (publicKeys: string): Promise<VerifyReport> => verifyState(text, { trust: { publicKeys }, now });
    expect((await by(pem(rsa) + pem(leaf))).signatures[0]?.verdict).toBe("trusted");
    expect(causesOf(await by(pem(rsa)))).toEqual(["ALGORITHM_KEY_MISMATCH"]);
    expect(causesOf(await by(pem(makeCertificate({ subject: "Another" }))))).toEqual(["SIGNATURE_INVALID"]);
    expect(causesOf(await verifyState(text, { trust, now }))).toEqual(["SIGNER_UNKNOWN"]);
  });

  it("trusts a leaf whose key is trusted, whatever its chain", async () => {
    const self = makeCertificate({ subject: "Alone", notAfter: new Date("2026-02-01") });
    const document = forge(self, { ...header(), x5c: x5cOf(self) }, payload);
    const publicKeys = self.publicKey.export({ type: "spki", format: "pem" }) as string;
    const report = await verifyState(withSignature(document), { trust: { publicKeys }, now });
    expect(report.signatures[0]?.verdict).toBe("trusted");
  });

  it("refuses RSA keys below 2048 bits even where they are trusted", async () => {
    const weak = makeCertificate({ subject: "Weak" }, root, "rsa1024");
    const publicKeys = weak.publicKey.export({ type: "spki", format: "pem" }) as string;
    const text = withSignature(forge(weak, { ...header("RS256"), x5c: x5cOf(weak) }, payload));
    expect(causesOf(await verifyState(text, { trust: { publicKeys }, now }))).toEqual(["KEY_UNSUPPORTED"]);
  });

  it.each([
    ["padding", (text: string) => `${text}=`],
    ["a space", (text: string) => `${text} `],
    ["the other alphabet", (text: string) => text.replace(/[-_]|$/, "+")],
    ["one character too many", (text: string) => `${text.slice(0, text.length - (text.length % 4))}A`],
  ])("refuses base64url with %s", async (_what, change) => {
    const document = forge(leaf, header(), payload);
    const signature = change(document["signature"] as string);
    expect(await outcome({ ...document, signature })).toEqual([["BASE64URL_INVALID"], "invalid"]);
    const head = change(document["protected"] as string);
    expect(await outcome({ ...document, protected: head })).toEqual([["BASE64URL_INVALID"], "invalid"]);
  });

  it("refuses base64url whose unused bits are set", async () => {
    const document = forge(leaf, header(), payload);
    const signature = document["signature"] as string; // 86 characters: 4 bits are unused
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet[alphabet.indexOf(signature.at(-1)!) | 1]!;
    const changed = signature.slice(0, -1) + last;
    expect(Buffer.from(changed, "base64url")).toEqual(Buffer.from(signature, "base64url"));
    expect(await outcome({ ...document, signature: changed })).toEqual([["BASE64URL_INVALID"], "invalid"]);
  });

  it("finds an embedded payload that differs", async () => {
    const other = Buffer.from('{"web/run.json":{"name":"evil"}}').toString("base64url");
    expect(await outcome(forge(leaf, header(), payload, { payload: other }))).toEqual([
      ["PAYLOAD_MISMATCH"],
      "invalid",
    ]);
    const same = Buffer.from(payload).toString("base64url");
    expect((await judge(forge(leaf, header(), payload, { payload: same }))).signatures[0]?.verdict).toBe("trusted");
  });

  it.each([
    ["an unknown member", { extra: 1 }, "SIGNATURE_MALFORMED"],
    ["the general form", { signatures: [] }, "SIGNATURE_MALFORMED"],
    ["a signature that is no string", { signature: 5 }, "SIGNATURE_MALFORMED"],
    ["no protected header", { protected: null }, "SIGNATURE_MALFORMED"],
    ["a payload that is no string", { payload: {} }, "SIGNATURE_MALFORMED"],
  ])("refuses %s", async (_what, extra, code) => {
    expect(await outcome(forge(leaf, header(), payload, extra))).toEqual([[code], "invalid"]);
  });

  it.each([
    ["no JSON", "{", "HEADER_INVALID"],
    ["a number", "5", "HEADER_INVALID"],
    ["a byte-order mark", `\ufeff${JSON.stringify(header())}`, "HEADER_INVALID"],
    ["an array", "[]", "HEADER_INVALID"],
    ["null", "null", "HEADER_INVALID"],
    ["a key twice", JSON.stringify(header()).replace("{", '{"alg":"none",'), "HEADER_INVALID"],
    [
      "a key twice further in",
      JSON.stringify(header()).replace('"exclude"', '"include":[],"exclude"'),
      "HEADER_INVALID",
    ],
    ["no type", JSON.stringify({ ...header(), typ: undefined }), "TYPE_INVALID"],
    ["another type", JSON.stringify({ ...header(), typ: "JOSE" }), "TYPE_INVALID"],
    ["no patterns", JSON.stringify({ ...header(), pvs: undefined }), "HEADER_INVALID"],
    [
      "no exclude list, over which a device crashes",
      JSON.stringify({ ...header(), pvs: { include: ["*"] } }),
      "DEVICE_CRASH",
    ],
    ["null for patterns", JSON.stringify({ ...header(), pvs: null }), "DEVICE_CRASH"],
    ["a text for patterns", JSON.stringify({ ...header(), pvs: "x" }), "DEVICE_CRASH"],
    ["an escape anywhere", JSON.stringify({ ...header(), note: '"' }), "HEADER_INVALID"],
    ["no include list", JSON.stringify({ ...header(), pvs: { exclude: [] } }), "DEVICE_CRASH"],
    [
      "a pattern that is no string",
      JSON.stringify({ ...header(), pvs: { include: [5], exclude: [] } }),
      "DEVICE_CRASH",
    ],
    ["a private key in it", JSON.stringify({ ...header(), jwk: leaf.key.export({ format: "jwk" }) }), "HEADER_INVALID"],
    ["x5c that is no list", JSON.stringify({ ...header(), x5c: "MII" }), "CERTIFICATE_INVALID"],
    ["x5c with no base64", JSON.stringify({ ...header(), x5c: ["!"] }), "CERTIFICATE_INVALID"],
    ["x5c with no certificate", JSON.stringify({ ...header(), x5c: ["AAAA"] }), "CERTIFICATE_INVALID"],
    ["a header of absurd length", JSON.stringify({ ...header(), pad: "x".repeat(2 ** 18) }), "HEADER_INVALID"],
  ])("refuses a header that is or has %s", async (_what, text, code) => {
    expect(await outcome(forge(leaf, text, payload))).toEqual([[code], "invalid"]);
  });

  it("takes the longest header, and the same key in objects beside each other", async () => {
    const start = { ...header(), a: { x: 1 }, b: { x: 1 }, c: [{ x: 1 }, { x: 1 }], x: 1 };
    const text = JSON.stringify({ ...start, pad: "" });
    const longest = text.replace('"pad":""', `"pad":"${"x".repeat(2 ** 18 - text.length)}"`);
    expect(longest).toHaveLength(2 ** 18);
    expect((await judge(forge(leaf, longest, payload))).signatures[0]?.verdict).toBe("trusted");
  });

  it("refuses a header that is no UTF-8", async () => {
    const encoded = Buffer.from(JSON.stringify({ ...header(), note: "@" }).replace("@", "\xff"), "latin1").toString(
      "base64url",
    );
    const document = { ...forge(leaf, header(), payload), protected: encoded };
    expect(await outcome(document)).toEqual([["HEADER_INVALID"], "invalid"]);
  });

  it.each([
    ["a bare **", { include: ["**"], exclude: ["_sigs/**"] }, "PATTERN_AMBIGUOUS"],
    ["braces", { include: ["{web,bsp}/run.json"], exclude: [] }, "PATTERN_AMBIGUOUS"],
    [
      "** that crosses folders in pvr only",
      { include: ["web/**"], exclude: ["**/run.json", "**"] },
      "PATTERN_AMBIGUOUS",
    ],
    ["a bad pattern", { include: ["web/["], exclude: [] }, "PATTERN_INVALID"],
    ["what is not there", { include: ["nothing/**"], exclude: [] }, "SELECTION_EMPTY"],
    ["everything excluded", { include: ["web/**"], exclude: ["web/**"] }, "SELECTION_EMPTY"],
    ["a pattern with an escape", { include: ['web/run.json"?'], exclude: [] }, "HEADER_INVALID"],
  ])("refuses patterns with %s", async (_what, pvs, code) => {
    expect(await outcome(forge(leaf, { ...header(), pvs }, payload))).toEqual([[code], "invalid"]);
  });

  it("refuses a signature over itself", async () => {
    const pvs = { include: ["**/**"], exclude: [] };
    expect(await outcome(forge(leaf, { ...header(), pvs }, payload))).toEqual([["SIGNATURE_INVALID"], "invalid"]);
  });

  it("looks at every certificate of x5c", async () => {
    const x5c = [...x5cOf(leaf), Buffer.from("no certificate").toString("base64")];
    const [codes, verdict] = await outcome(forge(leaf, { ...header(), x5c }, payload));
    expect([codes, verdict]).toEqual([["CERTIFICATE_INVALID"], "untrusted"]);
  });
});

describe("the whole state, policy sdk", () => {
  const signed = async (): Promise<State> => signState(state, { signer: await signerOf(leaf) });

  it("is accepted when every path is covered", async () => {
    const report = await verifyState(await signed(), { trust, now });
    expect(report).toMatchObject({ decision: "accept", reasons: [] });
    expect(
      [...report.paths].filter(([key]) => !key.startsWith("_sigs/")).every(([, verdict]) => verdict === "trusted"),
    ).toBe(true);
    expect(report.signatures.map(({ name }) => name)).toEqual(["_pvskel", "bsp", "web"]);
  });

  it("is rejected when it is unsigned", async () => {
    const report = await verifyState(state, { trust, now });
    expect(errorsOf(report)).toEqual(["UNSIGNED"]);
    expect(new Set(report.paths.values())).toEqual(new Set(["unsigned"]));
  });

  it("is rejected when a key is added", async () => {
    const text = canonicalJson({ ...(await signed()), "new/run.json": {} });
    const report = await verifyState(text, { trust, now });
    expect(report.reasons).toMatchObject([{ code: "PATH_UNCOVERED", path: "new/run.json" }]);
  });

  it("is rejected when a key is added below a signed part", async () => {
    const text = canonicalJson({ ...(await signed()), "web/new": "a".repeat(64) });
    expect(causesOf(await verifyState(text, { trust, now }))).toEqual(["SIGNATURE_INVALID"]);
  });

  it("is rejected when a key is removed", async () => {
    const { "web/run.json": _gone, ...rest } = await signed();
    expect(causesOf(await verifyState(canonicalJson(rest), { trust, now }))).toEqual(["SIGNATURE_INVALID"]);
  });

  it("warns of a src.json that pvr leaves out, and rejects anything else that is excluded", async () => {
    const signer = await signerOf(leaf);
    const most = await signState(state, {
      signer,
      raw: { name: "rest", include: ["**/**"], exclude: ["web/src.json", "_sigs/**"] },
    });
    const report = await verifyState(most, { trust, now });
    expect(report).toMatchObject({
      decision: "accept",
      reasons: [{ code: "PATH_EXCLUDED", severity: "warning", path: "web/src.json" }],
    });
    const less = await signState(state, {
      signer,
      raw: { name: "rest", include: ["**/**"], exclude: ["web/run.json", "_sigs/**"] },
    });
    expect((await verifyState(less, { trust, now })).reasons).toMatchObject([
      { code: "PATH_UNCOVERED", path: "web/run.json" },
    ]);
    // A device counts it as covered: the difference that this policy is for.
    expect((await verifyState(less, { policy: "device-strict", trust, now })).decision).toBe("accept");
  });

  it("is rejected when one more signature is by a stranger", async () => {
    const stranger = makeCertificate({ subject: "Stranger" });
    const doubled = await signState(await signed(), {
      signer: await signerOf(stranger),
      raw: { name: "more", include: ["web/*"] },
    });
    const report = await verifyState(doubled, { trust, now });
    expect(errorsOf(report)).toEqual(["CHAIN_UNTRUSTED"]);
    expect(report.paths.get("web/run.json")).toBe("trusted");
  });

  it.each([
    ["white space", (text: string) => text.replace(":", ": ")],
    ["another order of keys", (text: string) => text.replace(/^\{("#spec":"[^"]*"),(.*)\}$/, "{$2,$1}")],
    ["an escape that is not needed", (text: string) => text.replace('"web/run.json"', '"web\\/run.json"')],
    ["a key twice", (text: string) => text.replace('"web/run.json"', '"web/run.json":{},"web/run.json"')],
    ["a final newline", (text: string) => `${text}\n`],
  ])("is rejected when its text has %s", async (_what, change) => {
    const text = change(formatState(await signed()));
    expect(causesOf(await verifyState(text, { trust, now }))).toEqual(["STATE_NOT_CANONICAL"]);
    expect(causesOf(await verifyState(new TextEncoder().encode(text), { trust, now }))).toEqual([
      "STATE_NOT_CANONICAL",
    ]);
  });

  it.each(["", "{", "[]", "null", '"x"', "{}x"])("rejects the text %j", async (text) => {
    expect(errorsOf(await verifyState(text, { trust, now }))).toContain("STATE_INVALID");
  });

  it("rejects what only a stranger has signed, path by path", async () => {
    const stranger = await signState(state, { signer: await signerOf(makeCertificate({ subject: "Stranger" })) });
    const report = await verifyState(stranger, { trust, now });
    const open = report.reasons.filter(({ code }) => code === "PATH_UNCOVERED").map(({ path }) => path);
    expect(open).toEqual(Object.keys(state));
    expect(new Set(open.map((path) => report.paths.get(path)))).toEqual(new Set(["untrusted"]));
  });

  it("takes keys and certificates together", async () => {
    const publicKeys = rsa.publicKey.export({ type: "spki", format: "pem" }) as string;
    expect((await verifyState(await signed(), { trust: { ...trust, publicKeys }, now })).decision).toBe("accept");
  });

  it("passes on what is no matter of the state", async () => {
    const failure = new Error("no store");
    const broken = {
      get publicKeys(): never {
        throw failure;
      },
    };
    await expect(verifyState(state, { trust: broken, now })).rejects.toBe(failure);
    const document = forge(leaf, header(), payload) as never;
    const anchors = { keys: [], certificates: [], now, budget: { patterns: 0, payload: 2 ** 20 } };
    Object.defineProperty(anchors, "budget", {
      get() {
        throw failure;
      },
    });
    await expect(judgeSignature("_sigs/web.json", document, [], anchors, "official")).rejects.toBe(failure);
  });

  it("takes text as long as any device would take", async () => {
    const text = canonicalJson({ "#spec": "x", a: { b: "" } });
    const longest = text.replace('"b":""', `"b":"${"x".repeat(16 * 2 ** 20 - text.length)}"`);
    expect(errorsOf(await verifyState(longest, { trust, now }))).toEqual(["UNSIGNED"]);
    expect(errorsOf(await verifyState(`${longest} `, { trust, now }))).toEqual(["STATE_INVALID"]);
  });

  it("spends what comparisons are allowed, and no more", async () => {
    const entries = ["a", "b", "c"].map((key) => ({ key, rawKey: key, value: "{}" }));
    const pvs = { include: ["a"], exclude: ["b"] };
    const document = forge(leaf, { ...header(), pvs }, '{"a":{}}') as never;
    const judged = async (patterns: number, payload = 3): Promise<string | undefined> => {
      const anchors = { ...readAnchors(trust, now), budget: { patterns, payload } };
      return (await judgeSignature("_sigs/x.json", document, entries, anchors, "official")).findings[0]?.code;
    };
    expect(await judged(6)).toBeUndefined();
    expect(await judged(5)).toBe("PATTERN_INVALID");
    // Key and value: three characters to hash.
    expect(await judged(6, 2)).toBe("PATTERN_INVALID");
  });

  it("rejects text longer than any device would take", async () => {
    const text = canonicalJson({ "#spec": "x", a: { b: "x".repeat(16 * 2 ** 20) } });
    expect(errorsOf(await verifyState(text, { trust, now }))).toEqual(["STATE_INVALID"]);
  });

  it.each([
    ["true", true],
    ["a number", 5],
    ["null", null],
    ["text beyond ASCII", "grüße"],
    ["text with a quote", 'a"b'],
    ["text like an object", "{x"],
  ])("is rejected when a value at the top is %s", async (_what, value) => {
    const report = await verifyState(canonicalJson({ ...(await signed()), odd: value }), { trust, now });
    expect(report.reasons[0]).toMatchObject({ code: "VALUE_UNSIGNABLE", path: "odd" });
  });

  it.each(["_sigs/run.json", "_sigs/a/run.json"])("is rejected when %s makes a container of its own", async (key) => {
    const text = canonicalJson({ ...(await signed()), [key]: { name: "evil", type: "lxc" } });
    const { reasons } = await verifyState(text, { trust, now });
    expect(reasons.map(({ code, path }) => `${code} ${path}`)).toEqual([
      `SIGNATURE_IS_CONTAINER ${key}`,
      `PATH_UNCOVERED ${key}`,
    ]);
    // A strict device asks for no signature over it, and runs it.
    expect((await verifyState(text, { policy: "device-strict", trust, now })).decision).toBe("accept");
    const again = signState(JSON.parse(text) as State, { signer: await signerOf(leaf) });
    await expect(again).rejects.toMatchObject({ code: "SIGN_REFUSED", data: { pattern: key } });
  });

  it("is rejected when a document among the signatures is covered by none", async () => {
    const key = "_sigs/aa.json";
    const shadow = { "device.json": { groups: [{ name: "evil" }] } };
    const text = canonicalJson({ ...(await signed()), [key]: shadow });
    expect((await verifyState(text, { trust, now })).reasons).toMatchObject([{ code: "PATH_UNCOVERED", path: key }]);
    // A strict device asks for no signature over it, and takes its groups for those of device.json.
    expect((await verifyState(text, { policy: "device-strict", trust, now })).decision).toBe("accept");
    const again = await signState(JSON.parse(text) as State, { signer: await signerOf(leaf) });
    expect((await verifyState(again, { trust, now })).decision).toBe("accept");
    const changed = canonicalJson({ ...again, [key]: { x: 1 } });
    expect(errorsOf(await verifyState(changed, { trust, now }))).toContain("SIGNATURE_INVALID");
  });

  it("is rejected when another document hides what a device takes for a signature", async () => {
    const text = canonicalJson({ ...(await signed()), "_sigs/x.json": { y: { "#spec": "pvs@2" } } });
    const { reasons } = await verifyState(text, { trust, now });
    expect(reasons.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "SIGNATURE_NESTED _sigs/x.json",
      "PATH_UNCOVERED _sigs/x.json",
    ]);
  });

  it("is rejected when nothing is trusted", async () => {
    expect(errorsOf(await verifyState(await signed(), { trust: {}, now }))).toContain("TRUST_EMPTY");
    const report = await verifyState(await signed(), { trust: { certificates: "no PEM" }, now });
    expect(errorsOf(report)).toContain("TRUST_EMPTY");
    expect(report.decision).toBe("reject");
  });

  it("is rejected for a device that does not know the algorithm", async () => {
    const text = await signed();
    expect(errorsOf(await verifyState(text, { trust, now, device: "stock-mbedtls" }))).toEqual([
      "ALGORITHM_UNKNOWN_TO_DEVICE",
    ]);
    expect(errorsOf(await verifyState(text, { trust, now, device: "any" }))).toEqual(["ALGORITHM_UNKNOWN_TO_DEVICE"]);
    const safe = await signState(state, { signer: await signerOf(rsa), device: "any" });
    expect((await verifyState(safe, { trust, now, device: "any" })).decision).toBe("accept");
  });

  it("can be asked about some signatures", async () => {
    const text = await signed();
    const report = await verifyState(text, { trust, now, names: ["web"] });
    expect(report.signatures.map(({ name }) => name)).toEqual(["web"]);
    expect(errorsOf(report)).toEqual(["PATH_UNCOVERED"]);
    const half = await verifyState(text, { trust, now, names: ["web", "nothing"] });
    expect(half.reasons[0]).toMatchObject({ code: "UNSIGNED", path: "_sigs/nothing.json" });
    const missing = await verifyState(text, { trust, now, names: ["_sigs/nothing.json"] });
    expect(missing.reasons[0]).toMatchObject({ code: "UNSIGNED", path: "_sigs/nothing.json" });
  });

  it("does not spend its time on patterns without end", async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k/${i}`, "1"]));
    const pvs = { include: Array.from({ length: 3000 }, () => "k/?*x*y"), exclude: [] };
    const document = forge(leaf, { ...header(), pvs }, payload) as never;
    const start = performance.now();
    const report = await verifyState(canonicalJson({ ...state, ...many, "_sigs/a.json": document }), { trust, now });
    expect(causesOf(report)).toEqual(["PATTERN_INVALID"]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("throws over an object that is no JSON", async () => {
    const odd = { "#spec": "x", a: (() => 1) as never };
    await expect(verifyState(odd, { trust, now })).rejects.toMatchObject({ code: "STATE_INVALID" });
  });

  it.each(["sdk", "pvr", "device-strict"] as const)("takes a time that is none for a mistake (%s)", async (policy) => {
    const attempt = verifyState(state, { trust, policy, now: new Date(Number.NaN) });
    await expect(attempt).rejects.toThrow(TypeError);
  });

  it("is judged by the clock when no time is given", async () => {
    const key = keyPem(leaf);
    const ever = makeCertificate({
      subject: "Ever root",
      ca: true,
      notBefore: new Date("2020-01-01"),
      notAfter: new Date("2049-01-01"),
    });
    const long = makeCertificate(
      { subject: "Leaf", notBefore: new Date("2020-01-01"), notAfter: new Date("2049-01-01") },
      ever,
    );
    const signer = await createSigner({ key, certificates: long.pem });
    const report = await verifyState(await signState(state, { signer }), { trust: { certificates: ever.pem } });
    expect(report.decision).toBe("accept");
  });
});
