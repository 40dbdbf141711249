import type { ByteStream, Bytes } from "../../core/index.ts";
import { toHex, toStream } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import { DATA_LENGTH_MASK, DATA_UNCOMPRESSED, SUPERBLOCK_BYTES } from "../format.ts";
import { invalid, type SquashfsCheck } from "./checks.ts";
import { DecodeFailure } from "./decoders/decoder.ts";
import type { Image } from "./image.ts";
import type { FileInode } from "./inode.ts";
import type { Pass } from "./pass.ts";
import type { WalkAhead } from "./walk-ahead.ts";

/** Expanded bytes in flight for one file, at most. */
const AHEAD_BYTES = 2 * 2 ** 20;
const MAX_AHEAD = 8;
/** Size words read at a time. */
const WORDS = 256;

const CHECK_OF = {
  corrupt: "block-corrupt",
  overlong: "block-overlong",
  dictionary: "dictionary-size",
} as const satisfies Record<string, SquashfsCheck>;

/** One block of a file: where it is stored, and how long its content must be. */
export interface FileBlock {
  word: number;
  /** On disk; 0 for a block of zeros that is not stored. */
  length: number;
  position: number;
  expected: number;
}

/** The blocks of a file, in order, each checked to lie in the data area. */
export async function* fileBlocks(image: Image, inode: FileInode): AsyncGenerator<FileBlock, void, void> {
  const { blockSize, inodeTable } = image.superblock;
  const words = inode.words.fork();
  let position = inode.start;
  for (let index = 0; index < inode.blocks; ) {
    const count = Math.min(WORDS, inode.blocks - index);
    const bytes = await words.take(count * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < count; at++, index++) {
      const word = view.getUint32(at * 4, true);
      const length = word & DATA_LENGTH_MASK;
      const where = Math.min(position, image.bytes.sizeBytes);
      if (word >>> 25 !== 0 || length > blockSize || (length === 0 && word !== 0))
        throw invalid("block-word", where, `0x${word.toString(16)}`);
      if (word !== 0 && (position < SUPERBLOCK_BYTES || position + length > inodeTable))
        throw invalid("block-position", where, `block ${index}`);
      yield { word, length, position, expected: Math.min(blockSize, inode.sizeBytes - index * blockSize) };
      position += length;
    }
  }
}

async function expandBlock(image: Image, block: FileBlock): Promise<Bytes> {
  const { word, length, position, expected } = block;
  if (word === 0) return new Uint8Array(expected);
  const wrong = (actual: number): never => {
    throw invalid(actual < expected ? "block-short" : "block-overlong", position, `${actual} of ${expected} bytes`);
  };
  if ((word & DATA_UNCOMPRESSED) !== 0) {
    if (length !== expected) wrong(length);
    return (await image.bytes.read(position, length)).slice();
  }
  try {
    const bytes = await image.decoder.decode(await image.bytes.read(position, length), expected);
    if (bytes.length !== expected) wrong(bytes.length);
    return bytes;
  } catch (error) {
    if (!(error instanceof DecodeFailure)) throw error;
    throw invalid(CHECK_OF[error.reason], position, error.message, error);
  }
}

async function tailOf(image: Image, inode: FileInode): Promise<Bytes> {
  const { index, offset } = inode.fragment!;
  const length = inode.sizeBytes % image.superblock.blockSize;
  const block = await image.fragments.block(index);
  if (offset + length > block.length)
    throw invalid("fragment-slice", inode.position, `${offset} + ${length} of ${block.length} bytes`);
  // A copy: the block holds other files and stays in the cache.
  return block.slice(offset, offset + length);
}

/** A file whose first block is on its way. */
export interface StartedFile {
  block: FileBlock;
  bytes: Promise<Bytes>;
  rest: AsyncGenerator<FileBlock, void, void>;
}

/** Expands the first block of a file before anybody asks; its content finds it in `image.started`. */
export async function startFile(image: Image, inode: FileInode): Promise<void> {
  const start = async (): Promise<StartedFile> => {
    const rest = fileBlocks(image, inode);
    const block = (await rest.next()).value!;
    const bytes = expandBlock(image, block);
    bytes.catch(() => {});
    return { block, bytes, rest };
  };
  const started = start();
  image.started.set(inode, started);
  await (await started).bytes;
}

async function* contentOf(
  image: Image,
  inode: FileInode,
  pass: Pass,
  ahead: WalkAhead | undefined,
): AsyncGenerator<Bytes, void, void> {
  const { blockSize } = image.superblock;
  const most = image.decoder.pooled ? Math.min(MAX_AHEAD, AHEAD_BYTES / blockSize) : 1;
  const queue: Promise<Bytes>[] = [];
  const start = (bytes: Promise<Bytes>): void => {
    bytes.catch(() => {}); // told when its turn comes, or never
    queue.push(bytes);
  };
  ahead?.opened(inode);
  if (inode.blocks > 0) {
    const started = await image.started.get(inode);
    image.started.delete(inode);
    if (started) {
      pass.addContent(started.block.expected, started.block.word === 0);
      queue.push(started.bytes);
    }
    for await (const block of started?.rest ?? fileBlocks(image, inode)) {
      pass.addContent(block.expected, block.word === 0);
      start(expandBlock(image, block));
      if (queue.length > most) yield await queue.shift()!;
    }
  }
  if (inode.fragment) {
    pass.addContent(inode.sizeBytes % blockSize, false);
    start(tailOf(image, inode));
  }
  for (const bytes of queue) yield await bytes;
}

/**
 * A file's content, expanded a few blocks ahead of the reader. Most files of an image are one tail: those come in one
 * piece, without a generator between.
 */
export function openContent(image: Image, inode: FileInode, pass: Pass, ahead?: WalkAhead): ByteStream {
  if (inode.blocks > 0) return toStream(contentOf(image, inode, pass, ahead));
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        if (inode.fragment) {
          ahead?.opened(inode);
          pass.addContent(inode.sizeBytes, false);
          controller.enqueue(await tailOf(image, inode));
        }
        controller.close();
      },
    },
    // Nothing is read before somebody asks.
    { highWaterMark: 0 },
  );
}

/**
 * A key over the blocks as they are stored: two files whose blocks are stored alike have the same content, in
 * whichever images they lie, and nothing need be decompressed to see it. Other keys say nothing: the same content may
 * be compressed otherwise, or lie in a fragment with other neighbours.
 */
export async function contentKeyOf(image: Image, inode: FileInode, pass: Pass): Promise<string> {
  const { compressor, blockSize } = image.superblock;
  const hasher = createHasher();
  const number = (...values: readonly number[]): void => {
    hasher.update(new Uint8Array(Float64Array.from(values).buffer));
  };
  number(inode.sizeBytes);
  if (inode.blocks > 0) {
    for await (const { word, length, position } of fileBlocks(image, inode)) {
      pass.addStored(length);
      number(word);
      if (length > 0) hasher.update(await image.bytes.read(position, length));
    }
  }
  if (inode.fragment) {
    number(inode.fragment.offset);
    hasher.update(await image.fragments.hash(inode.fragment.index));
  }
  return `squashfs-${compressor}-${blockSize}:${toHex(hasher.digest())}`;
}
