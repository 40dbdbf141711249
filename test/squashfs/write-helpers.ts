import { type Bytes, memorySink, readBytes } from "../../src/core/index.ts";
import { toStream } from "../../src/core/internal.ts";
import type { FileEntry, Tree, TreeEntry } from "../../src/tree/index.ts";
import {
  openSquashfs,
  type SquashfsOptions,
  type SquashfsResult,
  writeSquashfs,
} from "../../src/wasm-squashfs/index.ts";

const plain = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };

/** Numbers that repeat. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Bytes that do not compress. */
export function noise(length: number, seed = 1): Bytes {
  const random = randomFrom(seed);
  return Uint8Array.from({ length }, () => random(256));
}

/** Bytes that compress as text does. */
export function prose(length: number, seed = 1): Bytes {
  const random = randomFrom(seed);
  const words = Array.from({ length: 60 }, () => random(2 ** 24).toString(36));
  let text = "";
  while (text.length < length) text += `${words[random(words.length)]} `;
  return new TextEncoder().encode(text.slice(0, length));
}

/** A file's entry; its content comes in pieces of `piece` bytes. */
export function file(
  path: string,
  content: Uint8Array | string,
  more: Partial<FileEntry> = {},
  piece = 50_000,
): FileEntry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : (content as Bytes);
  async function* pieces(): AsyncGenerator<Bytes, void, void> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.slice(at, at + piece);
  }
  return { ...plain, path, kind: "file", sizeBytes: bytes.length, open: () => toStream(pieces()), ...more };
}

export const directory = (path: string, more: Partial<TreeEntry> = {}): TreeEntry =>
  ({ ...plain, mode: 0o755, path, kind: "directory", ...more }) as TreeEntry;
export const link = (path: string, target: string): TreeEntry => ({ ...plain, path, kind: "symlink", target });
export const hardlink = (path: string, target: string): TreeEntry => ({ ...plain, path, kind: "hardlink", target });

export async function* treeOf(...entries: readonly TreeEntry[]): AsyncGenerator<TreeEntry, void, void> {
  yield* entries;
}

/** Writes to memory; the image's bytes with the result. */
export async function pack(
  tree: Tree,
  options: SquashfsOptions = {},
): Promise<{ image: Bytes; result: SquashfsResult; view: DataView }> {
  const sink = memorySink();
  const result = await writeSquashfs(tree, sink, options);
  const image = await readBytes(sink.written);
  return { image, result, view: new DataView(image.buffer) };
}

/** What a reader sees: entries by path, contents read. */
export async function unpackImage(image: Uint8Array): Promise<Map<string, TreeEntry & { content?: Bytes }>> {
  await using opened = await openSquashfs(image);
  const seen = new Map<string, TreeEntry & { content?: Bytes }>();
  for await (const entry of opened) {
    seen.set(entry.path, entry.kind === "file" ? { ...entry, content: await readBytes(entry.open()) } : entry);
  }
  return seen;
}
