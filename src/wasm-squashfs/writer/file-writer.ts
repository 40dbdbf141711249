import type { Bytes } from "../../core/index.ts";
import { isZero, type ProgressReporter } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import type { FileEntry } from "../../tree/index.ts";
import type { ResolvedOptions } from "../options.ts";
import type { BlockGroup, BlockPipeline } from "./block-pipeline.ts";
import { ContentTable } from "./content-table.ts";
import { digestOf } from "./digest.ts";
import { DigestTable } from "./digest-table.ts";
import { FragmentWriter } from "./fragment-writer.ts";
import { type ContentReader, openContent } from "./read-content.ts";
import { treeInvalid } from "./tree-invalid.ts";

/** Stands for a block of zeros where the digests of a file's blocks are hashed. */
const ZERO_DIGEST: Uint8Array = /* @__PURE__ */ new Uint8Array(32);

/**
 * Puts the content of files into blocks and fragments as it comes. A small file goes into the fragment that is being
 * filled; content that came before is found by its SHA-256 and stored once.
 */
export class FileWriter {
  readonly contents: ContentTable = new ContentTable();
  readonly fragments: FragmentWriter;

  readonly #pipeline: BlockPipeline;
  readonly #blockSizeBytes: number;
  readonly #progress: ProgressReporter;
  readonly #signal: AbortSignal | undefined;
  readonly #known: DigestTable = new DigestTable();
  readonly #started: { content: number; group: BlockGroup }[] = [];
  /** Small files are read here, and go on to a fragment unless they are known. */
  readonly #scratch: Bytes;

  constructor(
    pipeline: BlockPipeline,
    options: Pick<ResolvedOptions, "blockSizeBytes" | "fragments">,
    progress: ProgressReporter,
    signal: AbortSignal | undefined,
  ) {
    this.#pipeline = pipeline;
    this.#blockSizeBytes = options.blockSizeBytes;
    this.fragments = new FragmentWriter(pipeline, options);
    this.#progress = progress;
    this.#signal = signal;
    this.#scratch = pipeline.takeBuffer();
  }

  /** Reads a file; returns its entry in `contents`. */
  async add(entry: FileEntry): Promise<number> {
    const { sizeBytes: size, path } = entry;
    if (!Number.isSafeInteger(size) || size < 0) throw treeInvalid(path, `has the size ${size}`);
    if (size === 0) return 0;
    const reader = openContent(entry, this.#signal);
    try {
      return await (this.fragments.takes(size) ? this.#addSmall(reader, size, path) : this.#addLarge(reader, size));
    } finally {
      await reader.close();
    }
  }

  /** Writes what is still on its way. */
  async finish(): Promise<void> {
    await this.fragments.finish();
    await this.#pipeline.finish();
    for (const { content, group } of this.#started) this.contents.starts.set(content, group.start ?? 0);
  }

  async #addSmall(reader: ContentReader, size: number, path: string): Promise<number> {
    const bytes = this.#scratch.subarray(0, size);
    await reader.fill(bytes);
    await reader.end();
    this.#progress.add(size);
    const digest = digestOf(bytes);
    const known = this.#find(digest, size);
    if (known !== undefined) return known;
    const { index, offset } = await this.fragments.add(bytes, digest, path);
    const content = this.contents.add(size, 0, 0);
    this.contents.fragments.set(content, index);
    this.contents.fragmentOffsets.set(content, offset);
    this.#known.set(digest, content);
    return content;
  }

  async #addLarge(reader: ContentReader, size: number): Promise<number> {
    const { words } = this.contents;
    const count = Math.ceil(size / this.#blockSizeBytes);
    const firstWord = words.reserve(count);
    const group: BlockGroup = {};
    const hasher = createHasher();
    let sparse = 0;
    for (let index = 0; index < count; index++) {
      const length = Math.min(this.#blockSizeBytes, size - index * this.#blockSizeBytes);
      const buffer = this.#pipeline.takeBuffer();
      const bytes = buffer.subarray(0, length);
      await reader.fill(bytes);
      this.#progress.add(length);
      if (isZero(bytes)) {
        sparse += length;
        hasher.update(ZERO_DIGEST);
        this.#pipeline.release(buffer);
      } else {
        const digest = digestOf(bytes);
        hasher.update(digest);
        const stored = (word: number): void => words.set(firstWord + index, word);
        await this.#pipeline.submit({ buffer, length, digest, group, stored });
      }
    }
    await reader.end();
    const digest = hasher.digest();
    const known = this.#find(digest, size);
    if (known !== undefined) {
      this.#pipeline.drop(group);
      words.length = firstWord;
      return known;
    }
    const content = this.contents.add(size, firstWord, count);
    this.contents.sparse.set(content, sparse);
    this.#started.push({ content, group });
    this.#known.set(digest, content);
    return content;
  }

  #find(digest: Bytes, size: number): number | undefined {
    const content = this.#known.get(digest);
    // The size tells a small file's digest from the digest of a large one's digests.
    return content !== undefined && this.contents.sizes.get(content) === size ? content : undefined;
  }
}
