import type { Bytes } from "../core/index.ts";
import { asBytes, contentChunks, equalBytes } from "../core/internal.ts";
import type { FileEntry } from "../tree/index.ts";

/** True where two files hold the same bytes. */
export async function isSameContent(a: FileEntry, b: FileEntry): Promise<boolean> {
  if (a.sizeBytes !== b.sizeBytes) return false;
  const [left, right] = [contentChunks(a.open()), contentChunks(b.open())];
  let rest: Bytes = new Uint8Array(0);
  try {
    for await (let chunk of left) {
      while (chunk.length > 0) {
        if (rest.length === 0) rest = asBytes((await right.next()).value ?? new Uint8Array(0));
        const length = Math.min(chunk.length, rest.length);
        if (length === 0 || !equalBytes(chunk.subarray(0, length), rest.subarray(0, length))) return false;
        chunk = chunk.subarray(length);
        rest = rest.subarray(length);
      }
    }
    return true;
  } finally {
    await left.return();
    await right.return();
  }
}
