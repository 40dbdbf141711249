import { type Bytes, isZero, type ProgressReporter } from "../../core/index.ts";
import { createHasher, type Hasher } from "../../objects/index.ts";
import type { FileEntry } from "../../tree/index.ts";
import type { ResolvedOptions } from "../options.ts";
import type { BlockGroup, BlockPipeline } from "./block-pipeline.ts";
import { Column, WideColumn } from "./columns.ts";
import { ContentTable } from "./content-table.ts";
import { DigestTable } from "./digest-table.ts";
import { type ContentReader, openContent } from "./read-content.ts";
import { treeInvalid } from "./tree-invalid.ts";

/** Stands for a block of zeros where the digests of a file's blocks are hashed. */
const ZERO_DIGEST: Uint8Array = /* @__PURE__ */ new Uint8Array(32);

/** Where fragments end. */
interface FragmentRule {
  /** Files from this size on get a block of their own. */
  ownBlockBytes: number;
  most: number;
  /** From this size on a fragment ends where a path says so. */
  least: number;
}

function fragmentRule(fragments: "packed" | "stable", blockSizeBytes: number): FragmentRule {
  if (fragments === "packed") return { ownBlockBytes: blockSizeBytes, most: blockSizeBytes, least: Infinity };
  // Measured on a Debian root: half as much to compress after small edits, for one percent more bytes.
  return { ownBlockBytes: blockSizeBytes / 4, most: blockSizeBytes / 2, least: (blockSizeBytes / 16) * 3 };
}

/** Every second path ends a fragment, whatever lies before it: so an edit moves no fragment but its own. */
function endsFragment(path: string): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
  // The low bits of FNV-1a are weak: fold the others in.
  return ((hash ^ (hash >>> 7) ^ (hash >>> 15) ^ (hash >>> 23)) & 1) === 0;
}

/**
 * Puts the content of files into blocks and fragments as it comes. A small file goes into the fragment that is being
 * filled; content that came before is found by its SHA-256 and stored once.
 */
export class FileWriter {
  readonly contents: ContentTable = new ContentTable();
  readonly fragmentStarts: WideColumn = new WideColumn();
  readonly fragmentWords: Column = new Column();

  readonly #pipeline: BlockPipeline;
  readonly #blockSizeBytes: number;
  readonly #rule: FragmentRule;
  readonly #progress: ProgressReporter;
  readonly #signal: AbortSignal | undefined;
  readonly #known: DigestTable = new DigestTable();
  readonly #started: { content: number; group: BlockGroup }[] = [];
  #fragment: Bytes;
  /** Of the digests of what is in the fragment. */
  #fragmentHasher: Hasher = createHasher();
  #used = 0;
  #spare: Bytes | undefined;

  constructor(
    pipeline: BlockPipeline,
    { blockSizeBytes, fragments }: Pick<ResolvedOptions, "blockSizeBytes" | "fragments">,
    progress: ProgressReporter,
    signal: AbortSignal | undefined,
  ) {
    this.#pipeline = pipeline;
    this.#blockSizeBytes = blockSizeBytes;
    this.#rule = fragmentRule(fragments, blockSizeBytes);
    this.#progress = progress;
    this.#signal = signal;
    this.#fragment = pipeline.takeBuffer();
  }

  /** Reads a file; returns its entry in `contents`. */
  async add(entry: FileEntry): Promise<number> {
    const { sizeBytes: size, path } = entry;
    if (!Number.isSafeInteger(size) || size < 0) throw treeInvalid(path, `has the size ${size}`);
    if (size === 0) return 0;
    const reader = openContent(entry, this.#signal);
    try {
      return await (size < this.#rule.ownBlockBytes
        ? this.#addSmall(reader, size, path)
        : this.#addLarge(reader, size));
    } finally {
      await reader.close();
    }
  }

  /** Writes what is still on its way. */
  async finish(): Promise<void> {
    if (this.#used > 0) await this.#flushFragment();
    await this.#pipeline.finish();
    for (const { content, group } of this.#started) this.contents.starts.set(content, group.start ?? 0);
  }

  async #addSmall(reader: ContentReader, size: number, path: string): Promise<number> {
    const fits = this.#used + size <= this.#rule.most;
    // What does not fit is read beside the full fragment, which need not be closed if it is a copy.
    if (!fits) this.#spare ??= this.#pipeline.takeBuffer();
    const at = fits ? this.#used : 0;
    const bytes = (fits ? this.#fragment : this.#spare!).subarray(at, at + size);
    await reader.fill(bytes);
    await reader.end();
    this.#progress.add(size);
    const digest = createHasher().update(bytes).digest();
    const known = this.#find(digest, size);
    if (known !== undefined) return known;
    if (!fits) {
      await this.#flushFragment();
      this.#fragment = this.#spare!;
      this.#spare = undefined;
    }
    this.#used = at + size;
    this.#fragmentHasher.update(digest);
    const content = this.contents.add(size, 0, 0);
    this.contents.fragments.set(content, this.fragmentStarts.length);
    this.contents.fragmentOffsets.set(content, at);
    this.#known.set(digest, content);
    if (this.#used >= this.#rule.least && endsFragment(path)) {
      await this.#flushFragment();
      this.#fragment = this.#spare ?? this.#pipeline.takeBuffer();
      this.#spare = undefined;
    }
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
        const digest = createHasher().update(bytes).digest();
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

  async #flushFragment(): Promise<void> {
    const index = this.fragmentStarts.push(0);
    this.fragmentWords.push(0);
    const group: BlockGroup = {};
    const stored = (word: number): void => {
      this.fragmentStarts.set(index, group.start!);
      this.fragmentWords.set(index, word);
    };
    const digest = this.#fragmentHasher.digest();
    await this.#pipeline.submit({ buffer: this.#fragment, length: this.#used, digest, group, stored });
    this.#fragmentHasher = createHasher();
    this.#used = 0;
  }
}
