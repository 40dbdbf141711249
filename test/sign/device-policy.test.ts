import { describe, expect, it } from "vitest";
import { NULL, OID, SEQUENCE, writeDer } from "../../src/sign/der.ts";
import {
  signState,
  type VerifyOptions,
  type VerifyPolicy,
  type VerifyReport,
  verifyState,
} from "../../src/sign/index.ts";
import { canonicalJson, formatState, type State } from "../../src/state/index.ts";
import { errorsOf, forge, now, signerOf, state } from "./fixtures.ts";
import { type CertificateSpec, dnsName, type Holder, makeCertificate, name } from "./make-certificate.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const leaf = makeCertificate({ subject: "Leaf" }, root);
const rsa = makeCertificate({ subject: "RSA leaf" }, root, "rsa2048");
const trust = { certificates: root.pem };
const signed = await signState(state, { signer: await signerOf(leaf) });
const safe = await signState(state, { signer: await signerOf(rsa) });

function on(
  policy: VerifyPolicy,
  target: State | string | Uint8Array,
  options: Partial<VerifyOptions> = {},
): Promise<VerifyReport> {
  return verifyState(target, { policy, trust, now, ...options });
}

const web = { include: ["web/run.json"], exclude: [] };
const payload = `{"web/run.json":${canonicalJson(state["web/run.json"]!)}}`;
const x5c = (...chain: Holder[]): string[] => chain.map(({ der }) => Buffer.from(der).toString("base64"));

/** The state with one signature over web/run.json by this chain. */
function by(chain: readonly [Holder, ...Holder[]], header: object = {}): string {
  const alg = chain[0].key.asymmetricKeyType === "rsa" ? "RS256" : "ES256";
  const document = forge(chain[0], { alg, pvs: web, typ: "PVS", x5c: x5c(...chain), ...header }, payload);
  return canonicalJson({ ...state, "_sigs/web.json": document as never });
}

describe("text, as a device reads it", () => {
  it.each(["", "[]", "5", "{", '{"a":1}}', '{"a":"\\x"}'])("%j is rejected in every mode", async (text) => {
    for (const policy of ["device-disabled", "device-audit", "device-lenient", "device-strict"] as const) {
      const report = await on(policy, text);
      expect([report.decision, errorsOf(report)]).toEqual(["reject", ["STATE_INVALID"]]);
      expect(report.paths.size).toBe(0);
    }
  });

  it("ends at a NUL", async () => {
    const text = formatState(signed);
    expect((await on("device-strict", `${text}\0rest`)).decision).toBe("accept");
    expect((await on("device-strict", new TextEncoder().encode(`${text}\0{`))).decision).toBe("accept");
    expect(errorsOf(await on("device-strict", `\0${text}`))).toEqual(["STATE_INVALID"]);
  });

  it("may hold bytes that are no UTF-8 where nobody looks", async () => {
    const bytes = Buffer.from(formatState(signed).replace('"device.json"', '"a\\u0001/x":{"y":"@"},"device.json"'));
    bytes[bytes.indexOf('"y":"@') + 5] = 0xff;
    const report = await on("device-lenient", new Uint8Array(bytes));
    expect(report.decision).toBe("accept");
    expect(report.paths.get("a\u0001/x")).toBe("unsigned");
  });

  it("may be followed by more, and need not be canonical where it is not covered", async () => {
    const part = by([leaf]);
    expect((await on("device-lenient", `${part} more`)).decision).toBe("accept");
    expect((await on("device-lenient", part.replace('"device.json":', ' "device.json" : '))).decision).toBe("accept");
    expect(errorsOf(await on("device-lenient", part.replace('"name":"web"', '"name": "web"')))).toEqual([
      "SIGNATURE_INVALID",
    ]);
  });

  it("nested beyond all bounds is rejected", async () => {
    const deep = `{"a":${"[".repeat(100_001)}${"]".repeat(100_001)}}`;
    expect(errorsOf(await on("device-lenient", deep))).toEqual(["STATE_INVALID"]);
  });

  it("may have a key that JSON does not allow", async () => {
    const text = canonicalJson({ "#spec": "x" }).replace("}", ',"a\nb":{}}');
    expect((await on("device-lenient", text)).paths.get("a\nb")).toBe("unsigned");
  });

  it("is rejected with the reason", async () => {
    const said = async (text: string): Promise<string | undefined> =>
      (await on("device-strict", text)).reasons[0]?.message;
    expect(await said("[]")).toBe("the state is no object");
    expect(await said('{"a":"\\x"}')).not.toBe("the state is no object");
  });

  it("is not looked at after a crash", async () => {
    const bad = formatState(signed).replace('"linux":"kernel.img"', '"linux":"kernel.exe"');
    const report = await on("device-strict", bad.replace("{", '{"!":"{x",'));
    expect(errorsOf(report)).toEqual(["DEVICE_CRASH"]);
    expect(report.signatures).toHaveLength(1);
  });

  it("is a crash in every mode but disabled where a value cannot be read", async () => {
    const text = formatState(signed).replace('"web/run.json":', '"w":"{x","web/run.json":');
    for (const policy of ["device-audit", "device-lenient", "device-strict"] as const) {
      const report = await on(policy, text);
      expect([report.decision, errorsOf(report)]).toEqual(["reject", ["DEVICE_CRASH"]]);
    }
    expect((await on("device-disabled", text)).decision).toBe("accept");
  });
});

describe("modes", () => {
  it("disabled looks at nothing, and says so", async () => {
    const report = await on("device-disabled", state, { trust: {} });
    expect(report).toMatchObject({
      decision: "accept",
      signatures: [],
      reasons: [{ code: "UNSIGNED", severity: "warning" }],
    });
  });

  it("lenient and audit take an unsigned state with a warning, strict does not", async () => {
    expect((await on("device-lenient", state)).reasons).toMatchObject([{ code: "UNSIGNED", severity: "warning" }]);
    const audit = await on("device-audit", state);
    expect(audit.decision).toBe("accept");
    expect(new Set(audit.reasons.map(({ code, severity }) => `${code} ${severity}`))).toEqual(
      new Set(["UNSIGNED warning", "PATH_UNCOVERED warning"]),
    );
    const strict = await on("device-strict", state);
    expect(strict.reasons.map(({ path }) => path)).toEqual(Object.keys(state));
    expect(errorsOf(strict)).toEqual(["PATH_UNCOVERED"]);
  });

  it("audit warns of what is uncovered, and rejects a bad signature", async () => {
    const report = await on("device-audit", by([leaf]));
    expect(report.decision).toBe("accept");
    expect(report.reasons.every(({ code, severity }) => code === "PATH_UNCOVERED" && severity === "warning")).toBe(
      true,
    );
    expect(report.reasons.map(({ path }) => path)).not.toContain("web/run.json");
    expect((await on("device-audit", by([leaf]).replace('"name":"web"', '"name":"wed"'))).decision).toBe("reject");
  });

  it("coverage is not looked at where a signature is bad", async () => {
    const report = await on("device-strict", by([leaf]).replace('"name":"web"', '"name":"wed"'));
    expect(errorsOf(report)).toEqual(["SIGNATURE_INVALID"]);
  });

  it("what is excluded is covered", async () => {
    const pvs = { include: ["web/run.json"], exclude: ["**/**"] };
    const all = by([leaf], {
      pvs: {
        include: ["web/run.json", "**/**"],
        exclude: ["bsp/*", "device.json", "#spec", "_config/**", "_sigs/*", "web/src.json", "web/root.squashfs"],
      },
    });
    const report = await on("device-strict", all);
    expect(report.decision).toBe("accept");
    expect(report.paths.get("bsp/run.json")).toBe("unsigned");
    expect(report.signatures[0]).toMatchObject({
      paths: ["web/run.json"],
      excluded: expect.arrayContaining(["bsp/run.json", "#spec"]),
    });
    expect(errorsOf(await on("device-strict", by([leaf], { pvs })))).toEqual(["SIGNATURE_INVALID"]);
  });

  it("one bad signature of several rejects, and the others keep their verdict", async () => {
    const changed = formatState(signed).replace('"linux":"kernel.img"', '"linux":"kernel.exe"');
    const report = await on("device-lenient", changed);
    expect(errorsOf(report)).toEqual(["SIGNATURE_INVALID"]);
    expect(report.signatures.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      "_pvskel trusted",
      "bsp invalid",
      "web trusted",
    ]);
    expect([report.paths.get("bsp/run.json"), report.paths.get("web/run.json")]).toEqual(["invalid", "trusted"]);
  });

  it("some signatures can be asked about", async () => {
    const changed = formatState(signed).replace('"linux":"kernel.img"', '"linux":"kernel.exe"');
    expect((await on("device-lenient", changed, { names: ["web"] })).decision).toBe("accept");
    expect((await on("device-lenient", changed, { names: ["_sigs/bsp.json"] })).decision).toBe("reject");
  });
});

describe("one signature, as a device reads it", () => {
  const encoded = (header: unknown): string =>
    Buffer.from(typeof header === "string" ? header : JSON.stringify(header)).toString("base64url");
  const good = { alg: "ES256", pvs: web, typ: "PVS", x5c: x5c(leaf) };
  const judged = (document: object): Promise<VerifyReport> =>
    on("device-lenient", canonicalJson({ ...state, "_sigs/web.json": document as never }));

  it.each<[string, unknown, string]>([
    ["no base64url", undefined, "BASE64URL_INVALID"],
    ["no JSON", "{", "HEADER_INVALID"],
    ["no type", { ...good, typ: undefined }, "TYPE_INVALID"],
    ["no algorithm", { ...good, alg: undefined }, "HEADER_INVALID"],
    ["no patterns", { ...good, pvs: undefined }, "HEADER_INVALID"],
    ["null for patterns", { ...good, pvs: null }, "DEVICE_CRASH"],
    ["no include list", { ...good, pvs: { exclude: [] } }, "DEVICE_CRASH"],
    ["no exclude list", { ...good, pvs: { include: ["web/*"] } }, "DEVICE_CRASH"],
    ["no certificate in its list", { ...good, x5c: [] }, "CERTIFICATE_INVALID"],
    ["no list of certificates", { ...good, x5c: "MII" }, "CERTIFICATE_INVALID"],
  ])("is refused with %s", async (_what, header, code) => {
    const head = header === undefined ? "!" : encoded(header);
    expect(errorsOf(await judged({ ...forge(leaf, good, payload), protected: head }))).toEqual([code]);
  });

  it("is none without its members", async () => {
    const { protected: head, signature } = forge(leaf, good, payload);
    for (const document of [{ signature }, { protected: head }, { protected: head, signature, "#spec": "pvs@1" }]) {
      const report = await judged({ "#spec": "pvs@2", ...document });
      expect([report.decision, report.signatures]).toEqual(["accept", []]);
    }
  });

  it("is refused where it is no base64url", async () => {
    expect(errorsOf(await judged({ ...forge(leaf, good, payload), signature: "!" }))).toEqual(["BASE64URL_INVALID"]);
  });

  it("tells its chain, and keeps a stranger's good one from a stranger's bad one", async () => {
    const [report] = (await judged(forge(leaf, good, payload))).signatures;
    expect(report?.chain?.map(({ subject }) => subject)).toEqual(["CN=Leaf", "CN=Root"]);
    const stranger = makeCertificate({ subject: "Stranger" });
    const text = by([stranger]);
    const worth = async (changed: string): Promise<string[]> =>
      (await on("device-lenient", changed)).signatures.map(({ verdict }) => verdict);
    expect(await worth(text)).toEqual(["untrusted"]);
    expect(await worth(text.replace('"name":"web"', '"name":"wed"'))).toEqual(["invalid"]);
  });

  it("may be DER of which the numbers lack their leading zero", async () => {
    let halves = new Uint8Array(64);
    let document: Record<string, unknown> = {};
    while (halves[0]! < 0x80) {
      document = forge(leaf, good, payload);
      halves = new Uint8Array(Buffer.from(document["signature"] as string, "base64url"));
    }
    const der = writeDer(SEQUENCE, writeDer(2, halves.subarray(0, 32)), writeDer(2, halves.subarray(32)));
    const signature = Buffer.from(der).toString("base64url");
    expect((await judged({ ...document, signature })).decision).toBe("accept");
  });

  it("may be by a certificate without a name, where there is no OEM", async () => {
    expect((await on("device-lenient", by([makeCertificate({ subject: "" }, root)]))).decision).toBe("accept");
  });

  it("passes on what is no matter of the state", async () => {
    const failure = new Error("no store");
    const broken = {
      get certificates(): never {
        throw failure;
      },
    };
    await expect(on("device-lenient", by([leaf]), { trust: broken })).rejects.toBe(failure);
  });
});

describe("builds", () => {
  it("official is the default and takes ES256; a stock mbedTLS takes RS256 alone; any asks both", async () => {
    for (const [target, official, stock] of [
      [signed, "accept", "reject"],
      [safe, "accept", "accept"],
    ] as const) {
      expect((await on("device-strict", target)).decision).toBe(official);
      expect((await on("device-strict", target, { device: "official" })).decision).toBe(official);
      expect((await on("device-strict", target, { device: "stock-mbedtls" })).decision).toBe(stock);
      expect((await on("device-strict", target, { device: "any" })).decision).toBe(stock);
    }
    const foreign = await on("device-strict", safe, { device: "any", trust: {} });
    expect(foreign.decision).toBe("reject");
  });

  const dated = (spec: Partial<CertificateSpec>): Holder =>
    makeCertificate({ subject: "RSA leaf", ...spec }, root, "rsa2048");
  it.each([
    ["CERTIFICATE_EXPIRED", dated({ notAfter: new Date("2026-06-01T11:59:59Z") })],
    ["CERTIFICATE_NOT_YET_VALID", dated({ notBefore: new Date("2026-06-01T12:00:01Z") })],
  ])("a stock mbedTLS looks at dates: %s", async (code, holder) => {
    expect((await on("device-lenient", by([holder]))).decision).toBe("accept");
    const report = await on("device-lenient", by([holder]), { device: "stock-mbedtls" });
    expect(errorsOf(report)).toEqual([code]);
    expect(report.signatures[0]?.verdict).toBe("untrusted");
  });

  it("any is what both believe: each has chains that the other has not", async () => {
    const old = dated({ notAfter: new Date("2026-06-01T11:59:59Z") });
    expect(errorsOf(await on("device-lenient", by([old]), { device: "any" }))).toEqual(["CERTIFICATE_EXPIRED"]);
    const middle = makeCertificate({ subject: "Middle", ca: true }, root);
    const twin = { subject: "Middle", ca: true, notAfter: new Date("2026-05-01T00:00:00Z") };
    const below = makeCertificate({ subject: "RSA leaf" }, middle, "rsa2048");
    // Without a clock the first of that name has to be it.
    const text = by([below, makeCertificate(twin, root, "p384"), middle]);
    expect((await on("device-lenient", text, { device: "stock-mbedtls" })).decision).toBe("accept");
    expect(errorsOf(await on("device-lenient", text))).toEqual(["CERTIFICATE_SIGNATURE"]);
    expect(errorsOf(await on("device-lenient", text, { device: "any" }))).toEqual(["CERTIFICATE_SIGNATURE"]);
  });

  it.each([
    ["the first second", dated({ notBefore: now })],
    ["the last second", dated({ notAfter: now })],
  ])("and takes %s", async (_what, holder) => {
    expect((await on("device-lenient", by([holder]), { device: "stock-mbedtls" })).decision).toBe("accept");
  });

  it("a stock mbedTLS looks at the key usage of a CA", async () => {
    const odd = makeCertificate({ subject: "Odd CA", ca: true, keyUsage: "1" });
    const below = makeCertificate({ subject: "RSA leaf" }, odd, "rsa2048");
    const certificates = odd.pem;
    expect((await on("device-lenient", by([below]), { trust: { certificates } })).decision).toBe("accept");
    const stock = await on("device-lenient", by([below]), { trust: { certificates }, device: "stock-mbedtls" });
    expect(errorsOf(stock)).toEqual(["CHAIN_UNTRUSTED"]);
  });
});

describe("chains, as mbedTLS walks them", () => {
  const middle = makeCertificate({ subject: "Middle", ca: true }, root);
  const below = makeCertificate({ subject: "Below", ca: true }, middle);
  const end = (issuer: Holder, spec: Partial<CertificateSpec> = {}): Holder =>
    makeCertificate({ subject: "End", ...spec }, issuer);
  const verdict = async (
    chain: readonly [Holder, ...Holder[]],
    anchors: readonly Holder[] = [root],
  ): Promise<string[]> =>
    errorsOf(
      await on("device-lenient", by(chain), { trust: { certificates: anchors.map(({ pem }) => pem).join("") } }),
    );

  it("goes down the list, and not back up", async () => {
    expect(await verdict([end(below), below, middle])).toEqual([]);
    expect(await verdict([end(below), middle, below])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([end(below), below])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([end(middle), below, middle])).toEqual([]);
  });

  it("takes an intermediate of the store for a root", async () => {
    expect(await verdict([end(below), below], [middle])).toEqual([]);
    expect(await verdict([end(below)], [below])).toEqual([]);
  });

  it("takes a certificate of the store by itself only where it names itself", async () => {
    const self = makeCertificate({ subject: "Self" });
    expect(await verdict([self], [self])).toEqual([]);
    expect(await verdict([self], [root])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([end(middle)], [end(middle)])).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("wants the CA flag of every issuer in version 3", async () => {
    expect(
      await verdict([end(makeCertificate({ subject: "No CA" }, root)), makeCertificate({ subject: "No CA" }, root)]),
    ).toEqual(["CHAIN_UNTRUSTED"]);
    const plain = makeCertificate({ subject: "Plain", noConstraints: true });
    expect(await verdict([end(plain)], [plain])).toEqual(["CHAIN_UNTRUSTED"]);
    const ancient = makeCertificate({ subject: "Ancient", version: 1 });
    expect(await verdict([end(ancient)], [ancient])).toEqual([]);
    expect(await verdict([end(ancient), ancient], [root])).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("counts CAs below for the path length, also the last that renews itself", async () => {
    const strict = makeCertificate({ subject: "Strict", ca: true, pathLength: 0 });
    const under = makeCertificate({ subject: "Under", ca: true }, strict);
    const renewed = makeCertificate({ subject: "Strict", ca: true }, strict, "p384");
    expect(await verdict([end(strict)], [strict])).toEqual([]);
    expect(await verdict([end(under), under], [strict])).toEqual(["CHAIN_UNTRUSTED"]);
    // Its own renewal is counted only once the next issuer is looked for.
    expect(await verdict([end(renewed), renewed], [strict])).toEqual(["CHAIN_UNTRUSTED"]);
    const roomy = makeCertificate({ subject: "Roomy", ca: true, pathLength: 1 });
    const again = makeCertificate({ subject: "Roomy", ca: true }, roomy, "p384");
    const beneath = makeCertificate({ subject: "Beneath", ca: true }, again);
    const further = makeCertificate({ subject: "Beneath", ca: true }, beneath, "p384");
    expect(await verdict([end(again), again], [roomy])).toEqual([]);
    expect(await verdict([end(beneath), beneath, again], [roomy])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([end(further), further, beneath], [again, roomy])).toEqual([]);
    expect(await verdict([end(further), further, beneath, again], [roomy])).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("says when an issuer of the list did not sign", async () => {
    const twin = makeCertificate({ subject: "Middle", ca: true }, root, "p384");
    expect(await verdict([end(middle), twin])).toEqual(["CERTIFICATE_SIGNATURE"]);
    expect(await verdict([end(middle), twin, middle])).toEqual(["CERTIFICATE_SIGNATURE"]);
    const other = makeCertificate({ subject: "Root", ca: true }, undefined, "p384");
    expect(await verdict([end(middle), middle], [other])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([end(middle), middle], [other, root])).toEqual([]);
  });

  it("has at most eight intermediates", async () => {
    const chain: Holder[] = [];
    for (let i = 0; i < 9; i++) chain.unshift(makeCertificate({ subject: `Long ${i}`, ca: true }, chain[0] ?? root));
    expect(await verdict([end(chain[1]!), ...chain.slice(1)])).toEqual([]);
    expect(await verdict([end(chain[0]!), ...chain])).toContain("CHAIN_TOO_LONG");
  });

  it("refuses weak keys and hashes", async () => {
    const weak = makeCertificate({ subject: "Weak root", ca: true }, undefined, "rsa1024");
    expect(await verdict([end(weak)], [weak])).toEqual(["CERTIFICATE_KEY_WEAK"]);
    const small = makeCertificate({ subject: "Small" }, root, "rsa1024");
    expect(await verdict([small])).toEqual(["CERTIFICATE_KEY_WEAK"]);
    expect(await verdict([end(root, { hash: "sha1" })])).toContain("CERTIFICATE_ALGORITHM");
    const old = makeCertificate({ subject: "Old root", ca: true, hash: "sha1" });
    expect(await verdict([end(old)], [old])).toEqual([]);
  });

  it("cannot read a certificate with a critical extension that it does not know", async () => {
    const unknown = { oid: "1.2.3.4", critical: true, value: NULL };
    expect(await verdict([end(root, { extensions: [unknown] })])).toEqual(["CERTIFICATE_INVALID"]);
    expect(await verdict([end(root, { extensions: [{ ...unknown, critical: false }] })])).toEqual([]);
    const limited = makeCertificate({ subject: "Limited", ca: true, permitted: [dnsName("a.b")] }, root);
    expect(await verdict([end(limited), limited])).toEqual(["CERTIFICATE_INVALID"]);
    const twice = { oid: "2.5.29.17", value: writeDer(SEQUENCE, dnsName("a.b")) };
    expect(await verdict([end(root, { extensions: [twice, twice] })])).toEqual(["CERTIFICATE_INVALID"]);
  });

  it("takes no store with a broken certificate in it", async () => {
    const text = by([end(root)]);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const codes = async (certificates: string | undefined): Promise<string[]> =>
      errorsOf(await on("device-lenient", text, { trust: { certificates } }));
    expect(await codes(root.pem)).toEqual([]);
    const key = leaf.publicKey.export({ type: "spki", format: "pem" }) as string;
    expect(await codes(key + root.pem)).toEqual([]);
    expect(await codes(root.pem + broken)).toEqual(["CERTIFICATE_INVALID"]);
    expect(await codes(root.pem + broken.replace("AAAA", "!"))).toEqual(["CERTIFICATE_INVALID"]);
    expect(await codes("")).toEqual(["TRUST_EMPTY"]);
    expect(await codes(undefined)).toEqual(["TRUST_EMPTY"]);
  });

  it("compares names without the case of ASCII letters, in the order of their parts", async () => {
    const part = (oid: number, value: string, tag = 0x0c): Uint8Array =>
      writeDer(
        0x31,
        writeDer(
          SEQUENCE,
          writeDer(OID, new Uint8Array([0x55, 4, oid])),
          writeDer(tag, new TextEncoder().encode(value)),
        ),
      );
    const ca = (...parts: Uint8Array[]): Holder => makeCertificate({ subject: writeDer(SEQUENCE, ...parts), ca: true });
    const issued = (issuer: Holder, ...parts: Uint8Array[]): Holder =>
      end({ ...issuer, subject: writeDer(SEQUENCE, ...parts) });
    const first = ca(part(10, "Acme"), part(3, "Ca"));
    expect(await verdict([issued(first, part(10, "ACME"), part(3, "ca"))], [first])).toEqual([]);
    expect(await verdict([issued(first, part(3, "Ca"), part(10, "Acme"))], [first])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([issued(first, part(10, "Acme"))], [first])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([issued(first, part(10, "Acme", 0x13), part(3, "Ca"))], [first])).toEqual([]);
    expect(await verdict([issued(first, part(10, "Acmf"), part(3, "Ca"))], [first])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([issued(first, part(10, "Acme "), part(3, "Ca"))], [first])).toEqual(["CHAIN_UNTRUSTED"]);
    const teletex = ca(part(3, "Ca[", 0x14));
    expect(await verdict([issued(teletex, part(3, "Ca[", 0x14))], [teletex])).toEqual([]);
    expect(await verdict([issued(teletex, part(3, "ca[", 0x14))], [teletex])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([issued(teletex, part(3, "Ca["))], [teletex])).toEqual(["CHAIN_UNTRUSTED"]);
    const edges = ca(part(3, "@AZ["));
    expect(await verdict([issued(edges, part(3, "@az["))], [edges])).toEqual([]);
    expect(await verdict([issued(edges, part(3, "`AZ["))], [edges])).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await verdict([issued(edges, part(3, "@AZ{"))], [edges])).toEqual(["CHAIN_UNTRUSTED"]);
  });
});

describe("OEM signatures", () => {
  const oemRoot = makeCertificate({ subject: "OEM root", ca: true });
  const oem = makeCertificate({ subject: "acme" }, oemRoot);
  const general = makeCertificate({ subject: "acme" }, root);
  const codes = async (text: string, oemName: string | undefined = "acme"): Promise<string[]> =>
    errorsOf(await on("device-lenient", text, { oemName, oemTrust: { certificates: oemRoot.pem } }));

  it("go by the common name and what is selected", async () => {
    expect(await codes(by([oem]))).toEqual([]);
    expect(await codes(by([general]))).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await codes(by([leaf]))).toEqual([]);
    expect(await codes(by([oem]), "other")).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await codes(by([general]), "other")).toEqual([]);
    const over = (path: string, holder: Holder, value: string): string =>
      canonicalJson({
        ...state,
        "acme/run.json": {},
        "_sigs/x.json": forge(
          holder,
          { alg: "ES256", typ: "PVS", x5c: x5c(holder), pvs: { include: [path], exclude: [] } },
          `{"${path}":${value}}`,
        ) as never,
      });
    const kernel = `"${"1".repeat(64)}"`;
    expect(await codes(over("bsp/kernel.img", oem, kernel))).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await codes(over("bsp/kernel.img", general, kernel))).toEqual([]);
    expect(await codes(over("acme/run.json", general, "{}"))).toEqual([]);
    expect(await codes(over("acme/run.json", oem, "{}"))).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("take the last common name", async () => {
    const part = (value: string): Uint8Array =>
      writeDer(
        0x31,
        writeDer(
          SEQUENCE,
          writeDer(OID, new Uint8Array([0x55, 4, 3])),
          writeDer(0x0c, new TextEncoder().encode(value)),
        ),
      );
    const two = (a: string, b: string): Holder =>
      makeCertificate({ subject: writeDer(SEQUENCE, part(a), part(b)) }, oemRoot);
    expect(await codes(by([two("x", "acme")]))).toEqual([]);
    const org = writeDer(0x31, writeDer(SEQUENCE, writeDer(OID, new Uint8Array([0x55, 4, 10])), writeDer(0x0c)));
    const further = makeCertificate({ subject: writeDer(SEQUENCE, part("acme"), org) }, oemRoot);
    expect(await codes(by([further]))).toEqual([]);
    expect(await codes(by([two("acme", "x")]))).toEqual(["CHAIN_UNTRUSTED"]);
    expect(await codes(by([makeCertificate({ subject: name("") }, oemRoot)]))).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("without a store of the OEM's are rejected", async () => {
    expect(errorsOf(await on("device-lenient", by([oem]), { oemName: "acme" }))).toEqual(["TRUST_EMPTY"]);
  });

  it("have a name that goes into a text of 255 bytes", async () => {
    const long = "x".repeat(250);
    const named = makeCertificate({ subject: long }, oemRoot);
    const over = canonicalJson({
      ...state,
      "_sigs/x.json": forge(
        named,
        { alg: "ES256", typ: "PVS", x5c: x5c(named), pvs: { include: ["bsp/kernel.img"], exclude: [] } },
        `{"bsp/kernel.img":"${"1".repeat(64)}"}`,
      ) as never,
    });
    // The list is cut, no list any more, and nothing is the bsp's.
    expect(await codes(over, long)).toEqual([]);
  });
});

describe("keys without certificates", () => {
  const bare = by([leaf], { x5c: undefined });
  const pem = (holder: Holder, type: "spki" | "pkcs1" = "spki"): string =>
    holder.publicKey.export({ type: type as "spki", format: "pem" }) as string;
  const codes = async (text: string, publicKeys: string | undefined): Promise<string[]> =>
    errorsOf(await on("device-lenient", text, { trust: { publicKeys } }));

  it("are the device's own", async () => {
    expect(await codes(bare, pem(leaf))).toEqual([]);
    expect(await codes(bare, pem(rsa))).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(bare, undefined)).toEqual(["SIGNER_UNKNOWN"]);
    expect(await codes(bare, "x")).toEqual(["SIGNER_UNKNOWN"]);
    expect(await codes(bare, pem(rsa) + pem(leaf))).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(bare, root.pem + pem(leaf))).toEqual([]);
  });

  it("may be in PKCS#1 form, which is looked for first", async () => {
    const text = by([rsa], { x5c: undefined });
    expect(await codes(text, pem(rsa, "pkcs1"))).toEqual([]);
    expect(await codes(text, pem(leaf) + pem(rsa, "pkcs1"))).toEqual([]);
    expect(
      await codes(text, `${pem(rsa)}-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n`),
    ).toEqual(["SIGNER_UNKNOWN"]);
  });

  it("are not asked for where there are certificates", async () => {
    expect(errorsOf(await on("device-lenient", by([leaf]), { trust: { publicKeys: pem(leaf) } }))).toEqual([
      "TRUST_EMPTY",
    ]);
  });

  it("take the hash from the algorithm and the rest from the key", async () => {
    expect(await codes(by([rsa], { x5c: undefined, alg: "ES256" }), pem(rsa))).toEqual([]);
    expect(await codes(by([leaf], { x5c: undefined, alg: "RS256" }), pem(leaf))).toEqual([]);
    expect(await codes(by([leaf], { x5c: undefined, alg: "ES384" }), pem(leaf))).toEqual(["SIGNATURE_INVALID"]);
    expect(await codes(by([leaf], { x5c: undefined, alg: "toString" }), pem(leaf))).toEqual(["ALGORITHM_REFUSED"]);
  });
});
