import { constants, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digest, verifySignature } from "../../src/sign/crypto.ts";
import { createDeveloperCa, createSigner, signState, verifyState } from "../../src/sign/index.ts";
import { plainVerify } from "../../src/sign/plain-crypto.ts";
import { publicKeyFromSpki } from "../../src/sign/public-key.ts";
import { errorsOf, judgeChain, now, state } from "./fixtures.ts";
import { keyPair, keyPem, makeCertificate } from "./make-certificate.ts";
import { keyFile, readVector } from "./vectors.ts";

const data = new TextEncoder().encode("data to sign");

/** A page that came by plain http: random numbers, but no `crypto.subtle`. */
function withoutSubtle(): void {
  const { crypto: real } = globalThis;
  vi.stubGlobal("crypto", { getRandomValues: real.getRandomValues.bind(real) });
}

describe("without WebCrypto", () => {
  beforeEach(withoutSubtle);
  afterEach(() => void vi.unstubAllGlobals());

  it("there is none", () => expect(globalThis.crypto.subtle).toBeUndefined());

  it.each(["ES256", "ES384", "ES512"] as const)("makes a CA, signs and verifies %s", async (alg) => {
    const ca = await createDeveloperCa({ alg, now });
    const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
    const signed = await signState(state, { signer });
    for (const policy of ["sdk", "pvr", "device-strict"] as const) {
      expect((await verifyState(signed, { policy, trust: { certificates: ca.root }, now })).decision).toBe("accept");
    }
    const broken = { ...signed, "bsp/kernel.img": "2".repeat(64) };
    expect(errorsOf(await verifyState(broken, { trust: { certificates: ca.root }, now }))).toContain(
      "SIGNATURE_INVALID",
    );
  });

  it("signs RS256, byte for byte as WebCrypto does", async () => {
    const signer = await createSigner({ key: keyFile("rsa.key.pem"), certificates: keyFile("rsa.x5c.pem") });
    const before = JSON.parse(readVector("sign", "s01-rsa-part", "state.json")) as typeof state;
    const signed = await signState(before, { signer, parts: ["web"] });
    expect(JSON.stringify(signed["_sigs/web.json"])).toBe(readVector("sign", "s01-rsa-part", "_sigs/web.json"));
  });

  it("cannot make an RSA key, nor open an encrypted one, and says so", async () => {
    await expect(createDeveloperCa({ now })).rejects.toMatchObject({
      code: "SIGN_KEY_UNSUPPORTED",
      hint: "ask for ES256",
    });
    const { privateKey } = keyPair("p256");
    const key = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
    await expect(createSigner({ key, passphrase: "x" })).rejects.toMatchObject({ code: "SIGN_KEY_UNSUPPORTED" });
  });

  it("finds the numbers of a broken RSA key out", async () => {
    const jwk = keyPair("rsa2048").privateKey.export({ format: "jwk" });
    const key = publicKeyFromSpki(keyPair("rsa2048").publicKey.export({ type: "spki", format: "der" }))!;
    const { plainSign } = await import("../../src/sign/plain-crypto.ts");
    const wrong = { jwk: { ...jwk, d: jwk.p } as Record<string, string>, public: key };
    await expect(plainSign(wrong, "SHA-256", data)).rejects.toThrow(RangeError);
  });

  it("verifies chains of RSA and EC", async () => {
    for (const kind of ["rsa2048", "p256", "p384", "p521"]) {
      const root = makeCertificate({ subject: `Plain ${kind}`, ca: true }, undefined, kind);
      expect((await judgeChain([makeCertificate({ subject: "L" }, root)], [root])).decision).toBe("accept");
    }
  });
});

describe("the plain operations agree with Node's", () => {
  it.each(["SHA-256", "SHA-384", "SHA-512"] as const)("%s, RSA", async (hash) => {
    const { privateKey, publicKey } = keyPair("rsa2048");
    const key = publicKeyFromSpki(publicKey.export({ type: "spki", format: "der" }))!;
    const name = hash.replace("-", "").toLowerCase();
    const signature = new Uint8Array(nodeSign(name, data, privateKey));
    expect(await plainVerify(key, "pkcs1", hash, data, signature)).toBe(true);
    expect(await plainVerify(key, "pss", hash, data, signature)).toBe(false);
    for (const at of [0, 1, 100, 255]) {
      const broken = signature.slice();
      broken[at]! ^= 1;
      expect(await plainVerify(key, "pkcs1", hash, data, broken)).toBe(false);
    }
    for (const bad of [
      new Uint8Array(0),
      signature.slice(1),
      new Uint8Array([0, ...signature]),
      new Uint8Array(256),
      new Uint8Array(256).fill(255),
    ]) {
      expect(await plainVerify(key, "pkcs1", hash, data, bad)).toBe(false);
      expect(await plainVerify(key, "pss", hash, data, bad)).toBe(false);
    }
    for (const saltLength of [0, 1, 20, 32, 64, 100]) {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const pss = new Uint8Array(nodeSign(name, data, { key: privateKey, padding, saltLength }));
      expect(await verifySignature(key, "pss", hash, data, pss)).toBe(true);
      expect(await plainVerify(key, "pkcs1", hash, data, pss)).toBe(false);
      for (const at of [0, 10, 254, 255]) {
        const broken = pss.slice();
        broken[at]! ^= 4;
        expect(await verifySignature(key, "pss", hash, data, broken)).toBe(false);
      }
    }
  });

  it("a PSS encoding whose padding is not what it should be is refused", async () => {
    const { privateKey, publicKey } = keyPair("rsa2048");
    const key = publicKeyFromSpki(publicKey.export({ type: "spki", format: "der" }))!;
    // Signs any block of bytes below the modulus as it is.
    const raw = (block: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(rawRsa(block));
    const rawRsa = (block: Buffer): Buffer =>
      privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
    const { privateEncrypt, publicDecrypt } = await import("node:crypto");
    const pss = nodeSign("sha256", data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    const block = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, pss);
    expect(await plainVerify(key, "pss", "SHA-256", data, raw(block))).toBe(true);
    const trailer = Buffer.from(block);
    trailer[255] = 0xbd;
    expect(await plainVerify(key, "pss", "SHA-256", data, raw(trailer))).toBe(false);
    const padding = Buffer.from(block);
    padding[5]! ^= 1; // inside the zeros before the salt
    expect(await plainVerify(key, "pss", "SHA-256", data, raw(padding))).toBe(false);
  });

  it.each([
    ["p256", "SHA-256"],
    ["p256", "SHA-512"],
    ["p384", "SHA-256"],
    ["p384", "SHA-384"],
    ["p521", "SHA-512"],
  ] as const)("ECDSA on %s with %s, both ways", async (kind, hash) => {
    const { privateKey, publicKey } = keyPair(kind);
    const key = publicKeyFromSpki(publicKey.export({ type: "spki", format: "der" }))!;
    const name = hash.replace("-", "").toLowerCase();
    const { plainSign } = await import("../../src/sign/plain-crypto.ts");
    const jwk = privateKey.export({ format: "jwk" }) as Record<string, string>;
    for (let i = 0; i < 8; i++) {
      const input = new Uint8Array([...data, i]);
      const theirs = new Uint8Array(nodeSign(name, input, { key: privateKey, dsaEncoding: "ieee-p1363" }));
      expect(await plainVerify(key, "ecdsa", hash, input, theirs)).toBe(true);
      expect(await plainVerify(key, "ecdsa", hash, data, theirs)).toBe(false);
      const ours = await plainSign({ jwk, public: key }, hash, input);
      expect(nodeVerify(name, input, { key: publicKey, dsaEncoding: "ieee-p1363" }, ours)).toBe(true);
    }
    const zero = new Uint8Array(2 * Math.ceil(Number(kind.slice(1)) / 8));
    expect(await plainVerify(key, "ecdsa", hash, data, zero)).toBe(false);
    expect(await plainVerify(key, "ecdsa", hash, data, zero.fill(0xff))).toBe(false);
  });

  it("a point that is not on its curve verifies nothing, here and in WebCrypto", async () => {
    const { publicKey, privateKey } = keyPair("p256");
    const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    spki[spki.length - 1]! ^= 1;
    const key = publicKeyFromSpki(spki)!;
    const signature = new Uint8Array(nodeSign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }));
    expect(await plainVerify(key, "ecdsa", "SHA-256", data, signature)).toBe(false);
    expect(await verifySignature(key, "ecdsa", "SHA-256", data, signature)).toBe(false);
  });

  it("a key verifies its own scheme alone, and its own length", async () => {
    const rsa = publicKeyFromSpki(keyPair("rsa2048").publicKey.export({ type: "spki", format: "der" }))!;
    const ec = publicKeyFromSpki(keyPair("p256").publicKey.export({ type: "spki", format: "der" }))!;
    expect(await verifySignature(rsa, "ecdsa", "SHA-256", data, new Uint8Array(64))).toBe(false);
    expect(await verifySignature(ec, "pkcs1", "SHA-256", data, new Uint8Array(256))).toBe(false);
    expect(await verifySignature(ec, "ecdsa", "SHA-256", data, new Uint8Array(63))).toBe(false);
  });

  it("hashes are the same", async () => {
    for (const hash of ["SHA-256", "SHA-384", "SHA-512"] as const) {
      const native = await digest(hash, data);
      withoutSubtle();
      expect(await digest(hash, data)).toEqual(native);
      vi.unstubAllGlobals();
    }
  });

  it("noble takes over a curve that WebCrypto lacks", async () => {
    const { subtle } = globalThis.crypto;
    const lacking = { message: "no P-521 here", name: "NotSupportedError" };
    const importKey = (...parts: Parameters<typeof subtle.importKey>): Promise<CryptoKey> =>
      (parts[2] as { namedCurve?: string }).namedCurve === "P-521"
        ? Promise.reject(lacking)
        : subtle.importKey(...parts);
    vi.stubGlobal("crypto", {
      getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
      subtle: new Proxy(subtle, {
        get: (target, name) =>
          name === "importKey" ? importKey : (target[name as "digest"] as unknown as () => void).bind(target),
      }),
    });
    const leaf = makeCertificate({ subject: "P-521" }, undefined, "p521");
    const signer = await createSigner({ key: keyPem(leaf), certificates: leaf.pem });
    const signed = await signState(state, { signer });
    expect((await verifyState(signed, { trust: { certificates: leaf.pem }, now })).decision).toBe("accept");
    vi.unstubAllGlobals();
  });
});
