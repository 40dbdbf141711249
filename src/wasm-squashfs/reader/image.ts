import { DEFAULT_LIMITS, type Limits, type Source } from "../../core/index.ts";
import { ID_ENTRY_BYTES, METADATA_BYTES } from "../format.ts";
import { invalid } from "./checks.ts";
import type { StartedFile } from "./content.ts";
import { type Decoder, loadDecoder } from "./decoders/decoder.ts";
import { FragmentBlocks } from "./fragments.ts";
import { type ImageBytes, openImageBytes } from "./image-bytes.ts";
import type { FileInode } from "./inode.ts";
import { type Layout, readLayout } from "./layout.ts";
import { MetadataReader } from "./metadata.ts";
import { readSuperblock, type Superblock } from "./superblock.ts";

/** An open image: what every part of the reader works on. */
export interface Image {
  bytes: ImageBytes;
  superblock: Superblock;
  layout: Layout;
  decoder: Decoder;
  fragments: FragmentBlocks;
  limits: { maxBytes: number; maxEntries: number; maxRatio: number };
  /** The owner id at an index of the id table; `position` is the inode's, for errors. */
  id(index: number, position: number): number | Promise<number>;
  /** Files whose first block is on its way before they are opened. */
  started: WeakMap<FileInode, Promise<StartedFile>>;
  /** Has `close` wait for work that nobody else may wait for; its failure is somebody else's, or nobody's. */
  keepOpenFor(work: Promise<unknown>): void;
  /** Releases the source. */
  close(): Promise<void>;
}

/** Opens an image: superblock and position arrays are read and checked, nothing else. */
export async function openImage(source: Source, limits: Limits = {}): Promise<Image> {
  const bytes = await openImageBytes(source);
  try {
    return await readImage(bytes, limits);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function readImage(bytes: ImageBytes, limits: Limits): Promise<Image> {
  const superblock = await readSuperblock(bytes);
  const decoder = await loadDecoder(superblock.compressor, superblock.maxWindow);
  const reader = new MetadataReader(bytes, decoder);
  const layout = await readLayout(bytes, reader, superblock);

  let ids: Uint32Array | undefined;
  let loading: Promise<Uint32Array> | undefined;
  async function loadIds(): Promise<Uint32Array> {
    const table = new Uint32Array(superblock.ids);
    const perBlock = METADATA_BYTES / ID_ENTRY_BYTES;
    for (let at = 0; at < table.length; at += perBlock) {
      const block = await layout.ids.block(at / perBlock);
      const view = new DataView(block.buffer, block.byteOffset, block.length);
      for (let index = 0; index * ID_ENTRY_BYTES < block.length; index++)
        table[at + index] = view.getUint32(index * ID_ENTRY_BYTES, true);
    }
    return (ids = table);
  }

  const working = new Set<Promise<unknown>>();
  return {
    started: new WeakMap(),
    keepOpenFor(work) {
      const done: Promise<unknown> = work.then(
        () => working.delete(done),
        () => working.delete(done),
      );
      working.add(done);
    },
    async close() {
      // A read after the source was closed would open it again.
      while (working.size > 0) await Promise.all(working);
      await bytes.close();
    },
    bytes,
    superblock,
    layout,
    decoder,
    fragments: new FragmentBlocks(bytes, decoder, superblock, layout.fragments),
    limits: {
      maxBytes: limits.maxBytes ?? DEFAULT_LIMITS.maxBytes,
      maxEntries: limits.maxEntries ?? DEFAULT_LIMITS.maxEntries,
      maxRatio: limits.maxRatio ?? DEFAULT_LIMITS.maxRatio,
    },
    id(index, position) {
      if (index >= superblock.ids) throw invalid("owner-id", position, `${index} of ${superblock.ids}`);
      if (ids) return ids[index]!;
      loading ??= loadIds().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading.then((table) => table[index]!);
    },
  };
}
