/**
 * EncryptedPrivateKeyInfo with PBES2 (RFC 5958, 3; RFC 8018, 6.2): PBKDF2 or scrypt, AES-CBC. Loaded on demand.
 *
 * @module
 */
import type { Bytes } from "../core/index.ts";
import { toHex, utf8 } from "../core/internal.ts";
import { webCrypto } from "./crypto.ts";
import { type DerElement, INTEGER, OCTET_STRING, OID, readSequence, SEQUENCE } from "./der.ts";
import { keyUnsupported } from "./key-error.ts";

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";

/** id-hmacWithSHA* (RFC 8018, B.1.2); SHA-1 is the default of the format and only stretches the passphrase. */
const hmacs: Readonly<Record<string, string>> = {
  "2a864886f70d0207": "SHA-1",
  "2a864886f70d0209": "SHA-256",
  "2a864886f70d020a": "SHA-384",
  "2a864886f70d020b": "SHA-512",
};

/** AES-CBC (RFC 8018, B.2.5) with the length of its key. */
const ciphers: Readonly<Record<string, number>> = {
  "608648016503040102": 16,
  "608648016503040116": 24,
  "60864801650304012a": 32,
};

/** More rounds than any tool writes; a key file may not keep us busy for hours. */
const MAX_ITERATIONS = 10_000_000;

/** What PBES2 needs of WebCrypto beside signing. */
interface Decrypting {
  importKey(format: "raw", key: Bytes, algorithm: object | string, extractable: false, uses: string[]): Promise<object>;
  deriveBits(algorithm: object, key: object, bits: number): Promise<ArrayBuffer>;
  decrypt(algorithm: object, key: object, data: Bytes): Promise<ArrayBuffer>;
}

/**
 * The PKCS#8 inside.
 *
 * @throws `PvError` `SIGN_KEY_UNSUPPORTED` when it uses another scheme, or the passphrase is wrong.
 * @throws RangeError when its structure is broken.
 */
export async function decryptPkcs8(bytes: Uint8Array, passphrase: string): Promise<Bytes> {
  const subtle = webCrypto() as unknown as Decrypting | undefined;
  if (!subtle) throw keyUnsupported("it is encrypted, and this runtime has no WebCrypto", "decrypt it beforehand");
  const [algorithm, encrypted] = readSequence(bytes, SEQUENCE, OCTET_STRING);
  const [oid, parameters] = readSequence(algorithm!.whole, OID);
  if (toHex(oid!.body) !== PBES2) {
    throw keyUnsupported("it is encrypted by an old scheme", "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc");
  }
  const [derivation, encryption] = readSequence(parameters!.whole, SEQUENCE, SEQUENCE);
  const [cipher, iv] = readSequence(encryption!.whole, OID, OCTET_STRING);
  const keyLength = ciphers[toHex(cipher!.body)];
  if (!keyLength || iv?.body.length !== 16) {
    throw keyUnsupported("it is encrypted by another cipher than AES-CBC", "convert it: openssl pkcs8 -topk8");
  }
  const [kdf, details] = readSequence(derivation!.whole, OID, SEQUENCE);
  const secret = await derive(subtle, toHex(kdf!.body), details!.whole, utf8(passphrase), keyLength);
  try {
    const key = await subtle.importKey("raw", secret, "AES-CBC", false, ["decrypt"]);
    const clear = await subtle.decrypt({ name: "AES-CBC", iv: iv.body.slice() }, key, encrypted!.body.slice());
    // One wrong passphrase in 256 leaves a padding that looks right; a key is still no SEQUENCE then.
    readSequence(new Uint8Array(clear), INTEGER, SEQUENCE, OCTET_STRING);
    return new Uint8Array(clear);
  } catch (error) {
    throw keyUnsupported("the passphrase is wrong, or the key is damaged", undefined, error);
  }
}

function bounded(element: DerElement | undefined): number {
  const value = element?.tag === INTEGER ? Number(`0x${toHex(element.body)}`) : 0;
  if (!(value >= 1 && value <= MAX_ITERATIONS)) throw keyUnsupported("its key derivation asks for absurd numbers");
  return value;
}

async function derive(
  subtle: Decrypting,
  kdf: string,
  parameters: Uint8Array,
  passphrase: Bytes,
  length: number,
): Promise<Bytes> {
  const [salt, ...numbers] = readSequence(parameters, OCTET_STRING);
  if (kdf === PBKDF2) {
    const iterations = bounded(numbers[0]);
    const prf = numbers.find(({ tag }) => tag === SEQUENCE);
    const hash = prf ? hmacs[toHex(readSequence(prf.whole, OID)[0]!.body)] : "SHA-1";
    if (!hash) throw keyUnsupported("its key derivation uses an unknown hash");
    const key = await subtle.importKey("raw", passphrase, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash, salt: salt!.body.slice(), iterations };
    return new Uint8Array(await subtle.deriveBits(how, key, length * 8));
  }
  if (kdf === SCRYPT) {
    const { scryptAsync } = await import("@noble/hashes/scrypt.js");
    const [N, r, p] = [bounded(numbers[0]), bounded(numbers[1]), bounded(numbers[2])];
    try {
      return new Uint8Array(await scryptAsync(passphrase, salt!.body, { N, r, p, dkLen: length }));
    } catch (error) {
      throw keyUnsupported("its key derivation asks for absurd numbers", undefined, error);
    }
  }
  throw keyUnsupported("its key derivation is neither PBKDF2 nor scrypt");
}
