import { describe, expect, it } from "vitest";
import { NULL } from "../../src/sign/der.ts";
import { causesOf, judgeChain } from "./fixtures.ts";
import { type CertificateSpec, codeSigning, dnsName, type Holder, makeCertificate } from "./make-certificate.ts";

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);

interface Chain {
  root?: Partial<CertificateSpec>;
  middle?: Partial<CertificateSpec>;
  leaf?: Partial<CertificateSpec>;
  rootKind?: string;
  leafKind?: string;
}

function build({ root, middle, leaf, rootKind, leafKind }: Chain): { chain: [Holder, Holder]; top: Holder } {
  const top = makeCertificate({ subject: "Test root", ca: true, ...root }, undefined, rootKind);
  const between = makeCertificate({ subject: "Test intermediate", ca: true, pathLength: 0, ...middle }, top);
  return { chain: [makeCertificate({ subject: "Test leaf", ...leaf }, between, leafKind), between], top };
}

async function causes(spec: Chain): Promise<string[]> {
  const { chain, top } = build(spec);
  return causesOf(await judgeChain(chain, [top]));
}

const unknown = { oid: "1.2.3.4.5", critical: true, value: NULL };

describe("certificate chains, policy sdk", () => {
  it("trusts leaf, intermediate, root", async () => {
    const { chain, top } = build({});
    const report = await judgeChain(chain, [top]);
    expect(report.decision).toBe("accept");
    expect(report.signatures[0]?.chain?.map(({ subject }) => subject)).toEqual([
      "CN=Test leaf",
      "CN=Test intermediate",
      "CN=Test root",
    ]);
    expect(report.signatures[0]?.subject).toBe("CN=Test leaf");
  });

  const refused: [string, Chain, string][] = [
    ["an expired leaf", { leaf: { notAfter: day("2026-05-31") } }, "CERTIFICATE_EXPIRED"],
    ["an expired intermediate", { middle: { notAfter: day("2026-05-31") } }, "CERTIFICATE_EXPIRED"],
    ["an expired root", { root: { notAfter: day("2026-05-31") } }, "CERTIFICATE_EXPIRED"],
    ["a leaf that is not yet valid", { leaf: { notBefore: day("2026-06-02") } }, "CERTIFICATE_NOT_YET_VALID"],
    ["an intermediate not yet valid", { middle: { notBefore: day("2026-06-02") } }, "CERTIFICATE_NOT_YET_VALID"],
    ["an intermediate without the CA flag", { middle: { ca: false, pathLength: undefined } }, "CERTIFICATE_NOT_CA"],
    ["an intermediate without basic constraints", { middle: { noConstraints: true } }, "CERTIFICATE_NOT_CA"],
    ["a root without the CA flag", { root: { ca: false } }, "CERTIFICATE_NOT_CA"],
    ["an intermediate that may not sign certificates", { middle: { keyUsage: "1" } }, "CERTIFICATE_KEY_USAGE"],
    ["a leaf without digitalSignature", { leaf: { keyUsage: "001" } }, "CERTIFICATE_KEY_USAGE"],
    ["a leaf that may sign certificates", { leaf: { keyUsage: "100001" } }, "CERTIFICATE_KEY_USAGE"],
    ["a leaf for web servers", { leaf: { purposes: ["1.3.6.1.5.5.7.3.1"] } }, "CERTIFICATE_PURPOSE"],
    ["an intermediate for web servers", { middle: { purposes: ["1.3.6.1.5.5.7.3.1"] } }, "CERTIFICATE_PURPOSE"],
    ["a root for web servers", { root: { purposes: ["1.3.6.1.5.5.7.3.1"] } }, "CERTIFICATE_PURPOSE"],
    ["an unknown critical extension in the leaf", { leaf: { extensions: [unknown] } }, "CERTIFICATE_EXTENSION"],
    ["an unknown critical extension above", { middle: { extensions: [unknown] } }, "CERTIFICATE_EXTENSION"],
    [
      "an extension twice",
      {
        leaf: {
          extensions: [
            { oid: "1.2.3", value: NULL },
            { oid: "1.2.3", value: NULL },
          ],
        },
      },
      "CERTIFICATE_EXTENSION",
    ],
    ["extensions in version 2", { leaf: { version: 2 } }, "CERTIFICATE_EXTENSION"],
    ["name constraints in a leaf", { leaf: { permitted: [dnsName("example.com")] } }, "CERTIFICATE_EXTENSION"],
    [
      "a name outside of the permitted ones",
      { middle: { permitted: [dnsName("example.com")] }, leaf: { names: [dnsName("example.org")] } },
      "CERTIFICATE_NAME_CONSTRAINT",
    ],
    [
      "an excluded name, said by the root",
      { root: { excluded: [dnsName("example.com")] }, leaf: { names: [dnsName("a.example.com")] } },
      "CERTIFICATE_NAME_CONSTRAINT",
    ],
    ["SHA-1 over the leaf", { leaf: { hash: "sha1" } }, "CERTIFICATE_ALGORITHM"],
    ["SHA-1 over the intermediate", { middle: { hash: "sha1" } }, "CERTIFICATE_ALGORITHM"],
    ["SHA-224", { leaf: { hash: "sha224" } }, "CERTIFICATE_ALGORITHM"],
    [
      "another algorithm named inside",
      { leaf: { innerAlgorithm: new Uint8Array([0x30, 3, 6, 1, 42]) } },
      "CERTIFICATE_ALGORITHM",
    ],
    ["an RSA root below 2048 bits", { rootKind: "rsa1024" }, "CERTIFICATE_KEY_WEAK"],
    ["a root on another curve", { rootKind: "secp256k1" }, "CERTIFICATE_KEY_WEAK"],
  ];
  it.each(refused)("refuses %s", async (_what, spec, code) => expect(await causes(spec)).toEqual([code]));

  const taken: [string, Chain][] = [
    ["RSA all the way", { rootKind: "rsa2048", leafKind: "rsa2048" }],
    ["a leaf on P-384", { leafKind: "p384" }],
    ["SHA-384 and SHA-512", { middle: { hash: "sha384" }, leaf: { hash: "sha512" } }],
    ["a leaf for any purpose", { leaf: { purposes: ["2.5.29.37.0"] } }],
    ["a leaf for several purposes", { leaf: { purposes: ["1.3.6.1.5.5.7.3.1", codeSigning] } }],
    ["a leaf that is limited to no purpose", { leaf: { purposes: null } }],
    ["a leaf without key usage", { leaf: { keyUsage: null } }],
    ["a root signed with SHA-1, since nobody checks that", { root: { hash: "sha1" } }],
    ["an unknown extension that is not critical", { leaf: { extensions: [{ ...unknown, critical: false }] } }],
    ["a leaf without basic constraints", { leaf: { noConstraints: true } }],
    ["a leaf in its last second", { leaf: { notAfter: new Date("2026-06-01T12:00:00Z") } }],
    ["a leaf in its first second", { leaf: { notBefore: new Date("2026-06-01T12:00:00Z") } }],
    [
      "a name that is permitted",
      { middle: { permitted: [dnsName("example.com")] }, leaf: { names: [dnsName("a.example.com")] } },
    ],
  ];
  it.each(taken)("takes %s", async (_what, spec) => expect(await causes(spec)).toEqual([]));

  it("is over one second after the last one", async () => {
    const { chain, top } = build({ leaf: { notAfter: new Date("2026-06-01T11:59:59Z") } });
    expect(causesOf(await judgeChain(chain, [top]))).toEqual(["CERTIFICATE_EXPIRED"]);
  });

  it("notes what RFC 5280 asks of issuers, and accepts", async () => {
    const { chain, top } = build({
      root: { constraintsCritical: false, identifiers: false },
      leaf: { identifiers: false, serial: new Uint8Array([0]) },
    });
    const report = await judgeChain(chain, [top]);
    expect(report.decision).toBe("accept");
    const notes = report.reasons.filter(({ path }) => path === "_sigs/web.json").map(({ message }) => message);
    expect(notes).toEqual([
      "_sigs/web.json: CN=Test leaf: no authority key identifier",
      "_sigs/web.json: CN=Test leaf: a serial number that is not 1 to 20 octets and positive",
      "_sigs/web.json: CN=Test root: a CA without a subject key identifier",
      "_sigs/web.json: CN=Test root: basic constraints of a CA not marked critical",
    ]);
    expect(new Set(report.reasons.map(({ code, severity }) => `${code} ${severity}`))).toEqual(
      new Set(["CERTIFICATE_PROFILE warning"]),
    );
  });
});

describe("the way to an anchor, policy sdk", () => {
  const root = makeCertificate({ subject: "Way root", ca: true });
  const cas = [1, 2, 3, 4].map(
    (i) => (issuer: Holder) => makeCertificate({ subject: `Way CA ${i}`, ca: true }, issuer),
  );
  const [one, two, three, four] = cas;
  const c1 = one!(root);
  const c2 = two!(c1);
  const c3 = three!(c2);
  const c4 = four!(c3);
  const leaf = (issuer: Holder, spec: Partial<CertificateSpec> = {}): Holder =>
    makeCertificate({ subject: "Way leaf", ...spec }, issuer);

  it("has at most five certificates, the anchor counted", async () => {
    expect(causesOf(await judgeChain([leaf(c3), c3, c2, c1], [root]))).toEqual([]);
    expect(causesOf(await judgeChain([leaf(c4), c4, c3, c2, c1], [root]))).toEqual(["CHAIN_TOO_LONG"]);
  });

  it("takes at most five certificates in x5c", async () => {
    expect(causesOf(await judgeChain([leaf(c3), c3, c2, c1, root], [root]))).toEqual([]);
    expect(causesOf(await judgeChain([leaf(c3), c3, c2, c1, root, c4], [root]))).toEqual(["CHAIN_TOO_LONG"]);
  });

  it("is found whatever the order of intermediates", async () => {
    expect(causesOf(await judgeChain([leaf(c3), c1, c3, c2], [root]))).toEqual([]);
  });

  it("is not found without an intermediate", async () => {
    expect(causesOf(await judgeChain([leaf(c2), c1], [root]))).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("never ends at a certificate of the message", async () => {
    const stranger = makeCertificate({ subject: "Stranger", ca: true });
    const report = await judgeChain([makeCertificate({ subject: "L" }, stranger), stranger], [root]);
    expect(causesOf(report)).toEqual(["CHAIN_UNTRUSTED"]);
    expect(report.signatures.map(({ verdict }) => verdict)).toEqual(["untrusted", "untrusted", "untrusted"]);
  });

  it("does not take an anchor of the same name with another key", async () => {
    const twin = makeCertificate({ subject: "Way root", ca: true }, undefined, "p384");
    expect(causesOf(await judgeChain([leaf(c1), c1], [twin]))).toEqual(["CERTIFICATE_SIGNATURE"]);
    expect(causesOf(await judgeChain([leaf(c1), c1], [twin, root]))).toEqual([]);
  });

  it("counts CAs below for the path length, but none that renews itself", async () => {
    const strict = makeCertificate({ subject: "Strict root", ca: true, pathLength: 0 });
    const below = makeCertificate({ subject: "Below", ca: true }, strict);
    const renewed = makeCertificate({ subject: "Strict root", ca: true }, strict, "p384");
    expect(causesOf(await judgeChain([leaf(strict)], [strict]))).toEqual([]);
    expect(causesOf(await judgeChain([leaf(below), below], [strict]))).toEqual(["CERTIFICATE_PATH_LENGTH"]);
    expect(causesOf(await judgeChain([leaf(renewed), renewed], [strict]))).toEqual([]);
    const roomy = makeCertificate({ subject: "Roomy root", ca: true, pathLength: 1 });
    const first = makeCertificate({ subject: "First", ca: true }, roomy);
    const second = makeCertificate({ subject: "Second", ca: true }, first);
    expect(causesOf(await judgeChain([leaf(first), first], [roomy]))).toEqual([]);
    expect(causesOf(await judgeChain([leaf(second), second, first], [roomy]))).toEqual(["CERTIFICATE_PATH_LENGTH"]);
  });

  it("goes another way where one is closed", async () => {
    const expired = makeCertificate(
      { subject: "Way CA 1", ca: true, notAfter: new Date("2026-02-01T00:00:00Z") },
      root,
    );
    expect(causesOf(await judgeChain([leaf(c1), expired, c1], [root]))).toEqual([]);
  });

  it("does not run in circles", async () => {
    const a = makeCertificate({ subject: "Circle A", ca: true });
    const b = makeCertificate({ subject: "Circle B", ca: true }, a);
    const again = makeCertificate({ subject: "Circle A", ca: true }, b);
    expect(causesOf(await judgeChain([leaf(again), again, b], [root]))).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("may begin at the anchor itself", async () => {
    const pinned = leaf(c1);
    expect(causesOf(await judgeChain([pinned], [pinned]))).toEqual([]);
    const old = leaf(c1, { notAfter: new Date("2026-02-01T00:00:00Z") });
    expect(causesOf(await judgeChain([old], [old]))).toEqual(["CERTIFICATE_EXPIRED"]);
  });

  it("may end at an intermediate that is trusted", async () => {
    expect(causesOf(await judgeChain([leaf(c1)], [c1]))).toEqual([]);
  });
});
