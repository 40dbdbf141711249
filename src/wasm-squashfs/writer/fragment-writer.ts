import type { Bytes } from "../../core/index.ts";
import { createHasher, type Hasher } from "../../objects/index.ts";
import type { ResolvedOptions } from "../options.ts";
import type { BlockGroup, BlockPipeline } from "./block-pipeline.ts";
import { Column, WideColumn } from "./columns.ts";

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

/** Bytes looked at to tell text from other content. */
const HEAD_BYTES = 512;

/** A fragment that is being filled. */
interface OpenFragment {
  index: number;
  buffer: Bytes;
  used: number;
  /** Of the digests of what is in it. */
  hasher: Hasher;
}

/**
 * Gathers small files in fragments: text in one, everything else in another, because what is alike compresses better
 * together.
 */
export class FragmentWriter {
  readonly starts: WideColumn = new WideColumn();
  readonly words: Column = new Column();
  readonly #pipeline: BlockPipeline;
  readonly #rule: FragmentRule;
  #text: OpenFragment | undefined;
  #other: OpenFragment | undefined;

  constructor(pipeline: BlockPipeline, options: Pick<ResolvedOptions, "blockSizeBytes" | "fragments">) {
    this.#pipeline = pipeline;
    this.#rule = fragmentRule(options.fragments, options.blockSizeBytes);
  }

  /** True for a file that belongs here. */
  takes(size: number): boolean {
    return size < this.#rule.ownBlockBytes;
  }

  /** Puts content into a fragment; says into which and where. */
  async add(bytes: Bytes, digest: Bytes, path: string): Promise<{ index: number; offset: number }> {
    const isText = !bytes.subarray(0, HEAD_BYTES).includes(0);
    let open = isText ? this.#text : this.#other;
    if (open && open.used + bytes.length > this.#rule.most) {
      await this.#flush(open);
      open = undefined;
    }
    open ??= this.#open();
    const { index, used: offset } = open;
    open.buffer.set(bytes, offset);
    open.used += bytes.length;
    open.hasher.update(digest);
    const ends = open.used >= this.#rule.least && endsFragment(path);
    if (ends) await this.#flush(open);
    if (isText) this.#text = ends ? undefined : open;
    else this.#other = ends ? undefined : open;
    return { index, offset };
  }

  /** Hands on what is not full. */
  async finish(): Promise<void> {
    for (const open of [this.#text, this.#other]) if (open) await this.#flush(open);
  }

  #open(): OpenFragment {
    this.words.push(0);
    return { index: this.starts.push(0), buffer: this.#pipeline.takeBuffer(), used: 0, hasher: createHasher() };
  }

  async #flush({ index, buffer, used, hasher }: OpenFragment): Promise<void> {
    const group: BlockGroup = {};
    const stored = (word: number): void => {
      this.starts.set(index, group.start!);
      this.words.set(index, word);
    };
    await this.#pipeline.submit({ buffer, length: used, digest: hasher.digest(), group, stored });
  }
}
