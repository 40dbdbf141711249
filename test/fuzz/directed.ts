import type { SquashfsCheck } from "../../src/wasm-squashfs/reader/checks.ts";
import type { Field } from "../squashfs/field-map.ts";
import {
  after,
  blockExpandsTo,
  both,
  copy,
  entryNamed,
  field,
  fragmentExpandsTo,
  inodesExpandTo,
  NONE64,
  set,
  setByte,
  where,
} from "./edits.ts";
import { type Edit, fieldValue, type Seed } from "./mutate.ts";

/** One change that breaks one rule: the check that has to fire, and how. */
export interface Directed {
  check: SquashfsCheck;
  what: string;
  seed: string;
  edits(seed: Seed): Edit[];
}

/** A change for each rule of the reader, and for each way to break it that matters. */
export const directed: readonly Directed[] = [
  { check: "superblock-length", what: "cut after 95 bytes", seed: "plain", edits: () => [{ length: 95 }] },
  { check: "superblock-length", what: "empty", seed: "plain", edits: () => [{ length: 0 }] },
  { check: "magic", what: "another magic", seed: "plain", edits: set("superblock.magic", 0x73717369) },
  { check: "version", what: "3.1", seed: "plain", edits: both(set("superblock.major", 3), set("superblock.minor", 1)) },
  { check: "version", what: "4.1", seed: "plain", edits: set("superblock.minor", 1) },
  { check: "compressor", what: "id 0", seed: "plain", edits: set("superblock.compressor", 0) },
  { check: "compressor", what: "id 7", seed: "plain", edits: set("superblock.compressor", 7) },
  {
    check: "block-size",
    what: "2 KiB",
    seed: "plain",
    edits: both(set("superblock.blockSize", 2048), set("superblock.blockLog", 11)),
  },
  {
    check: "block-size",
    what: "2 MiB",
    seed: "plain",
    edits: both(set("superblock.blockSize", 2 ** 21), set("superblock.blockLog", 21)),
  },
  { check: "block-size", what: "no power of two", seed: "plain", edits: set("superblock.blockSize", 5000) },
  { check: "block-size", what: "another logarithm", seed: "plain", edits: set("superblock.blockLog", 13) },
  { check: "flags", what: "an unknown flag", seed: "plain", edits: set("superblock.flags", 0x1000) },
  { check: "inode-count", what: "no inodes", seed: "plain", edits: set("superblock.inodes", 0) },
  { check: "id-count", what: "no ids", seed: "plain", edits: set("superblock.ids", 0) },
  { check: "bytes-used", what: "longer than the file", seed: "plain", edits: set("superblock.bytesUsed", 2 ** 40) },
  { check: "bytes-used", what: "shorter than a superblock", seed: "plain", edits: set("superblock.bytesUsed", 95) },
  { check: "bytes-used", what: "2^63", seed: "plain", edits: set("superblock.bytesUsed", 1n << 63n) },
  { check: "bytes-used", what: "the file is cut", seed: "plain", edits: () => [{ length: 4096 }] },
  { check: "root-inode", what: "past the table", seed: "plain", edits: set("superblock.root", 0x7fffffff0000n) },
  { check: "root-inode", what: "offset over 8191", seed: "plain", edits: set("superblock.root", 8192) },
  {
    check: "root-kind",
    what: "the root is a file",
    seed: "plain",
    edits: (seed) => {
      const file = where(seed, "inode.type", (type) => type === 2n);
      const offset = field(seed, "inode.type", file).offset - field(seed, "inode.type").offset;
      return set("superblock.root", offset)(seed);
    },
  },
  { check: "compressor-options", what: "flagged but not there", seed: "plain", edits: set("superblock.flags", 0x0400) },
  { check: "compressor-options", what: "lz4 without", seed: "plain", edits: set("superblock.compressor", 5) },
  { check: "compressor-options", what: "another lz4 version", seed: "lz4", edits: () => [{ offset: 98, hex: "02" }] },
  { check: "compressor-options", what: "of another length", seed: "lz4", edits: () => [{ offset: 96, hex: "0780" }] },
  { check: "table-position", what: "ids past the end", seed: "plain", edits: set("superblock.idTable", 2 ** 40) },
  { check: "table-position", what: "inodes in the superblock", seed: "plain", edits: set("superblock.inodeTable", 95) },
  {
    check: "table-position",
    what: "no directory table",
    seed: "plain",
    edits: set("superblock.directoryTable", NONE64),
  },
  { check: "table-position", what: "no fragment table", seed: "plain", edits: set("superblock.fragmentTable", NONE64) },
  {
    check: "table-order",
    what: "directories before inodes",
    seed: "plain",
    edits: set("superblock.directoryTable", 97),
  },
  {
    check: "table-order",
    what: "directories behind the ids",
    seed: "plain",
    edits: (seed) =>
      set("superblock.directoryTable", Number(fieldValue(seed.bytes, field(seed, "superblock.idTable"))))(seed),
  },
  { check: "table-end", what: "too many fragments", seed: "plain", edits: set("superblock.fragments", 0xffffffff) },
  { check: "table-end", what: "too many ids", seed: "plain", edits: set("superblock.ids", 65535) },
  { check: "table-end", what: "too many xattr ids", seed: "plain", edits: set("xattrs.count", 0xffffffff) },
  { check: "table-end", what: "more inodes than exports", seed: "plain", edits: set("superblock.inodes", 2 ** 31) },
  { check: "table-step", what: "a block behind its array", seed: "plain", edits: set("id.position", 2 ** 40) },
  { check: "table-step", what: "a block far before its array", seed: "plain", edits: set("id.position", 96) },
  { check: "table-length", what: "more ids than the block holds", seed: "plain", edits: set("superblock.ids", 6) },
  { check: "metadata-position", what: "an inode past the table", seed: "plain", edits: set("run.block", 0x7fffffff) },
  { check: "metadata-length", what: "length 0", seed: "plain", edits: set("metadata.header", 0x8000) },
  { check: "metadata-length", what: "longer than 8 KiB", seed: "plain", edits: set("metadata.header", 0xa001) },
  { check: "metadata-length", what: "past the end of the table", seed: "plain", edits: set("metadata.header", 0x9f00) },
  {
    check: "metadata-corrupt",
    what: "not compressed at all",
    seed: "plain",
    edits: (seed) =>
      set("metadata.header", Number(fieldValue(seed.bytes, field(seed, "metadata.header"))) - 0x8000)(seed),
  },
  { check: "metadata-overlong", what: "a bomb", seed: "plain", edits: inodesExpandTo(20000) },
  {
    check: "metadata-end",
    what: "the last inode is larger than what is left",
    seed: "plain",
    edits: (seed) => set("inode.type", 8, seed.fields!.filter(({ name }) => name === "inode.type").length - 1)(seed),
  },
  {
    check: "metadata-short",
    what: "a block of less than 8 KiB that is not the last",
    seed: "index",
    edits: set("metadata.header", 0x8100),
  },
  { check: "inode-type", what: "0", seed: "plain", edits: set("inode.type", 0) },
  { check: "inode-type", what: "15", seed: "plain", edits: set("inode.type", 15) },
  { check: "inode-mode", what: "bits of another kind", seed: "plain", edits: set("inode.mode", 0xa1a4) },
  { check: "inode-number", what: "0", seed: "plain", edits: set("inode.number", 0) },
  { check: "inode-number", what: "more than there are", seed: "plain", edits: set("inode.number", 0xffffffff) },
  { check: "inode-nlink", what: "no links", seed: "plain", edits: set("inode.xfile.nlink", 0) },
  { check: "owner-id", what: "not in the table", seed: "plain", edits: set("inode.uid", 5) },
  { check: "owner-id", what: "65535", seed: "plain", edits: set("inode.gid", 65535) },
  { check: "symlink-length", what: "empty", seed: "plain", edits: set("inode.xsymlink.length", 0) },
  { check: "symlink-length", what: "4 GiB", seed: "plain", edits: set("inode.xsymlink.length", 0xffffffff) },
  { check: "symlink-length", what: "4096 bytes", seed: "plain", edits: set("inode.xsymlink.length", 4096) },
  { check: "symlink-target", what: "NUL", seed: "plain", edits: setByte("inode.target", 2, 0) },
  { check: "file-size", what: "2^63", seed: "plain", edits: set("inode.xfile.size", 1n << 63n) },
  { check: "file-size", what: "2^52", seed: "plain", edits: set("inode.xfile.size", 1n << 52n) },
  {
    check: "file-size",
    what: "a block list of 4 MiB",
    seed: "plain",
    edits: both(set("inode.file.size", 0xffffffff, 2), set("inode.file.fragment", 0xffffffff, 2)),
  },
  {
    check: "directory-size",
    what: "an offset over 8191",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.xdirectory.offset",
        8192,
        where(seed, "inode.xdirectory.size", (size) => size > 3n),
      )(seed),
  },
  { check: "directory-count", what: "257 entries", seed: "plain", edits: set("run.count", 256) },
  { check: "directory-count", what: "4 GiB entries", seed: "plain", edits: set("run.count", 0xfffffffe) },
  {
    check: "directory-entry",
    what: "an entry more than there are",
    seed: "plain",
    edits: (seed) => set("run.count", Number(fieldValue(seed.bytes, field(seed, "run.count"))) + 1)(seed),
  },
  {
    check: "directory-entry",
    what: "a listing that ends inside",
    seed: "plain",
    edits: (seed) => {
      const index = where(seed, "inode.directory.size", (size) => size > 3n);
      return set(
        "inode.directory.size",
        Number(fieldValue(seed.bytes, field(seed, "inode.directory.size", index))) - 1,
        index,
      )(seed);
    },
  },
  { check: "directory-name", what: "a slash", seed: "plain", edits: setByte("entry.name", 1, 0x2f) },
  { check: "directory-name", what: "NUL", seed: "plain", edits: setByte("entry.name", 1, 0) },
  {
    check: "directory-name",
    what: "dot",
    seed: "plain",
    edits: both(set("entry.length", 0), setByte("entry.name", 0, 0x2e)),
  },
  {
    check: "directory-name",
    what: "dot dot",
    seed: "plain",
    edits: both(set("entry.length", 1), setByte("entry.name", 0, 0x2e), setByte("entry.name", 1, 0x2e)),
  },
  { check: "directory-name", what: "256 bytes", seed: "plain", edits: set("entry.length", 255) },
  { check: "directory-name", what: "64 KiB", seed: "plain", edits: set("entry.length", 65535) },
  {
    check: "directory-order",
    what: "falling names",
    seed: "plain",
    edits: (seed) => setByte("entry.name", 0, 0xff, entryNamed(seed, "hello"))(seed),
  },
  {
    check: "directory-order",
    what: "the same name twice",
    seed: "plain",
    edits: (seed) => [
      {
        offset: field(seed, "entry.name", entryNamed(seed, "hello")).offset,
        hex: Buffer.from("empty").toString("hex"),
      },
    ],
  },
  { check: "directory-type", what: "another kind than the inode", seed: "plain", edits: set("entry.type", 7) },
  { check: "directory-type", what: "an extended type", seed: "plain", edits: set("entry.type", 9) },
  { check: "directory-inode", what: "another number than the inode", seed: "plain", edits: set("entry.delta", 3) },
  {
    check: "directory-loop",
    what: "a folder under two names",
    seed: "plain",
    edits: (seed) =>
      ["entry.offset", "entry.delta"].flatMap((name) =>
        copy(name, entryNamed(seed, "dir"), entryNamed(seed, "empty"))(seed),
      ),
  },
  { check: "directory-loop", what: "a folder in itself", seed: "loop", edits: () => [] },
  { check: "directory-depth", what: "4096 folders below the root", seed: "depth", edits: () => [] },
  { check: "directory-parent", what: "another parent", seed: "plain", edits: set("inode.directory.parent", 1) },
  { check: "directory-index", what: "another block", seed: "index", edits: set("inode.index.block", 0, 1) },
  { check: "directory-index", what: "another name", seed: "index", edits: setByte("inode.index.name", 1, 0x2f) },
  { check: "directory-index", what: "not rising", seed: "index", edits: copy("inode.index.offset", 0, 1) },
  { check: "path-length", what: "a path of 65,791 bytes", seed: "path", edits: () => [] },
  { check: "block-word", what: "bit 25", seed: "plain", edits: set("inode.word", 0x3000000) },
  { check: "block-word", what: "longer than a block", seed: "plain", edits: set("inode.word", 0x1001001) },
  { check: "block-word", what: "stored, and nothing there", seed: "plain", edits: set("inode.word", 0x1000000) },
  {
    check: "block-position",
    what: "in the superblock",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.file.start",
        0,
        where(seed, "inode.file.size", (size) => size === 4096n),
      )(seed),
  },
  {
    check: "block-position",
    what: "in the inode table",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.file.start",
        fieldValue(seed.bytes, field(seed, "superblock.inodeTable")) - 1n,
        where(seed, "inode.file.size", (size) => size === 4096n),
      )(seed),
  },
  { check: "block-position", what: "2^63", seed: "plain", edits: set("inode.xfile.start", 1n << 63n, 1) },
  { check: "block-corrupt", what: "not compressed at all", seed: "plain", edits: blockExpandsTo("garbage") },
  { check: "block-overlong", what: "a bomb", seed: "plain", edits: blockExpandsTo(100_000) },
  { check: "block-overlong", what: "one byte more", seed: "plain", edits: blockExpandsTo(4097) },
  { check: "block-short", what: "one byte less", seed: "plain", edits: blockExpandsTo(4095) },
  { check: "block-short", what: "stored, but shorter", seed: "plain", edits: set("inode.word", 0x1000fff) },
  {
    check: "fragment-index",
    what: "not in the table",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.file.fragment",
        9,
        where(seed, "inode.file.fragment", (index) => index === 0n),
      )(seed),
  },
  {
    check: "fragment-tail",
    what: "a file of whole blocks",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.file.size",
        4096,
        where(seed, "inode.file.fragment", (index) => index === 0n),
      )(seed),
  },
  { check: "fragment-word", what: "empty", seed: "plain", edits: set("fragment.word", 0) },
  { check: "fragment-word", what: "longer than a block", seed: "plain", edits: set("fragment.word", 0x1001001) },
  { check: "fragment-word", what: "bit 31", seed: "plain", edits: set("fragment.word", 0x80000100) },
  { check: "fragment-position", what: "past the data", seed: "plain", edits: set("fragment.start", 2 ** 40) },
  { check: "fragment-position", what: "in the superblock", seed: "plain", edits: set("fragment.start", 0) },
  { check: "fragment-corrupt", what: "not compressed at all", seed: "plain", edits: fragmentExpandsTo("garbage") },
  { check: "fragment-overlong", what: "a bomb", seed: "plain", edits: fragmentExpandsTo(100_000) },
  {
    check: "fragment-slice",
    what: "an offset past the block",
    seed: "plain",
    edits: (seed) =>
      set(
        "inode.file.fragmentOffset",
        0xfffffff0,
        where(seed, "inode.file.fragment", (index) => index === 0n),
      )(seed),
  },
  {
    check: "dictionary-size",
    what: "xz with 8 MiB",
    seed: "xz",
    edits: (seed) => [{ offset: after(seed, "fd377a585a000001", "2101"), hex: "16" }],
  },
  {
    check: "dictionary-size",
    what: "zstd with a window of 8 MiB",
    seed: "zstd",
    edits: (seed) => [{ offset: after(seed, "28b52ffd"), hex: "0068" }],
  },
  { check: "xattr-table", what: "no ids", seed: "plain", edits: set("xattrs.count", 0) },
  {
    check: "xattr-table",
    what: "values behind the ids",
    seed: "plain",
    edits: (seed) => set("xattrs.start", fieldValue(seed.bytes, field(seed, "xattrId.position")))(seed),
  },
  { check: "xattr-index", what: "not in the table", seed: "plain", edits: set("inode.xfile.xattr", 7) },
  { check: "xattr-type", what: "an unknown prefix", seed: "plain", edits: set("xattr.type", 3) },
  { check: "xattr-type", what: "an unknown flag", seed: "plain", edits: set("xattr.type", 0x200) },
  { check: "xattr-name", what: "empty", seed: "plain", edits: set("xattr.length", 0) },
  { check: "xattr-name", what: "too long", seed: "plain", edits: set("xattr.length", 251) },
  { check: "xattr-name", what: "NUL", seed: "plain", edits: setByte("xattr.name", 0, 0) },
  {
    check: "xattr-duplicate",
    what: "the same set twice in one",
    seed: "plain",
    edits: (seed) => {
      // `user.tiny` of one set becomes its `user.long`.
      const names = seed.fields!.filter(({ name }) => name === "xattr.name");
      const text = ({ offset, width }: Field): string =>
        Buffer.from(seed.bytes.subarray(offset, offset + width)).toString();
      const tiny = names.find((name) => text(name) === "tiny")!;
      return [{ offset: tiny.offset, hex: Buffer.from("long").toString("hex") }];
    },
  },
  {
    check: "xattr-value",
    what: "4 GiB",
    seed: "plain",
    edits: (seed) =>
      set(
        "xattr.valueLength",
        0xffffffff,
        where(seed, "xattr.type", (type) => type < 0x100n),
      )(seed),
  },
  {
    check: "xattr-reference",
    what: "of another length",
    seed: "plain",
    edits: (seed) =>
      set(
        "xattr.valueLength",
        9,
        where(seed, "xattr.type", (type) => type >= 0x100n),
      )(seed),
  },
  { check: "xattr-reference", what: "past the table", seed: "plain", edits: set("xattr.reference", 1n << 40n) },
  { check: "xattr-reference", what: "a set past the table", seed: "plain", edits: set("xattrId.reference", 1n << 40n) },
  { check: "xattr-size", what: "70 kB of names", seed: "names", edits: () => [] },
];
