import type { Bytes, Job } from "../core/index.ts";
import { contentChunks, nativeCrypto, toHex } from "../core/internal.ts";
import type { FileEntry } from "./types.ts";

/** SHA-256 as this room needs it; the one of `objects` is its neighbour and not below it. */
async function sha256(): Promise<{ update(bytes: Bytes): unknown; digest(): Uint8Array }> {
  const native = nativeCrypto();
  if (native) return native.createHash("sha256");
  return (await import("@noble/hashes/sha2.js")).sha256.create();
}

/** The SHA-256 of a file's content, in hex; `onBytes` hears how many bytes went by. */
export async function contentDigest(entry: FileEntry, options: Job, onBytes: (count: number) => void): Promise<string> {
  const hash = await sha256();
  for await (const bytes of contentChunks(entry.open(), options)) {
    hash.update(bytes);
    onBytes(bytes.length);
  }
  return toHex(hash.digest());
}

/** True where both files hold the same bytes. */
export async function sameContent(
  a: FileEntry,
  b: FileEntry,
  options: Job,
  onBytes: (count: number) => void,
): Promise<boolean> {
  const left = contentChunks(a.open(), options);
  const right = contentChunks(b.open(), options);
  try {
    let one: Bytes = new Uint8Array(0);
    let two: Bytes = new Uint8Array(0);
    for (;;) {
      if (one.length === 0) one = (await left.next()).value ?? one;
      if (two.length === 0) two = (await right.next()).value ?? two;
      const length = Math.min(one.length, two.length);
      if (length === 0) return one.length === two.length;
      // Not constant time on purpose: this stops at the first difference.
      for (let at = 0; at < length; at++) if (one[at] !== two[at]) return false;
      onBytes(length);
      one = one.subarray(length);
      two = two.subarray(length);
    }
  } finally {
    await left.return();
    await right.return();
  }
}
