/** Bytes handed out: backed by an `ArrayBuffer` of their own, so `Blob`, `fetch` and WebCrypto take them without a cast. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A Web stream handed out; `for await` works on every runtime. */
export interface ByteStream extends ReadableStream<Bytes> {}

/** Random access; opened by the first read, released by `close`, opened again by the next read. */
export interface ByteSource {
  /** Length in bytes. */
  size(): Promise<number>;
  /** Reads `length` bytes at `offset`; fewer only where the source ends. */
  read(offset: number, length: number): Promise<Bytes>;
  /** All bytes in order, where that takes less than reading piece by piece: a download is not held in memory. */
  stream?(options?: { signal?: AbortSignal | undefined }): AsyncIterable<Bytes>;
  /** Releases what the source holds open. */
  close?(): Promise<void>;
}

/** Random-access output, shaped like a browser's writable file; `written` reads it back. */
export interface ByteSink {
  /** Writes all of `bytes` at `offset`, growing the output with zeros where needed. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Cuts or grows to `sizeBytes`. */
  setSize(sizeBytes: number): Promise<void>;
  /** Makes the output complete and visible. */
  close(): Promise<void>;
  /** Drops everything written. */
  abort(reason?: unknown): Promise<void>;
  /** Reads back what was written so far, where the sink can. */
  written?: ByteSource;
}

/** Bytes of known size, readable anywhere and again. */
export type Source = Uint8Array | Blob | ByteSource;

/** Bytes readable once, in order; never a string. */
export type Content = Source | Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** What every long verb takes. */
export interface Job {
  /** Stops the work; the verb rejects with `signal.reason`, as `fetch` does. */
  signal?: AbortSignal | undefined;
  /** Called at most once per MiB or percent, and once at the end with `done === total`. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Bounds for hostile input, finite by default. */
export interface Limits {
  /** Most bytes that may come out. */
  maxBytes?: number | undefined;
  /** Most entries that may come out. */
  maxEntries?: number | undefined;
  /** Most bytes out per byte in, asked once more than 1 MiB came out; 2000 unless given, and then asked after 256 MiB. */
  maxRatio?: number | undefined;
}

/** One step of long work. */
export interface Progress {
  /** What is being done. */
  task: "read" | "download" | "hash" | "squashfs" | "export" | "deploy" | "image" | "upload";
  /** The file or part it is done to. */
  subject: string;
  /** How much is done, in `unit`. */
  done: number;
  /** How much there is, absent when unknowable. */
  total?: number;
  /** What `done` and `total` count. */
  unit: "bytes" | "entries" | "objects";
}
