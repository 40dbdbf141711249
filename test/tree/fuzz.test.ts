import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Bytes, isPvError, readBytes } from "../../src/core/index.ts";
import { files, readTar, writeTar } from "../../src/tree/index.ts";
import { collectTree } from "../../src/tree/internal.ts";
import { endMark, member, pax } from "./tar-maker.ts";

/** A small generator of numbers that is the same everywhere (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const octal = (value: number): number[] => [...Buffer.from(value.toString(8).padStart(11, "0"))];

/** Archives that use all that the reader knows. */
async function seeds(): Promise<Uint8Array[]> {
  const leading = Buffer.alloc(512);
  leading.write("2\n0\n100\n600\n50\n");
  const xattrs = { "user.a": new Uint8Array([1, 2, 0]) };
  const written = await readBytes(
    writeTar(
      files({
        "dir/file": { content: "content", xattrs },
        [`${"long/".repeat(40)}name`]: "x",
        "dir/é": { hardlink: "dir/file" },
        s: { symlink: "t".repeat(120) },
        c: { device: ["char", 1, 3], uid: 3_000_000 },
      }),
    ),
  );
  const handmade = Buffer.concat([
    pax({ comment: "global", mtime: "1.5" }, new Uint8Array(0), "g"),
    member({ name: "././@LongLink", type: "L", magic: "ustar  \0", content: `${"n".repeat(150)}\0` }),
    member({ name: "cut", magic: "ustar  \0", content: "y" }),
    pax(
      { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sp", "GNU.sparse.realsize": "650" },
      member({ name: "GNUSparseFile.0/sp", content: Buffer.concat([leading, Buffer.alloc(150, 7)]) }),
    ),
    pax(
      { "GNU.sparse.size": "900", "GNU.sparse.map": "100,20,800,10" },
      member({ name: "sp1", content: "z".repeat(30) }),
    ),
    member({
      name: "sp0",
      type: "S",
      magic: "ustar  \0",
      size: 10,
      raw: { 386: octal(5), 398: octal(10), 483: octal(100) },
    }),
    Buffer.from("0123456789".padEnd(512, "\0")),
    member({ name: "d/", type: "5" }),
    member({ name: "d/l", type: "1", link: "cut" }),
    endMark,
  ]);
  return [written, handmade];
}

/** Puts right sums back, so that damage gets past the first check. */
function reseal(archive: Uint8Array): void {
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const magic = Buffer.from(archive.subarray(at + 257, at + 262)).toString("latin1");
    if (magic !== "ustar") continue;
    archive.fill(0x20, at + 148, at + 156);
    const sum = archive.subarray(at, at + 512).reduce((all, byte) => all + byte, 0);
    archive.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), at + 148);
  }
}

function mutate(source: Uint8Array, pick: (below: number) => number): Uint8Array<ArrayBuffer> {
  let archive = new Uint8Array(source);
  for (let count = 1 + pick(6); count > 0; count--) {
    const at = pick(archive.length);
    switch (pick(7)) {
      case 0:
        archive[at]! ^= 1 << pick(8);
        break;
      case 1:
        archive[at] = pick(256);
        break;
      case 2:
        archive.set(
          Buffer.from(["9", "-", "=", "\n", "\0", "/", ".", "..", "S", "x", "K", "77777777777"][pick(12)]!).subarray(
            0,
            archive.length - at,
          ),
          at,
        );
        break;
      case 3:
        archive.copyWithin(at - (at % 512), pick(archive.length) & ~511, (pick(archive.length) & ~511) + 512);
        break;
      case 4:
        archive.fill([0, 0x80, 0xff, 0x30][pick(4)]!, at, at + pick(40));
        break;
      case 5: {
        // A field of a header, with what someone would put there who means harm.
        const field = at - (at % 512) + [0, 124, 136, 156, 157, 345][pick(6)]!;
        const text = ["../x\0", "/etc/x\0", "a/../../x\0", "77777777777\0", "00000000000\0", "1", "\xff\xff"][pick(7)]!;
        if (field + text.length < archive.length) archive.set(Buffer.from(text, "latin1"), field);
        break;
      }
      default:
        if (pick(4) === 0) archive = archive.slice(0, at);
    }
    if (archive.length === 0) return archive;
  }
  if (pick(4) > 0) reseal(archive);
  return archive;
}

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Bytes, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

/** Reads all of it; says how it ended. Anything but a typed error is thrown on. */
async function outcome(archive: Uint8Array<ArrayBuffer>, stream: boolean): Promise<string> {
  const limits = { maxBytes: 2 ** 22, maxEntries: 10_000 };
  const tree = readTar(stream ? chunks(archive, 700) : archive, limits);
  try {
    await collectTree(tree, async (entry) => {
      if (entry.kind === "file") await readBytes(entry.open());
    });
    return "read";
  } catch (error) {
    if (isPvError(error)) return error.code;
    throw error;
  }
}

describe("damaged archives", () => {
  it("end in a typed error or are read, the same from bytes and from a stream", async () => {
    const sources = await seeds();
    const seen = new Map<string, number>();
    for (let round = 0; round < 3000; round++) {
      const pick = random(round);
      const archive = mutate(sources[round % sources.length]!, pick);
      const ended = await outcome(archive, false);
      expect(await outcome(archive, true), `round ${round}`).toBe(ended);
      seen.set(ended, (seen.get(ended) ?? 0) + 1);
    }
    // The damage reaches every rule, and is not only noticed by the checksum.
    for (const code of ["read", "TAR_INVALID", "TAR_PATH_UNSAFE", "TREE_INVALID", "LIMIT_EXCEEDED"])
      expect(seen.get(code) ?? 0, `${code}: ${JSON.stringify([...seen])}`).toBeGreaterThan(3);
  });

  it("end in a typed error when the damage is in the compression", async () => {
    const [source] = await seeds();
    const packed = gzipSync(source!);
    for (let round = 0; round < 200; round++) {
      const pick = random(round);
      const copy = new Uint8Array(packed);
      copy[10 + pick(copy.length - 10)]! ^= 1 + pick(255);
      expect(await outcome(copy, false)).toMatch(/^(CONTENT_|TAR_|TREE_|LIMIT_|read)/);
    }
  });
});
