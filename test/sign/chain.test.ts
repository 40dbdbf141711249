import { describe, expect, it } from "vitest";
import { NULL, writeDer } from "../../src/sign/der.ts";
import { type Certificate, readCertificate } from "../../src/sign/x509/certificate.ts";
import { CODE_SIGNING, verifyChain } from "../../src/sign/x509/chain-rfc5280.ts";
import { causesOf, judgeChain, now } from "./fixtures.ts";
import {
  type CertificateSpec,
  codeSigning,
  directoryName,
  dnsName,
  type Holder,
  makeCertificate,
} from "./make-certificate.ts";

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
    ["a leaf of version 1, which has no extensions", { leaf: { version: 1 } }],
    ["a leaf in its last second", { leaf: { notAfter: new Date("2026-06-01T12:00:00Z") } }],
    ["a leaf in its first second", { leaf: { notBefore: new Date("2026-06-01T12:00:00Z") } }],
    [
      "a name that is permitted",
      { middle: { permitted: [dnsName("example.com")] }, leaf: { names: [dnsName("a.example.com")] } },
    ],
  ];
  it.each(taken)("takes %s", async (_what, spec) => expect(await causes(spec)).toEqual([]));

  it("refuses a leaf that does not name its issuer", async () => {
    const nameless = makeCertificate({ subject: "", ca: true });
    expect(causesOf(await judgeChain([makeCertificate({ subject: "Leaf" }, nameless)], [nameless]))).toEqual([
      "CERTIFICATE_INVALID",
    ]);
  });

  it("asks names of whoever an issuer issues for, but not of CAs that renew themselves", async () => {
    const other = [directoryName("Other leaf")];
    const top = makeCertificate({ subject: "Named root", ca: true, permitted: other });
    const renewed = makeCertificate({ subject: "Named root", ca: true }, top, "p384");
    const below = makeCertificate({ subject: "Named CA", ca: true }, top);
    const judged = async (...chain: [Holder, ...Holder[]]): Promise<string[]> =>
      causesOf(await judgeChain(chain, [top]));
    expect(await judged(makeCertificate({ subject: "Other leaf" }, renewed), renewed)).toEqual([]);
    expect(await judged(makeCertificate({ subject: "Other leaf" }, below), below)).toEqual([
      "CERTIFICATE_NAME_CONSTRAINT",
    ]);
    expect(await judged(makeCertificate({ subject: "Named root" }, top, "p521"))).toEqual([
      "CERTIFICATE_NAME_CONSTRAINT",
    ]);
  });

  it("tells a name that is refused from limits that are malformed", async () => {
    const told = async (middle: Partial<CertificateSpec>): Promise<string | undefined> => {
      const { chain, top } = build({ middle, leaf: { names: [dnsName("example.org")] } });
      return (await judgeChain(chain, [top])).reasons.find(({ code }) => code === "CERTIFICATE_NAME_CONSTRAINT")
        ?.message;
    };
    expect(await told({ permitted: [dnsName("example.com")] })).toContain("may not issue for CN=Test leaf");
    expect(await told({ permitted: [dnsName("*.com")] })).toContain("has malformed name constraints");
    // What is no name at all must not end the judgement.
    const { chain, top } = build({
      middle: { excluded: [directoryName("X")] },
      leaf: { names: [writeDer(0xa4, NULL)] },
    });
    expect(causesOf(await judgeChain(chain, [top]))).toEqual(["CERTIFICATE_NAME_CONSTRAINT"]);
  });

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
    expect(causesOf(await judgeChain([pinned], [pinned, c3]))).toEqual([]);
    const old = leaf(c1, { notAfter: new Date("2026-02-01T00:00:00Z") });
    expect(causesOf(await judgeChain([old], [old]))).toEqual(["CERTIFICATE_EXPIRED"]);
  });

  it("goes another way where one leads nowhere", async () => {
    const nowhere = makeCertificate({ subject: "Nowhere", ca: true });
    const crossed = makeCertificate({ subject: "Way CA 1", ca: true }, nowhere);
    expect(causesOf(await judgeChain([leaf(c1), crossed, c1], [root]))).toEqual([]);
    expect(causesOf(await judgeChain([leaf(c1), crossed], [root]))).toEqual(["CHAIN_UNTRUSTED"]);
  });

  it("tells the nearest miss", async () => {
    const old = { ca: true, notAfter: new Date("2026-02-01T00:00:00Z") };
    const nowhere = makeCertificate({ subject: "Nowhere", ca: true });
    const expired = makeCertificate({ subject: "Way CA 1", ...old }, root);
    const noCa = makeCertificate({ subject: "Way CA 1", ca: false }, root);
    const crossed = makeCertificate({ subject: "Way CA 1", ca: true }, nowhere);
    const oldRoot = makeCertificate({ subject: "Way root", ...old });
    const judged = async (chain: [Holder, ...Holder[]], anchors: Holder[]): Promise<string[]> =>
      causesOf(await judgeChain(chain, anchors));
    // What went well and led nowhere is no miss.
    expect(await judged([leaf(c1), expired, crossed], [root])).toEqual(["CERTIFICATE_EXPIRED"]);
    expect(await judged([leaf(c1), crossed, expired], [root])).toEqual(["CERTIFICATE_EXPIRED"]);
    // The first of two that are as near.
    expect(await judged([leaf(c1), expired, noCa], [root])).toEqual(["CERTIFICATE_EXPIRED"]);
    expect(await judged([leaf(c1), noCa, expired], [root])).toEqual(["CERTIFICATE_NOT_CA"]);
    // An anchor is nearer than whatever comes with the message, and the longer way nearer than the short one.
    expect(await judged([leaf(c1), c1, noCa], [oldRoot])).toEqual(["CERTIFICATE_EXPIRED"]);
    const unfit = makeCertificate({ subject: "Way CA 1", ca: false }, root, "p384");
    const below = makeCertificate({ subject: "Way CA 2", ...old }, c1);
    const nearer = makeCertificate({ subject: "Way CA 2", ca: true }, c1);
    expect(await judged([leaf(nearer), below, nearer, unfit], [root])).toEqual(["CERTIFICATE_NOT_CA"]);
  });

  describe("is not searched for ever", () => {
    const rules = { now, purpose: CODE_SIGNING, maxLength: 5 };
    const read = ({ der }: Holder): Certificate => readCertificate(new Uint8Array(der))!;
    const twin = read(makeCertificate({ subject: "Way root", ca: true }, undefined, "p384"));

    it("after a hundred signatures", async () => {
      const tried = async (wrong: number): Promise<string | undefined> => {
        const anchors = [...new Array<Certificate>(wrong).fill(twin), read(root)];
        return (await verifyChain(read(leaf(root)), [], anchors, rules)).problem?.code;
      };
      expect(await tried(99)).toBeUndefined();
      expect(await tried(100)).toBe("CERTIFICATE_SIGNATURE");
    });

    it("after a quarter of a million names", async () => {
      const tried = async (limits: number): Promise<string | undefined> => {
        const limit = { tag: 0x82, whole: new Uint8Array(0), body: new TextEncoder().encode("a.b") };
        const nameConstraints = { permitted: [], excluded: new Array<typeof limit>(limits).fill(limit) };
        return (await verifyChain(read(leaf(root)), [], [{ ...read(root), nameConstraints }], rules)).problem?.code;
      };
      expect(await tried(250_000)).toBeUndefined();
      expect(await tried(250_001)).toBe("CHAIN_TOO_LONG");
    });
  });

  it("may end at an intermediate that is trusted", async () => {
    expect(causesOf(await judgeChain([leaf(c1)], [c1]))).toEqual([]);
  });
});
