import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { isPvError } from "../../src/core/index.ts";
import { createSigner, type RemoteKey, type Signer } from "../../src/sign/index.ts";
import { keyPair, makeCertificate, toPem } from "./make-certificate.ts";
import { keyFile } from "./vectors.ts";

const data = new TextEncoder().encode("signing input");

async function digestOf(alg: string): Promise<Uint8Array<ArrayBuffer>> {
  const hash = alg.endsWith("256") ? "SHA-256" : alg.endsWith("384") ? "SHA-384" : "SHA-512";
  return new Uint8Array(await crypto.subtle.digest(hash, data));
}

/** Signs, and has Node check the answer with the key that it should be by. */
async function works(signer: Signer, key: KeyObject | string): Promise<void> {
  const signature = await signer.sign(data, await digestOf(signer.alg));
  const hash = `sha${signer.alg.slice(2)}`;
  const check =
    typeof key === "string" ? { key, dsaEncoding: "ieee-p1363" as const } : { key, dsaEncoding: "ieee-p1363" as const };
  expect(nodeVerify(hash, data, check, signature)).toBe(true);
}

const reasonOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => (isPvError(error, "SIGN_KEY_UNSUPPORTED") ? error.data.reason : String(error)),
  );

const publicPem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }) as string;
const pkcs8 = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }) as string;

describe("keys at hand", () => {
  it.each([
    ["rsa.key.pem", "RS256", "rsa.pub.pem"],
    ["rsa.pkcs1.key.pem", "RS256", "rsa.pub.pem"],
    ["p256.key.pem", "ES256", "p256.pub.pem"],
    ["p256.sec1.key.pem", "ES256", "p256.pub.pem"],
    ["p256.params.key.pem", "ES256", "p256.pub.pem"],
    ["p384.key.pem", "ES384", "p384.pub.pem"],
    ["p521.key.pem", "ES512", "p521.pub.pem"],
  ])("%s signs %s", async (file, alg, pub) => {
    const signer = await createSigner({ key: keyFile(file) });
    expect(signer).toMatchObject({ alg, certificates: [] });
    await works(signer, keyFile(pub));
    await works(await createSigner({ key: new TextEncoder().encode(keyFile(file)) }), keyFile(pub));
  });

  it.each(["rsa2048", "p256", "p384", "p521"])("%s comes encrypted too", async (kind) => {
    const { privateKey, publicKey } = keyPair(kind);
    for (const cipher of ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc"]) {
      const key = privateKey.export({ type: "pkcs8", format: "pem", cipher, passphrase: "correct horse" }) as string;
      expect(key).toContain("BEGIN ENCRYPTED PRIVATE KEY");
      await works(await createSigner({ key, passphrase: "correct horse" }), publicKey);
      expect(await reasonOf(createSigner({ key, passphrase: "wrong" }))).toMatch(/passphrase is wrong/);
      expect(await reasonOf(createSigner({ key }))).toBe("it is encrypted");
    }
  });

  it("opens what openssl encrypts with scrypt, and with the SHA-1 default of PBKDF2", async () => {
    for (const pem of encryptedByOpenssl) {
      await works(await createSigner({ key: pem, passphrase: "test" }), keyFile("p256.pub.pem"));
      expect(await reasonOf(createSigner({ key: pem, passphrase: "Test" }))).toMatch(/passphrase is wrong/);
    }
  });

  it("an EC key may lack its public half", async () => {
    for (const kind of ["p256", "p384", "p521"]) {
      const { privateKey, publicKey } = keyPair(kind);
      const { d } = privateKey.export({ format: "jwk" });
      const scalar = Buffer.from(d!, "base64url");
      const curve = { p256: "06082a8648ce3d030107", p384: "06052b81040022", p521: "06052b81040023" }[kind]!;
      const oid = Buffer.from(curve, "hex");
      const inner = Buffer.concat([
        Buffer.from([2, 1, 1, 4, scalar.length]),
        scalar,
        Buffer.from([0xa0, oid.length]),
        oid,
      ]);
      const pem = toPem(Buffer.concat([Buffer.from([0x30, inner.length]), inner]), "EC PRIVATE KEY");
      await works(await createSigner({ key: pem }), publicKey);
    }
  });

  it("an encrypted key of the old form is refused with a way out", async () => {
    const { privateKey } = keyPair("p256");
    const key = privateKey.export({ type: "sec1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
    await expect(createSigner({ key, passphrase: "x" })).rejects.toMatchObject({
      code: "SIGN_KEY_UNSUPPORTED",
      hint: expect.stringContaining("openssl pkcs8"),
    });
  });

  it.each([
    ["Ed25519", keyFile("ed25519.key.pem"), /neither RSA nor EC/],
    ["a public key", keyFile("p256.pub.pem"), /no private key/],
    ["nothing", "", /no private key/],
    ["broken base64", "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", /base64/],
    ["broken DER", toPem(new Uint8Array([0x30, 5, 2, 1, 0]), "PRIVATE KEY"), /structure is broken/],
    ["a key of another program", toPem(new Uint8Array([0]), "OPENSSH PRIVATE KEY"), /OPENSSH PRIVATE KEY/],
    ["RSA with 1024 bits", pkcs8(keyPair("rsa1024").privateKey), /2048/],
    ["another curve", pkcs8(keyPair("secp256k1").privateKey), /P-256/],
  ])("%s is refused", async (_what, key, reason) => expect(await reasonOf(createSigner({ key }))).toMatch(reason));

  it("a truncated key is refused, wherever it is cut", async () => {
    const der = createPrivateKey(keyFile("p256.key.pem")).export({ type: "pkcs8", format: "der" });
    for (let length = 0; length < der.length; length++) {
      const key = toPem(der.subarray(0, length), "PRIVATE KEY");
      expect(await reasonOf(createSigner({ key }))).toMatch(/structure is broken|do not fit/);
    }
  });

  it("no error tells the key or the passphrase", async () => {
    const { privateKey } = keyPair("p256");
    const key = privateKey.export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "Geheimnis",
    }) as string;
    const error = await createSigner({ key, passphrase: "Falsch!" }).catch((failure: unknown) => failure);
    const told = JSON.stringify(error) + String(error);
    for (const secret of ["Falsch!", key.split("\n")[1]!]) expect(told).not.toContain(secret);
  });

  it("a private half of another key is found out", async () => {
    const [one, two] = [keyPair("p256 a"), keyPair("p256 b")];
    const { d } = one.privateKey.export({ format: "jwk" });
    const { x, y } = two.publicKey.export({ format: "jwk" });
    const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
    const point = Buffer.concat([Buffer.from([0, 4]), bytes(x!), bytes(y!)]);
    const bits = Buffer.concat([Buffer.from([3, point.length]), point]);
    const oid = Buffer.from("06082a8648ce3d030107", "hex");
    const inner = Buffer.concat([
      Buffer.from([2, 1, 1, 4, 32]),
      bytes(d!),
      Buffer.from([0xa0, oid.length]),
      oid,
      Buffer.from([0xa1, bits.length]),
      bits,
    ]);
    const pem = toPem(Buffer.concat([Buffer.from([0x30, inner.length]), inner]), "EC PRIVATE KEY");
    await expect(createSigner({ key: pem })).rejects.toMatchObject({
      code: expect.stringMatching(/^SIGN_KEY_(?:UNSUPPORTED|MISMATCH)$/),
    });
  });
});

describe("certificates of a key", () => {
  const leaf = makeCertificate({ subject: "Signer leaf" });
  const other = makeCertificate({ subject: "Other" });
  const key = pkcs8(leaf.key);

  it("go into the signer, leaf first", async () => {
    const signer = await createSigner({ key, certificates: leaf.pem + other.pem });
    expect(signer.certificates).toEqual([leaf.der, other.der]);
    expect(Object.isFrozen(signer)).toBe(true);
  });

  it("must begin with the key's own", async () => {
    const promise = createSigner({ key, certificates: other.pem + leaf.pem });
    await expect(promise).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH", data: { alg: "ES256" } });
  });

  it("must go with the public key, where one is given", async () => {
    const promise = createSigner({ key, certificates: leaf.pem, publicKey: publicPem(other.publicKey) });
    await expect(promise).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    await works(
      await createSigner({ key, certificates: leaf.pem, publicKey: publicPem(leaf.publicKey) }),
      leaf.publicKey,
    );
  });

  it("must be certificates", async () => {
    expect(await reasonOf(createSigner({ key, certificates: "" }))).toMatch(/no PEM certificates/);
    expect(await reasonOf(createSigner({ key, certificates: toPem(new Uint8Array([1, 2])) }))).toMatch(
      /first certificate/,
    );
    expect(await reasonOf(createSigner({ key, publicKey: "x" }))).toMatch(/no PEM public key/);
  });
});

describe("WebCrypto keys", () => {
  const generate = (namedCurve: string, extractable: boolean): Promise<CryptoKeyPair> =>
    crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, extractable, ["sign", "verify"]);
  const exported = async (key: CryptoKey): Promise<string> =>
    toPem(new Uint8Array(await crypto.subtle.exportKey("spki", key)), "PUBLIC KEY");

  it("sign without ever leaving the runtime", async () => {
    const pair = await generate("P-256", false);
    const publicKey = await exported(pair.publicKey);
    const signer = await createSigner({ key: pair.privateKey, publicKey });
    expect(signer.alg).toBe("ES256");
    await works(signer, publicKey);
    expect(await reasonOf(createSigner({ key: pair.privateKey }))).toMatch(/non-extractable/);
  });

  it("tell their public half where they may", async () => {
    const pair = await generate("P-384", true);
    await works(await createSigner({ key: pair.privateKey }), await exported(pair.publicKey));
  });

  it("do RS256 with SHA-256 alone", async () => {
    const make = (name: string, hash: string): Promise<CryptoKeyPair> =>
      crypto.subtle.generateKey({ name, hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, true, [
        "sign",
        "verify",
      ]);
    const good = await make("RSASSA-PKCS1-v1_5", "SHA-256");
    await works(await createSigner({ key: good.privateKey }), await exported(good.publicKey));
    const wrong = await make("RSASSA-PKCS1-v1_5", "SHA-512");
    expect(await reasonOf(createSigner({ key: wrong.privateKey }))).toMatch(/SHA-512/);
    const pss = await make("RSA-PSS", "SHA-256");
    expect(await reasonOf(createSigner({ key: pss.privateKey }))).toMatch(/RSA-PSS/);
  });

  it("are refused where they cannot sign", async () => {
    const pair = await generate("P-256", true);
    expect(await reasonOf(createSigner({ key: pair.publicKey }))).toMatch(/no private key/);
    const other = await generate("P-256", true);
    const mixed = createSigner({ key: pair.privateKey, publicKey: await exported(other.publicKey) });
    await expect(mixed).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    const larger = await generate("P-384", true);
    const curve = createSigner({ key: pair.privateKey, publicKey: await exported(larger.publicKey) });
    await expect(curve).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    const rsaName = createSigner({ key: pair.privateKey, publicKey: publicPem(keyPair("rsa2048").publicKey) });
    expect(await reasonOf(rsaName)).toMatch(/ECDSA/);
  });
});

describe("remote keys", () => {
  const { privateKey, publicKey } = keyPair("p256 remote");
  const rsa = keyPair("rsa2048 remote");
  const answer = (form: "ieee-p1363" | "der", key = privateKey, hash = "sha256"): RemoteKey["sign"] => {
    return async (input) => nodeSign(hash, input, { key, dsaEncoding: form });
  };

  it.each(["ieee-p1363", "der"] as const)("may answer in the form %s", async (form) => {
    const signer = await createSigner({ alg: "ES256", publicKey: publicPem(publicKey), sign: answer(form) });
    for (let i = 0; i < 20; i++) await works(signer, publicKey);
  });

  it("are told data and digest, and are not bothered before", async () => {
    const sign = vi.fn(answer("der"));
    const signer = await createSigner({ alg: "ES256", publicKey: publicPem(publicKey), sign });
    expect(sign).not.toHaveBeenCalled();
    const digest = await digestOf("ES256");
    await signer.sign(data, digest);
    expect(sign).toHaveBeenCalledExactlyOnceWith(data, digest);
  });

  it("take the public key from the first certificate", async () => {
    const leaf = makeCertificate({ subject: "Remote leaf" }, undefined, "p521");
    const signer = await createSigner({
      alg: "ES512",
      certificates: leaf.pem,
      sign: answer("der", leaf.key, "sha512"),
    });
    await works(signer, leaf.publicKey);
  });

  it("are not believed when the answer is another key's, another hash's or nonsense", async () => {
    const make = (sign: RemoteKey["sign"]): Promise<Signer> =>
      createSigner({ alg: "ES256", publicKey: publicPem(publicKey), sign });
    for (const sign of [
      answer("der", keyPair("p256 stranger").privateKey),
      answer("ieee-p1363", privateKey, "sha384"),
      async () => new Uint8Array(64),
      async () => new Uint8Array(0),
      async () => new Uint8Array([0x30, 0x80, 0, 0]),
    ]) {
      const signer = await make(sign);
      await expect(signer.sign(data, await digestOf("ES256"))).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    }
  });

  it("pass their own failure on", async () => {
    const failure = new Error("token removed");
    const signer = await createSigner({
      alg: "ES256",
      publicKey: publicPem(publicKey),
      sign: () => Promise.reject(failure),
    });
    await expect(signer.sign(data, await digestOf("ES256"))).rejects.toBe(failure);
  });

  it("must say a fitting algorithm and a public key", async () => {
    const sign = answer("der");
    const pub = publicPem(publicKey);
    expect(await reasonOf(createSigner({ alg: "ES256", sign }))).toMatch(/certificates or its public key/);
    expect(await reasonOf(createSigner({ alg: "PS256" as never, publicKey: pub, sign }))).toMatch(/PS256/);
    await expect(createSigner({ alg: "ES384", publicKey: pub, sign })).rejects.toMatchObject({
      code: "SIGN_KEY_MISMATCH",
    });
    await expect(createSigner({ alg: "RS256", publicKey: pub, sign })).rejects.toMatchObject({
      code: "SIGN_KEY_MISMATCH",
    });
    const small = publicPem(keyPair("rsa1024").publicKey);
    expect(await reasonOf(createSigner({ alg: "RS256", publicKey: small, sign }))).toMatch(/2048/);
    const odd = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string;
    expect(await reasonOf(createSigner({ alg: "ES256", publicKey: odd, sign }))).toMatch(/no PEM public key/);
  });

  it("sign RS256", async () => {
    const signer = await createSigner({
      alg: "RS256",
      publicKey: publicPem(rsa.publicKey),
      sign: answer("der", rsa.privateKey),
    });
    await works(signer, rsa.publicKey);
  });
});

/** keys/p256.key.pem by `openssl pkcs8 -topk8 -passout pass:test` with `-scrypt`, `-v2prf hmacWithSHA1`, `-v2prf hmacWithSHA512`. */
const encryptedByOpenssl = [
  `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAgiee8sq5RffQICBAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBB9MO+vmjL2+Asaz9trzrUABIGQek9piKelmB21
3lHOd3QuaPE2/kLToQOmxnIdE/f0sz9tMMAlO7uSHhYdXzlGbeJ3e3cgv2Qhtxhv
TzA03PpntHNtAugxuJa6dsLPrfCf6efWksP1OziMvegIul5vq4bM4jfnneA1DXw8
gsIaHJiV1KPcGxIjqS7H+CPyuz4acs61se69p3pvF59lnTC6oo9v
-----END ENCRYPTED PRIVATE KEY-----
`,
  `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAhDlnWdB/38bQICCAAw
HQYJYIZIAWUDBAECBBAKJnP8VHfU5WBVgLJoCJAjBIGQtmZ1shAh+ly5mBfg0HnK
+mJNNBRnZ6/pTgHjDnL6UJXf2ZOBUPfVU1P1bSltTwqP0zKfgpiUcfvYpIdTVVEs
2MpAGut0JhWQ3M6P+8iId7UwQCYaRSOOJYv+H9kEVuPvqWuXH3gfineOg/Op8X3X
R0bZoyIXgmDP8saCbjzUEhBUF3EcgWiNJshSYvap+MHS
-----END ENCRYPTED PRIVATE KEY-----
`,
  `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjkVRyNLncqEQICCAAw
DAYIKoZIhvcNAgsFADAdBglghkgBZQMEASoEEDpOPS8orMb9+8zLdUwIGHEEgZA/
awQd8LiGgkpqKkwxX6H9GaaxCeiqwz/olgCF9e5bPf0vsX6P9RVqlIw2jHUACN6a
B2ooXLCJ1s5pjfcKC4NmHghbZ92E7CroIsVUx6AdUF6+jU/4KYsbBOmjxYS7kY/Q
9AFIfif7sVNWTYtU14mDi0PmlF4lObD49IWQIuurG0apXYK98MkKlosb1dqSPtM=
-----END ENCRYPTED PRIVATE KEY-----
`,
];
