import type { Bytes } from "../../core/index.ts";
import { type NativeCrypto, nativeCrypto } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";

/** `node:crypto` of Node >= 20.12: a digest in one call, without an object that waits to be collected. */
interface OneShotCrypto extends NativeCrypto {
  hash?(algorithm: string, bytes: Uint8Array, encoding: "buffer"): Uint8Array;
}

/** SHA-256 of bytes that are all there: asked once for every file and every block. */
export function digestOf(bytes: Uint8Array): Bytes {
  const crypto = nativeCrypto() as OneShotCrypto | undefined;
  return crypto?.hash ? new Uint8Array(crypto.hash("sha256", bytes, "buffer")) : createHasher().update(bytes).digest();
}
