import { startFile } from "./content.ts";
import type { Image } from "./image.ts";
import type { FileInode } from "./inode.ts";
import type { FoundInode } from "./walk.ts";

/** Entries that the walk may be ahead of its reader. */
const MAX_ENTRIES = 16;
/** Files whose first block is expanded, or being expanded, before they are opened. */
const MAX_FILES = 8;

/**
 * Goes ahead of whoever walks an image and reads file after file: while the content of one is hashed, the first blocks
 * of the next are expanded on other threads. Nothing is done ahead before a content is opened, and none of it shows:
 * entries, errors and budgets come in their turn.
 */
export class WalkAhead {
  readonly #image: Image;
  readonly #inodes: AsyncGenerator<FoundInode, void, void>;
  readonly #queue: Promise<IteratorResult<FoundInode, void>>[] = [];
  readonly #started = new Set<FileInode>();

  constructor(image: Image, inodes: AsyncGenerator<FoundInode, void, void>) {
    this.#image = image;
    this.#inodes = inodes;
  }

  /** The next inode of the walk; undefined at its end. */
  async next(): Promise<FoundInode | undefined> {
    const { value } = await (this.#queue.shift() ?? this.#inodes.next());
    return value ?? undefined;
  }

  /** A content is opened: those that follow will be, most likely. */
  opened(inode: FileInode): void {
    this.#started.delete(inode);
    if (!this.#image.decoder.pooled) return;
    while (this.#queue.length < MAX_ENTRIES) {
      const next = this.#inodes.next();
      this.#queue.push(next);
      // Told in its turn.
      this.#image.keepOpenFor(next.then(({ value }) => value && this.#start(value)));
    }
  }

  /** Ends the walk; what was started for it is left to itself, because a source that hangs would hang here as well. */
  close(): void {
    this.#queue.length = 0;
    this.#image.keepOpenFor(this.#inodes.return());
  }

  #start({ inode, firstPath }: FoundInode): Promise<unknown> | undefined {
    if (inode.kind !== "file" || firstPath !== undefined) return undefined;
    if (inode.blocks === 0) return inode.fragment && this.#image.fragments.block(inode.fragment.index);
    if (this.#started.size >= MAX_FILES) return undefined;
    this.#started.add(inode);
    return startFile(this.#image, inode);
  }
}
