import { sha256 as portable } from "@noble/hashes/sha2.js";
import type { Bytes, ObjectId } from "../core/index.ts";
import { nativeCrypto, toHex } from "../core/internal.ts";
import type { Hasher } from "./types.ts";

/**
 * A streaming SHA-256: the runtime's own where it has one, else noble's.
 *
 * @example
 * ```ts
 * import { createHasher } from "@pv/sdk/objects";
 * const hasher = createHasher().update(new Uint8Array([0x61])).update(new Uint8Array([0x62, 0x63]));
 * if (!hasher.id().startsWith("ba7816bf8f01cfea")) throw new Error("not the SHA-256 of abc");
 * ```
 */
export function createHasher(): Hasher {
  const native = nativeCrypto()?.createHash("sha256");
  const hash = native ?? portable.create();
  let digest: Bytes | undefined;
  const hasher: Hasher = {
    update(bytes) {
      if (digest) throw new TypeError("the hasher has ended: its digest was taken");
      hash.update(bytes);
      return hasher;
    },
    digest() {
      // A copy: a Buffer is a window on a pool that WebCrypto and Blob would take whole.
      digest ??= new Uint8Array(hash.digest());
      return digest.slice();
    },
    id(): ObjectId {
      return toHex(hasher.digest());
    },
  };
  return hasher;
}
