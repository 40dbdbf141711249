import { type ByteSource, type Bytes, type Content, type Limits, PvError } from "../core/index.ts";
import {
  COMPRESSION_HEAD_BYTES,
  chunkReader,
  compressionOf,
  contentChunks,
  contentName,
  type DirectReader,
  decompress,
  isByteSource,
  nameErrors,
  noBytes,
  type ReadableInto,
  readInto,
  toByteSource,
} from "../core/internal.ts";

/** The bytes of a member, to be read now or later, once or often, as the input allows. */
export interface TarBody {
  (): AsyncGenerator<Bytes, void, void>;
  /** Reads into memory at hand, where the input can. */
  direct?: () => DirectReader;
}

/** An archive as the reader goes through it. */
export interface TarInput {
  /** Exactly `count` bytes, fewer only at the end. */
  read(count: number): Promise<Bytes>;
  /** Goes on to `position`; says how far it came. */
  seek(position: number): Promise<number>;
  /** Bytes gone through so far. */
  readonly position: number;
  /** The `length` bytes from here. */
  body(length: number, path: string): TarBody;
  /** Reads to the end, so that what checks the bytes (a gzip sum, a digest) sees them all. */
  drain(): Promise<void>;
  /** Releases the content. */
  close(): Promise<void>;
}

const READ_BYTES = 128 * 1024;
const SMALL_BYTES = 16 * 1024;

function consumed(path: string): PvError {
  return new PvError(
    "TREE_CONSUMED",
    "a file's content has gone by",
    { path },
    {
      hint: "open and read it before the next entry, or give readTar an uncompressed file or Blob instead of a stream",
    },
  );
}

function cut(path: string, offset: number): PvError {
  return new PvError("TAR_INVALID", `the archive ends within a file, at byte ${offset}`, { offset, path });
}

/** In order: a file's content is there only until the next entry is asked for. */
function streamInput(chunks: AsyncIterable<Bytes>): TarInput {
  const reader = chunkReader(chunks);
  let turn = 0;
  let pulling: Promise<unknown> = Promise.resolve();
  return {
    read: (count) => reader.read(count),
    async seek(position) {
      turn++;
      await pulling; // someone may still be waiting for the last content
      await reader.skip(Math.max(0, position - reader.position));
      return reader.position;
    },
    get position() {
      return reader.position;
    },
    body(length, path) {
      const mine = ++turn;
      let opened = false;
      return async function* () {
        if (opened || mine !== turn) throw consumed(path);
        opened = true;
        for (let left = length; left > 0; ) {
          if (mine !== turn) throw consumed(path);
          const pull = reader.some(Math.min(left, READ_BYTES * 2));
          pulling = pull.catch(() => {});
          const bytes = await pull;
          if (bytes.length === 0) throw cut(path, reader.position);
          left -= bytes.length;
          yield bytes;
        }
      };
    },
    async drain() {
      turn++;
      await pulling;
      while ((await reader.some(READ_BYTES * 8)).length > 0);
    },
    async close() {
      turn++;
      await reader.close();
    },
  };
}

/** How many read a source at this time; the last one to leave closes it. */
interface Shared {
  users: number;
  /** What was read last for a content whose header has gone by: its neighbours are often wanted next. */
  late: { at: number; bytes: Bytes };
}

/** Anywhere: contents can be opened at any time, also after the reader has gone. */
function sourceInput(source: ByteSource, size: number, shared: Shared): TarInput {
  let position = 0;
  let window: Bytes = new Uint8Array(0);
  let windowAt = 0;
  async function leave(): Promise<void> {
    if (--shared.users > 0) return;
    shared.late = { at: 0, bytes: noBytes };
    await source.close?.();
  }
  /** Small contents come with those behind them. */
  async function small(at: number, length: number): Promise<Bytes> {
    let { late } = shared;
    if (at < late.at || at + length > late.at + late.bytes.length) {
      late = { at, bytes: await source.read(at, READ_BYTES) };
      shared.late = late;
    }
    return late.bytes.subarray(at - late.at, at - late.at + length);
  }
  function seen(at: number, count: number): Bytes | undefined {
    if (at < windowAt || at + count > windowAt + window.length) return undefined;
    return window.subarray(at - windowAt, at - windowAt + count);
  }
  return {
    async read(count) {
      const most = Math.max(0, Math.min(count, size - position));
      let bytes = seen(position, most);
      if (!bytes) {
        windowAt = position;
        window = await source.read(position, Math.max(most, READ_BYTES));
        bytes = window.subarray(0, most);
      }
      position += bytes.length;
      return bytes;
    },
    async seek(to) {
      position = Math.min(to, size);
      return position;
    },
    get position() {
      return position;
    },
    body(length, path) {
      const start = position;
      const body: TarBody = async function* () {
        if (length === 0) return;
        // Looked up now and not kept: an entry that is held on to must not hold the window.
        const near = seen(start, length);
        if (near) {
          yield near;
          return;
        }
        shared.users++;
        try {
          for (let done = 0; done < length; ) {
            const bytes =
              length <= SMALL_BYTES
                ? await small(start, length)
                : await source.read(start + done, Math.min(length - done, READ_BYTES * 2));
            if (bytes.length === 0) throw cut(path, start + done);
            done += bytes.length;
            yield bytes;
          }
        } finally {
          await leave();
        }
      };
      const fill = (source as ByteSource & ReadableInto)[readInto];
      // What is large need not come in memory of its own.
      if (fill && length > SMALL_BYTES) {
        body.direct = () => {
          shared.users++;
          let done = 0;
          return {
            async read(into) {
              const wanted = into.subarray(0, length - done);
              const count = wanted.length > 0 ? await fill(start + done, wanted) : 0;
              if (count < wanted.length) throw cut(path, start + done + count);
              done += count;
              return count;
            },
            close: leave,
          };
        };
      }
      return body;
    },
    drain: async () => {},
    close: leave,
  };
}

function isSource(content: Content): boolean {
  return (
    content instanceof Uint8Array || isByteSource(content) || (typeof Blob !== "undefined" && content instanceof Blob)
  );
}

/** Opens the bytes of an archive, again and again where the content allows. */
export interface TarContent {
  /** True where `open` works more than once. */
  replayable: boolean;
  open(): Promise<TarInput>;
}

/** Finds out, at the first `open`, whether the content is compressed; what is plain and seekable is read by seeking. */
export function tarContent(content: Content, limits: Limits): TarContent {
  const name = contentName(content);
  if (!isSource(content)) {
    return {
      replayable: false,
      open: async () => streamInput(nameErrors(decompress(contentChunks(content), limits), name)),
    };
  }
  const source = toByteSource(content as Uint8Array);
  const shared: Shared = { users: 0, late: { at: 0, bytes: noBytes } };
  return {
    replayable: true,
    async open() {
      shared.users++;
      try {
        const size = await source.size();
        const head = await source.read(0, Math.min(COMPRESSION_HEAD_BYTES, size));
        if (compressionOf(head) === "none") return sourceInput(source, size, shared);
      } catch (error) {
        if (--shared.users === 0) await source.close?.();
        throw error;
      }
      shared.users--;
      return streamInput(nameErrors(decompress(contentChunks(source), limits), name));
    },
  };
}
