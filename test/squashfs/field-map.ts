import { SUPERBLOCK } from "../../src/wasm-squashfs/format.ts";

/**
 * Where each field of an image lies whose tables are stored as they are. Written from the format, not from the reader:
 * tests change fields by name, and the fuzzer knows what it changes.
 */
export interface Field {
  /** `superblock.inodes`, `inode.file.size`, `entry.name`, ... */
  name: string;
  /** Which of its kind, in the order of the image. */
  index: number;
  offset: number;
  width: number;
}

interface Flat {
  bytes: DataView;
  /** Absolute position of each byte. */
  at: Float64Array;
  /** Positions of the headers of the metadata blocks. */
  headers: number[];
}

function flatten(image: DataView, start: number, end: number): Flat {
  const bytes: number[] = [];
  const at: number[] = [];
  const headers: number[] = [];
  for (let position = start; position < end; ) {
    const header = image.getUint16(position, true);
    headers.push(position);
    // A table that gains by it may be compressed after all; its fields are out of reach.
    if (header < 0x8000) break;
    for (let index = 0; index < header - 0x8000; index++) {
      bytes.push(image.getUint8(position + 2 + index));
      at.push(position + 2 + index);
    }
    position += 2 + header - 0x8000;
  }
  return { bytes: new DataView(Uint8Array.from(bytes).buffer), at: Float64Array.from(at), headers };
}

/** Fields after the common ones of an inode: name and width. */
const INODE_FIELDS: Record<number, [name: string, widths: [string, number][]]> = {
  1: [
    "directory",
    [
      ["block", 4],
      ["nlink", 4],
      ["size", 2],
      ["offset", 2],
      ["parent", 4],
    ],
  ],
  2: [
    "file",
    [
      ["start", 4],
      ["fragment", 4],
      ["fragmentOffset", 4],
      ["size", 4],
    ],
  ],
  3: [
    "symlink",
    [
      ["nlink", 4],
      ["length", 4],
    ],
  ],
  4: [
    "device",
    [
      ["nlink", 4],
      ["rdev", 4],
    ],
  ],
  5: [
    "device",
    [
      ["nlink", 4],
      ["rdev", 4],
    ],
  ],
  6: ["ipc", [["nlink", 4]]],
  7: ["ipc", [["nlink", 4]]],
  8: [
    "xdirectory",
    [
      ["nlink", 4],
      ["size", 4],
      ["block", 4],
      ["parent", 4],
      ["indexes", 2],
      ["offset", 2],
      ["xattr", 4],
    ],
  ],
  9: [
    "xfile",
    [
      ["start", 8],
      ["size", 8],
      ["sparse", 8],
      ["nlink", 4],
      ["fragment", 4],
      ["fragmentOffset", 4],
      ["xattr", 4],
    ],
  ],
  10: [
    "xsymlink",
    [
      ["nlink", 4],
      ["length", 4],
    ],
  ],
  11: [
    "xdevice",
    [
      ["nlink", 4],
      ["rdev", 4],
      ["xattr", 4],
    ],
  ],
  12: [
    "xdevice",
    [
      ["nlink", 4],
      ["rdev", 4],
      ["xattr", 4],
    ],
  ],
  13: [
    "xipc",
    [
      ["nlink", 4],
      ["xattr", 4],
    ],
  ],
  14: [
    "xipc",
    [
      ["nlink", 4],
      ["xattr", 4],
    ],
  ],
};

/** All fields of an image with uncompressed tables. */
export function fieldMap(bytes: Uint8Array): Field[] {
  const image = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u64 = (at: number): number => Number(image.getBigUint64(at, true));
  const fields: Field[] = [];
  const counts = new Map<string, number>();
  const add = (name: string, offset: number, width: number): void => {
    const index = counts.get(name) ?? 0;
    counts.set(name, index + 1);
    fields.push({ name, index, offset, width });
  };
  for (const [name, offset] of Object.entries(SUPERBLOCK)) {
    const [, field, bits] = /^(.*)U(\d+)$/.exec(name)!;
    add(`superblock.${field}`, offset, Number(bits) / 8);
  }
  const blockSize = image.getUint32(SUPERBLOCK.blockSizeU32, true);
  const inodeTable = u64(SUPERBLOCK.inodeTableU64);
  const directoryTable = u64(SUPERBLOCK.directoryTableU64);

  const inodes = flatten(image, inodeTable, directoryTable);
  for (const header of inodes.headers) add("metadata.header", header, 2);
  const listings: { block: number; offset: number; bytes: number }[] = [];
  for (let at = 0; at < inodes.bytes.byteLength; ) {
    const type = inodes.bytes.getUint16(at, true);
    const [kind, rest] = INODE_FIELDS[type]!;
    const values = new Map<string, number>();
    const take = (name: string, width: number): number => {
      add(`inode.${name}`, inodes.at[at]!, width);
      let value = 0;
      for (let index = 0; index < width; index++) value += inodes.bytes.getUint8(at + index) * 2 ** (8 * index);
      at += width;
      values.set(name.slice(name.indexOf(".") + 1), value);
      return value;
    };
    for (const [name, width] of [
      ["type", 2],
      ["mode", 2],
      ["uid", 2],
      ["gid", 2],
      ["time", 4],
      ["number", 4],
    ] as const)
      take(name, width);
    for (const [name, width] of rest) take(`${kind}.${name}`, width);
    const size = values.get("size") ?? 0;
    if (kind === "file" || kind === "xfile") {
      const words = values.get("fragment") === 0xffffffff ? Math.ceil(size / blockSize) : Math.floor(size / blockSize);
      for (let word = 0; word < words; word++) take("word", 4);
    } else if (kind.endsWith("symlink")) {
      take("target", values.get("length")!);
      if (kind === "xsymlink") take("xsymlink.xattr", 4);
    } else if (kind.endsWith("directory")) {
      if (size > 3) listings.push({ block: values.get("block")!, offset: values.get("offset")!, bytes: size - 3 });
      for (let index = values.get("indexes") ?? 0; index > 0; index--) {
        take("index.offset", 4);
        take("index.block", 4);
        take("index.name", take("index.length", 4) + 1);
      }
    }
  }

  // Up to the next table, which is known by the position of its first block.
  const fragments = image.getUint32(SUPERBLOCK.fragmentsU32, true);
  const fragmentTable = u64(SUPERBLOCK.fragmentTableU64);
  const exportTable = u64(SUPERBLOCK.exportTableU64);
  const idTable = u64(SUPERBLOCK.idTableU64);
  const arrays = [
    ...(fragments > 0
      ? [
          {
            name: "fragment",
            start: fragmentTable,
            parts: [
              ["start", 8],
              ["word", 4],
              ["unused", 4],
            ],
          },
        ]
      : []),
    ...(exportTable < 2 ** 60 ? [{ name: "export", start: exportTable, parts: [["reference", 8]] }] : []),
    { name: "id", start: idTable, parts: [["value", 4]] },
  ] as { name: string; start: number; parts: [string, number][] }[];
  const directories = flatten(image, directoryTable, u64(arrays[0]!.start));
  for (const header of directories.headers) add("metadata.header", header, 2);
  const blockStart = new Map(directories.headers.map((header, index) => [header - directoryTable, index * 8192]));
  for (const listing of listings) {
    let at = blockStart.get(listing.block)! + listing.offset;
    const end = at + listing.bytes;
    const take = (name: string, width: number): number => {
      add(name, directories.at[at]!, width);
      const value = width <= 4 ? readLittle(directories.bytes, at, width) : 0;
      at += width;
      return value;
    };
    while (at < end) {
      const count = take("run.count", 4) + 1;
      take("run.block", 4);
      take("run.number", 4);
      for (let entry = 0; entry < count; entry++) {
        take("entry.offset", 2);
        take("entry.delta", 2);
        take("entry.type", 2);
        const length = take("entry.length", 2) + 1;
        take("entry.name", length);
      }
    }
  }
  const addArray = (name: string, start: number, end: number, entriesEnd: number, parts: [string, number][]): void => {
    for (let at = start; at + 8 <= end; at += 8) add(`${name}.position`, at, 8);
    const entries = flatten(image, u64(start), entriesEnd);
    for (const header of entries.headers) add("metadata.header", header, 2);
    for (let at = 0; at < entries.bytes.byteLength; )
      for (const [part, width] of parts) {
        add(`${name}.${part}`, entries.at[at]!, width);
        at += width;
      }
  };
  const xattrTable = u64(SUPERBLOCK.xattrTableU64);
  const bytesUsed = u64(SUPERBLOCK.bytesUsedU64);
  const hasXattrs = xattrTable < 2 ** 60;
  for (const [index, { name, start, parts }] of arrays.entries()) {
    const next = arrays[index + 1];
    const end = next ? u64(next.start) : hasXattrs ? u64(xattrTable) : bytesUsed;
    addArray(name, start, end, start, parts);
  }
  if (hasXattrs) {
    add("xattrs.start", xattrTable, 8);
    add("xattrs.count", xattrTable + 8, 4);
    addArray("xattrId", xattrTable + 16, bytesUsed, xattrTable, [
      ["reference", 8],
      ["count", 4],
      ["size", 4],
    ]);
    const pairs = flatten(image, u64(xattrTable), u64(xattrTable + 16));
    for (const header of pairs.headers) add("metadata.header", header, 2);
    const ids = fields.filter(({ name }) => name === "xattrId.reference").map(({ offset }) => offset);
    for (const id of ids) {
      let at = image.getUint16(id, true);
      for (let left = image.getUint32(id + 8, true); left > 0; left--) {
        const take = (name: string, width: number): number => {
          add(`xattr.${name}`, pairs.at[at]!, width);
          const value = width <= 4 ? readLittle(pairs.bytes, at, width) : 0;
          at += width;
          return value;
        };
        const type = take("type", 2);
        take("name", take("length", 2));
        const size = take("valueLength", 4);
        if (type >= 0x100) add("xattr.sharedLength", pairs.at[pairs.bytes.getUint16(at, true)]!, 4);
        take(type >= 0x100 ? "reference" : "value", size);
      }
    }
  }
  return fields.filter((field) => field.width > 0);
}

function readLittle(view: DataView, at: number, width: number): number {
  let value = 0;
  for (let index = 0; index < width; index++) value += view.getUint8(at + index) * 2 ** (8 * index);
  return value;
}
