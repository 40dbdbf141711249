import { type Bytes, isPvError, type Source } from "../../core/index.ts";
import { crc32, equalBytes, nativeZlib } from "../../core/internal.ts";
import type { Compressor } from "../compressors/compressor.ts";
import {
  DATA_LENGTH_MASK,
  DATA_UNCOMPRESSED,
  FLAG,
  METADATA_UNCOMPRESSED,
  SUPERBLOCK,
  SUPERBLOCK_BYTES,
} from "../format.ts";
import { DecodeFailure, loadDecoder } from "../reader/decoders/decoder.ts";
import { type ImageBytes, openImageBytes } from "../reader/image-bytes.ts";
import { readSuperblock, type Superblock } from "../reader/superblock.ts";
import { decodeNote, NOTE_BYTES, type Note, RECORD_BYTES } from "./block-index.ts";

/** An index larger than this is no index. */
const MAX_INDEX_BYTES = 2 ** 28;
/** Candidates tried for one key: it has 32 bits, so honest images have one, seldom two. */
const MAX_CANDIDATES = 8;
/** Blocks compressed again before the image is believed. */
const SAMPLES = 4;

type Expand = (stored: Bytes, length: number) => Bytes | Promise<Bytes>;

/** One record, with the position that follows from those before it. */
interface Candidate {
  position: number;
  word: number;
  sum: number;
}

/**
 * The blocks of a previous image that may be taken over. Nothing it says is believed: a candidate is decompressed and
 * compared byte for byte with the content that it is to stand for, so the worst that a forged image can do is to bring
 * in blocks that are compressed less well.
 */
export class ReusableBlocks {
  readonly #bytes: ImageBytes;
  readonly #expand: Expand;
  readonly #byKey: Map<number, Candidate[]>;

  constructor(bytes: ImageBytes, expand: Expand, byKey: Map<number, Candidate[]>) {
    this.#bytes = bytes;
    this.#expand = expand;
    this.#byKey = byKey;
  }

  /** Puts the stored form of `content` into `into`, if there is one; its length, or `content.length` for "as it is". */
  async find(key: number, content: Bytes, into: Bytes): Promise<number | undefined> {
    for (const candidate of this.#byKey.get(key) ?? []) {
      const stored = await this.#stored(candidate, content.length);
      if (!stored) continue;
      if (candidate.word & DATA_UNCOMPRESSED) {
        if (sameBytes(stored, content)) return content.length;
      } else if (stored.length < content.length && sameBytes(await this.#content(stored, content.length), content)) {
        into.set(stored);
        return stored.length;
      }
    }
    return undefined;
  }

  /** True where blocks of the image, spread over it, are what the compressor makes of their content. */
  async agreesWith(compressor: Compressor, blockSizeBytes: number): Promise<boolean> {
    const packed: Candidate[] = [];
    for (const candidates of this.#byKey.values()) {
      for (const candidate of candidates) if (!(candidate.word & DATA_UNCOMPRESSED)) packed.push(candidate);
    }
    for (let sample = 0; sample < Math.min(SAMPLES, packed.length); sample++) {
      const candidate = packed[Math.floor((sample * packed.length) / SAMPLES)]!;
      const stored = await this.#stored(candidate, blockSizeBytes);
      const content = stored && (await this.#content(stored, blockSizeBytes));
      if (!stored || !content || content.length <= stored.length) return false;
      const into = new Uint8Array(blockSizeBytes);
      const length = await compressor.compress(content, into);
      if (!sameBytes(into.subarray(0, length), stored)) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#bytes.close();
  }

  async #stored(candidate: Candidate, most: number): Promise<Bytes | undefined> {
    const length = candidate.word & DATA_LENGTH_MASK;
    if (length > most) return undefined;
    const stored = await this.#bytes.read(candidate.position, length);
    return crc32(stored) === candidate.sum ? stored : undefined;
  }

  async #content(stored: Bytes, length: number): Promise<Bytes> {
    try {
      return await this.#expand(stored, length);
    } catch (error) {
      if (error instanceof DecodeFailure) return new Uint8Array(0);
      throw error;
    }
  }
}

/** Whole words at a time: this is done for nearly every byte of a tree. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  if (a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0) {
    const words = a.length >> 2;
    const wordsA = new Int32Array(a.buffer, a.byteOffset, words);
    const wordsB = new Int32Array(b.buffer, b.byteOffset, words);
    for (let index = 0; index < words; index++) if (wordsA[index] !== wordsB[index]) return false;
    at = words << 2;
  }
  for (; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Decompresses on the spot where that is cheaper than the way through the thread pool. */
async function openExpand(superblock: Superblock): Promise<Expand> {
  const zlib = nativeZlib();
  if (superblock.compressor === "gzip" && zlib) {
    return (stored, length) => {
      const options = { chunkSize: Math.max(64, length + 1), maxOutputLength: length };
      try {
        return zlib.inflateSync(stored, options);
      } catch (error) {
        throw new DecodeFailure("corrupt", "a block of the previous image", error);
      }
    };
  }
  const decoder = await loadDecoder(superblock.compressor, superblock.maxWindow);
  return (stored, length) => decoder.decode(stored, length);
}

/** Reads the note behind the superblock and the compressor options. */
async function readNote(bytes: ImageBytes): Promise<{ note: Note; dataStart: number } | undefined> {
  const head = await bytes.read(0, Math.min(bytes.sizeBytes, SUPERBLOCK_BYTES + 2));
  if (head.length < SUPERBLOCK_BYTES + 2) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  let at = SUPERBLOCK_BYTES;
  if (view.getUint16(SUPERBLOCK.flagsU16, true) & FLAG.compressorOptions) {
    at += 2 + (view.getUint16(SUPERBLOCK_BYTES, true) & (METADATA_UNCOMPRESSED - 1));
  }
  if (at + NOTE_BYTES > bytes.sizeBytes) return undefined;
  const note = decodeNote(await bytes.read(at, NOTE_BYTES));
  return note && { note, dataStart: at + NOTE_BYTES };
}

async function readIndex(
  bytes: ImageBytes,
  { inodeTable }: Superblock,
  { position, count, sum }: Note,
  dataStart: number,
): Promise<Map<number, Candidate[]> | undefined> {
  const length = count * RECORD_BYTES;
  if (length > MAX_INDEX_BYTES || position < dataStart || position + length > inodeTable) return undefined;
  const index = await bytes.read(position, length);
  if (crc32(index) !== sum) return undefined;
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  const byKey = new Map<number, Candidate[]>();
  let next = dataStart;
  for (let at = 0; at < length; at += RECORD_BYTES) {
    const word = view.getUint32(at, true);
    const candidate: Candidate = { position: next, word, sum: view.getUint32(at + 4, true) };
    next += word & DATA_LENGTH_MASK;
    const key = view.getUint32(at + 8, true);
    const others = byKey.get(key);
    if (!others) byKey.set(key, [candidate]);
    else if (others.length < MAX_CANDIDATES) others.push(candidate);
  }
  return next === position ? byKey : undefined;
}

/**
 * The blocks of a previous image, or undefined where there is nothing to take over: no image, not made by this library,
 * or made with another compressor, level or block size.
 */
export async function openReusable(
  source: Source,
  fingerprint: Uint8Array,
  compressor: Compressor,
  blockSizeBytes: number,
): Promise<ReusableBlocks | undefined> {
  const bytes = await openImageBytes(source);
  try {
    const superblock = await readSuperblock(bytes);
    const found = await readNote(bytes);
    if (found && equalBytes(found.note.fingerprint, fingerprint)) {
      const byKey = await readIndex(bytes, superblock, found.note, found.dataStart);
      const blocks = byKey && new ReusableBlocks(bytes, await openExpand(superblock), byKey);
      if (blocks && (await blocks.agreesWith(compressor, blockSizeBytes))) return blocks;
    }
  } catch (error) {
    // A file that cannot be read is an error; one that is no image is only of no use.
    if (!isPvError(error, "SQUASHFS_INVALID")) {
      await bytes.close();
      throw error;
    }
  }
  await bytes.close();
  return undefined;
}
