import type { Bytes } from "../../core/index.ts";
import { fromHex, toHex } from "../../core/internal.ts";

/**
 * dm-verity's hash file, hash type 1, as `veritysetup` writes it (cryptsetup `lib/verity/`, kernel
 * `Documentation/admin-guide/device-mapper/verity.rst`): a superblock, then the levels of the tree, the top one first.
 */
export const VERITY_BLOCK_BYTES = 4096;
export const DIGEST_BYTES = 32;
const DIGESTS_PER_BLOCK = VERITY_BLOCK_BYTES / DIGEST_BYTES;
const SIGNATURE = "verity\0\0";
const ALGORITHM = "sha256";
export const MAX_SALT_BYTES = 256;
/** What stands for "none" where a salt is shown. */
const NO_SALT = "-";

/** What the superblock says, as far as devices vary it. */
export interface VeritySuperblock {
  uuid: string;
  dataBlocks: number;
  salt: Bytes;
}

/** One level: its first block in the hash file, and how many blocks it has. */
export interface Level {
  firstBlock: number;
  blocks: number;
}

/** The levels over `dataBlocks`, that of the data's own digests first; none over a single block. */
export function levelsOf(dataBlocks: number): { levels: readonly Level[]; fileBlocks: number } {
  const counts: number[] = [];
  for (let count = dataBlocks; count > 1; ) {
    count = Math.ceil(count / DIGESTS_PER_BLOCK);
    counts.push(count);
  }
  const levels: Level[] = [];
  let next = 1;
  for (const blocks of counts.toReversed()) {
    levels.unshift({ firstBlock: next, blocks });
    next += blocks;
  }
  return { levels, fileBlocks: next };
}

/** The 4096 bytes at the start of the hash file. */
export function encodeVeritySuperblock({ uuid, dataBlocks, salt }: VeritySuperblock): Bytes {
  const bytes = new Uint8Array(VERITY_BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(SIGNATURE), 0);
  view.setUint32(8, 1, true); // version
  view.setUint32(12, 1, true); // hash type: the salt comes before the data
  bytes.set(fromHex(uuid.replaceAll("-", ""))!, 16);
  bytes.set(new TextEncoder().encode(ALGORITHM), 32);
  view.setUint32(64, VERITY_BLOCK_BYTES, true);
  view.setUint32(68, VERITY_BLOCK_BYTES, true);
  view.setBigUint64(72, BigInt(dataBlocks), true);
  view.setUint16(80, salt.length, true);
  bytes.set(salt, 88);
  return bytes;
}

/** Reads a superblock; a problem in words where it is none that a device with our defaults would open. */
export function decodeVeritySuperblock(bytes: Uint8Array): VeritySuperblock | string {
  if (bytes.length < 512) return `it has only ${bytes.length} bytes`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = (at: number, length: number): string =>
    new TextDecoder("latin1").decode(bytes.subarray(at, at + length));
  if (text(0, 8) !== SIGNATURE) return "it does not start with the signature";
  if (view.getUint32(8, true) !== 1) return `its version is ${view.getUint32(8, true)}`;
  if (view.getUint32(12, true) !== 1) return `its hash type is ${view.getUint32(12, true)}`;
  const algorithm = text(32, 32).replace(/\0+$/, "");
  if (algorithm !== ALGORITHM) return `its algorithm is ${JSON.stringify(algorithm)}`;
  for (const at of [64, 68]) {
    if (view.getUint32(at, true) !== VERITY_BLOCK_BYTES) return `its block size is ${view.getUint32(at, true)}`;
  }
  const dataBlocks = Number(view.getBigUint64(72, true));
  if (dataBlocks < 1 || dataBlocks > Number.MAX_SAFE_INTEGER / VERITY_BLOCK_BYTES)
    return `it covers ${dataBlocks} blocks`;
  const saltBytes = view.getUint16(80, true);
  if (saltBytes > MAX_SALT_BYTES) return `its salt has ${saltBytes} bytes`;
  return { uuid: formatUuid(bytes.subarray(16, 32)), dataBlocks, salt: bytes.slice(88, 88 + saltBytes) };
}

/** 8-4-4-4-12. */
export function formatUuid(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Hex, or the sign for none, as `veritysetup` prints it. */
export function formatSalt(salt: Uint8Array): string {
  return salt.length === 0 ? NO_SALT : toHex(salt);
}

/** The bytes of a salt given as hex, `-` or nothing for none. */
export function parseSalt(salt: string): Bytes {
  const bytes = salt === NO_SALT ? new Uint8Array(0) : fromHex(salt);
  if (!bytes || bytes.length > MAX_SALT_BYTES) {
    throw new TypeError(`salt must be hex of up to ${MAX_SALT_BYTES} bytes, or "-" for none`);
  }
  return bytes;
}
