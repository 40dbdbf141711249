import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPvError } from "../../src/core/index.ts";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "../../src/sign/base64.ts";
import { isDer, readDer, writeDer, writeInteger } from "../../src/sign/der.ts";
import { ecdsaFromDer, ecdsaResize, ecdsaToDer } from "../../src/sign/ecdsa-signature.ts";
import { createSigner, signState, type VerifyPolicy, verifyRelease, verifyState } from "../../src/sign/index.ts";
import { readPem } from "../../src/sign/pem.ts";
import { publicKeyFromCertificate, publicKeyFromJwk, publicKeyFromSpki } from "../../src/sign/public-key.ts";
import { duplicateKey } from "../../src/sign/verify/jws.ts";
import { readCertificate } from "../../src/sign/x509/certificate.ts";
import { canonicalJson, formatState, parseState } from "../../src/state/index.ts";
import { now, signerOf, state } from "./fixtures.ts";
import { makeCertificate, toPem } from "./make-certificate.ts";

/** Whatever comes in: an answer or a typed error, never an exception of the language. */
const root = makeCertificate({ subject: "Root", ca: true });
const leaf = makeCertificate({ subject: "Leaf", names: [writeDer(0x82, new Uint8Array([0x61]))] }, root);
const trust = { certificates: root.pem };
const policies: VerifyPolicy[] = ["sdk", "pvr", "device-lenient", "device-strict"];
const signed = formatState(await signState(state, { signer: await signerOf(leaf) }));

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array));
/** Some bytes of a good thing changed, cut or repeated. */
const spoilt = (good: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .tuple(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(4))
    .map(([at, put, cut]) => new Uint8Array([...good.slice(0, at), ...put, ...good.slice(at + cut)]))
    .filter((bad) => Buffer.compare(bad, good) !== 0);

/** The members of a state, signatures without their names. */
function withoutNames(text: string): string[] {
  const members = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return members.map(([key, value]) => (key.startsWith("_sigs/") ? "" : key) + JSON.stringify(value)).sort();
}

describe("hostile input", () => {
  it("readers of DER, PEM, base64 and keys answer or say that there is none", () => {
    fc.assert(
      fc.property(fc.oneof(bytes, spoilt(leaf.der)), (input) => {
        readCertificate(input);
        publicKeyFromCertificate(input);
        publicKeyFromSpki(input);
        ecdsaFromDer(input, 32);
        ecdsaResize(input, 32);
        isDer(input);
        readPem(input);
        try {
          readDer(input);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.jsonValue(), (jwk) => void publicKeyFromJwk(jwk)));
  });

  it("base64 comes back, and has one form only", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(decodeBase64(encodeBase64(input))).toEqual(input);
        expect(decodeBase64Url(encodeBase64Url(input))).toEqual(input);
        expect(encodeBase64Url(input)).toBe(Buffer.from(input).toString("base64url"));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const decoded = decodeBase64Url(text);
        if (decoded) expect(encodeBase64Url(decoded)).toBe(text);
        const standard = decodeBase64(text);
        if (standard) expect(encodeBase64(standard)).toBe(text);
      }),
    );
  });

  it("DER that is written is DER, and ECDSA signatures come back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        expect(readDer(writeDer(0x04, body)).body).toEqual(new Uint8Array(body));
        expect(isDer(writeInteger(body))).toBe(true);
        expect(isDer(writeDer(0x30, writeDer(0x04, body), writeInteger(body)))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (raw) => {
        expect(ecdsaFromDer(ecdsaToDer(raw), 32)).toEqual(new Uint8Array(raw));
        expect(ecdsaResize(ecdsaResize(raw, 48)!, 32)).toEqual(new Uint8Array(raw));
      }),
    );
  });

  it("a key twice is found, and nothing else", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(duplicateKey(text)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), (key, one, two) => {
        const name = JSON.stringify(key);
        const object = `{${name}:${JSON.stringify(one)},${name} : ${JSON.stringify(two)}}`;
        expect(duplicateKey(`[{"a":${object}}]`)).toBe(key);
      }),
    );
  });

  it("every judge answers about any text", async () => {
    const text = fc
      .tuple(fc.nat(signed.length - 1), fc.string({ maxLength: 3 }), fc.nat(3))
      .map(([at, put, cut]) => signed.slice(0, at) + put + signed.slice(at + cut));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.json(), fc.string()), async (target) => {
        for (const policy of policies) {
          const report = await verifyState(target, { policy, trust, now });
          expect(["accept", "reject"]).toContain(report.decision);
        }
        expect((await verifyRelease(target, { trust, threshold: 1, now })).decision).toBe("reject");
        // A signature may bear any name; what it covers, and what it says, may not change.
        if ((await verifyState(target, { trust, now })).decision === "accept")
          expect(withoutNames(target)).toEqual(withoutNames(signed));
      }),
      { numRuns: 300 },
    );
  });

  it("every judge answers about any header and any document", async () => {
    const any = fc.oneof(fc.jsonValue(), fc.constantFrom("ES256", "RS256", "PVS", [], {}, null));
    const member = (good: unknown): fc.Arbitrary<unknown> => fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, any);
    const header = fc.record(
      {
        alg: member("ES256"),
        typ: member("PVS"),
        pvs: fc.oneof(fc.record({ include: member(["web/**"]), exclude: member([]) }, { requiredKeys: [] }), any),
        x5c: member([Buffer.from(leaf.der).toString("base64")]),
        jwk: member(leaf.publicKey.export({ format: "jwk" })),
        crit: any,
        b64: any,
      },
      { requiredKeys: [] },
    );
    const document = fc.record(
      {
        "#spec": fc.constant("pvs@2"),
        protected: fc.oneof(
          header.map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
          any,
        ),
        signature: fc.oneof(fc.constant("AAAA"), any),
        payload: any,
        header: any,
        signatures: any,
      },
      { requiredKeys: ["#spec"] },
    );
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const target = canonicalJson({ ...state, "_sigs/x.json": JSON.parse(JSON.stringify(value)) as never });
        for (const policy of policies) {
          const report = await verifyState(target, { policy, trust, now });
          // Nothing of this was signed; a device overlooks what is no whole signature.
          if (policy === "sdk" || policy === "pvr" || policy === "device-strict")
            expect(report.decision).toBe("reject");
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([{ toString: 1 }, [{ toString: 1 }]])("every reader answers about %j where a text belongs", async (odd) => {
    const header = { alg: "ES256", typ: "PVS", pvs: { include: ["web/**"], exclude: [] } };
    const jwk = leaf.publicKey.export({ format: "jwk" });
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const documents = [
      { protected: encode({ ...header, alg: odd }), signature: "AAAA" },
      { protected: encode({ ...header, jwk: { ...jwk, crv: odd } }), signature: "AAAA" },
      { protected: encode({ ...header, jwk }), signature: odd },
      { protected: odd, signature: "AAAA" },
    ];
    for (const document of documents) {
      const target = parseState(canonicalJson({ ...state, "_sigs/x.json": { "#spec": "pvs@2", ...document } }));
      for (const policy of policies) await verifyState(target, { policy, trust, now });
      expect((await verifyState(target, { trust, now })).decision).toBe("reject");
      await signState(target, { signer: await signerOf(leaf), parts: ["web"] });
    }
    const skeleton = { sha256: "0".repeat(64), sizeBytes: 0 };
    const release = { "#spec": "pv-release@1", sequence: 1, expires: odd, parts: {}, skeleton };
    const report = await verifyRelease({ ...state, "_sigs/r.json": release }, { trust, threshold: 1, now });
    expect(report.reasons[0]?.code).toBe("RELEASE_INVALID");
  });

  it("any trust is a trust", async () => {
    const pem = fc.oneof(
      fc.string(),
      bytes,
      spoilt(leaf.der).map((der) => toPem(der)),
      spoilt(leaf.der).map((der) => toPem(der, "PUBLIC KEY")),
    );
    await fc.assert(
      fc.asyncProperty(pem, pem, async (certificates, publicKeys) => {
        for (const policy of policies) {
          expect((await verifyState(signed, { policy, trust: { certificates }, now })).decision).toBe("reject");
          await verifyState(signed, {
            policy,
            trust: { certificates, publicKeys },
            oemName: "x",
            oemTrust: { certificates: publicKeys },
            now,
          });
        }
      }),
      { numRuns: 100 },
    );
  });

  it("any key is a signer or a typed error", async () => {
    const der = leaf.key.export({ type: "pkcs8", format: "der" });
    const sealed = leaf.key.export({ type: "pkcs8", format: "der", cipher: "aes-128-cbc", passphrase: "x" });
    const key = fc.oneof(
      fc.string(),
      spoilt(der).map((bad) => toPem(bad, "PRIVATE KEY")),
      spoilt(der).map((bad) => toPem(bad, "EC PRIVATE KEY")),
      spoilt(der).map((bad) => toPem(bad, "RSA PRIVATE KEY")),
      spoilt(sealed).map((bad) => toPem(bad, "ENCRYPTED PRIVATE KEY")),
    );
    await fc.assert(
      fc.asyncProperty(key, async (text) => {
        try {
          await createSigner({ key: text, passphrase: "x" });
        } catch (error) {
          if (!isPvError(error, "SIGN_KEY_UNSUPPORTED", "SIGN_KEY_MISMATCH")) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
