/** Metadata blocks, stored as they are. */
function blocks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    const part = bytes.subarray(at, at + 8192);
    const header = Buffer.alloc(2);
    header.writeUInt16LE(0x8000 | part.length);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}

/** Position of a byte of a table as a reference's block and offset. */
const blockOf = (at: number): number => Math.floor(at / 8192) * 8194;

/**
 * An image of folders in each other, `names.length` deep below the root, written here byte by byte: our writer refuses
 * to go as deep as a hostile one.
 */
export function chainImage(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const inodes = Buffer.alloc((names.length + 1) * 32);
  const listings: Buffer[] = [];
  let listingAt = 0;
  for (let depth = 0; depth <= names.length; depth++) {
    const at = depth * 32;
    const name = names[depth] === undefined ? undefined : Buffer.from(names[depth]!);
    inodes.writeUInt16LE(1, at);
    inodes.writeUInt16LE(0o755, at + 2);
    inodes.writeUInt32LE(depth + 1, at + 12);
    inodes.writeUInt32LE(blockOf(listingAt), at + 16);
    inodes.writeUInt32LE(name ? 3 : 2, at + 20);
    inodes.writeUInt16LE(name ? 20 + name.length + 3 : 3, at + 24);
    inodes.writeUInt16LE(listingAt % 8192, at + 26);
    inodes.writeUInt32LE(depth === 0 ? names.length + 2 : depth, at + 28);
    if (!name) continue;
    const listing = Buffer.alloc(20);
    listing.writeUInt32LE(blockOf(at + 32), 4);
    listing.writeUInt32LE(depth + 2, 8);
    listing.writeUInt16LE((at + 32) % 8192, 12);
    listing.writeUInt16LE(1, 16);
    listing.writeUInt16LE(name.length - 1, 18);
    listings.push(listing, name);
    listingAt += 20 + name.length;
  }
  const inodeBlocks = blocks(inodes);
  const directoryBlocks = blocks(Buffer.concat(listings));
  const directoryTable = 96 + inodeBlocks.length;
  const ids = blocks(Buffer.alloc(4));
  const idBlock = directoryTable + directoryBlocks.length;
  const idTable = idBlock + ids.length;
  const array = Buffer.alloc(8);
  array.writeBigUInt64LE(BigInt(idBlock));
  const head = Buffer.alloc(96, 0xff);
  head.write("hsqs", 0, "latin1");
  head.writeUInt32LE(names.length + 1, 4);
  head.writeUInt32LE(0, 8);
  head.writeUInt32LE(4096, 12);
  head.writeUInt32LE(0, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(12, 22);
  head.writeUInt16LE(0, 24);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(4, 28);
  head.writeUInt16LE(0, 30);
  head.writeBigUInt64LE(0n, 32);
  head.writeBigUInt64LE(BigInt(idTable + 8), 40);
  head.writeBigUInt64LE(BigInt(idTable), 48);
  head.writeBigUInt64LE(96n, 64);
  head.writeBigUInt64LE(BigInt(directoryTable), 72);
  return new Uint8Array(Buffer.concat([head, inodeBlocks, directoryBlocks, ids, array]));
}
