import fc from "fast-check";
import { decodePath } from "../../src/core/index.ts";
import { contentStream } from "../../src/core/internal.ts";
import type { Tree, TreeEntry } from "../../src/tree/index.ts";

/** Names as Linux allows them: any bytes but NUL and slash, up to 255. */
const name: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 5, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) },
    {
      weight: 2,
      arbitrary: fc
        .uint8Array({ minLength: 1, maxLength: 40 })
        .map((bytes) => decodePath(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x78 : byte)))),
    },
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
        .map((text) => text.replace(/[\0/]/g, "_")),
    },
    { weight: 1, arbitrary: fc.constantFrom("n".repeat(255), "é".repeat(120), "a=b%3D", " ", "\n", "-rf", "...") },
  )
  .filter((text) => text !== "." && text !== ".." && text !== "");

const number32 = fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

interface Shape {
  parent: number;
  name: string;
  kind: TreeEntry["kind"];
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  content: Uint8Array;
  target: string;
  pick: number;
  device: readonly [number, number];
  xattrs: Record<string, Uint8Array>;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  parent: fc.nat(),
  name,
  kind: fc.constantFrom(
    "file",
    "file",
    "file",
    "directory",
    "directory",
    "symlink",
    "hardlink",
    "char",
    "block",
    "fifo",
  ),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: number32,
  gid: number32,
  mtimeSeconds: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  content: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.nat(3000).map((length) => new Uint8Array(length).fill(length)),
  ),
  target: fc.oneof(name, fc.constant("../../up"), fc.constant(`/${"l/".repeat(100)}x`)),
  pick: fc.nat(),
  device: fc.tuple(fc.nat(0xfff), fc.nat(0xfffff)),
  xattrs: fc.dictionary(
    fc.constantFrom("user.a", "user.a=b", "user.p%3D", "security.capability", "trusted.x", "user.__proto__"),
    fc.uint8Array({ maxLength: 30 }),
    { maxKeys: 3, noNullPrototype: true },
  ),
});

/** Sound trees: parents first, each path once, hard links to files that came before. */
export const arbitraryTree: fc.Arbitrary<readonly TreeEntry[]> = fc.array(shape, { maxLength: 25 }).map((shapes) => {
  const entries: TreeEntry[] = [];
  const folders = [""];
  const linkable: string[] = [];
  const used = new Set<string>();
  for (const { parent, pick, content, device, xattrs, ...rest } of shapes) {
    const folder = folders[parent % folders.length]!;
    const path = folder === "" ? rest.name : `${folder}/${rest.name}`;
    if (used.has(path) || path.length > 3000) continue;
    used.add(path);
    const { mode, uid, gid, mtimeSeconds } = rest;
    const base = { path, mode, uid, gid, mtimeSeconds, ...(Object.keys(xattrs).length > 0 ? { xattrs } : {}) };
    const { kind } = rest;
    if (kind === "hardlink") {
      if (linkable.length === 0) continue;
      entries.push({ path, mode, uid, gid, mtimeSeconds, kind, target: linkable[pick % linkable.length]! });
      continue;
    }
    if (kind === "file") entries.push({ ...base, kind, sizeBytes: content.length, open: () => contentStream(content) });
    else if (kind === "symlink") entries.push({ ...base, kind, target: rest.target });
    else if (kind === "char" || kind === "block") entries.push({ ...base, kind, major: device[0], minor: device[1] });
    else if (kind === "directory" || kind === "fifo") entries.push({ ...base, kind });
    if (kind === "directory") folders.push(path);
    else linkable.push(path);
  }
  return entries;
});

/** Entries as a tree that can be read again. */
export function treeOf(entries: readonly TreeEntry[]): Tree {
  return {
    async *[Symbol.asyncIterator]() {
      yield* entries;
    },
  };
}
