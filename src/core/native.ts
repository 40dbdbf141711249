/**
 * The one file that looks for what the runtime brings itself. `process.getBuiltinModule` exists in Node >= 20.16, Bun
 * and Deno, needs no import and leaves bundlers alone; elsewhere everything here is undefined.
 */
interface NodeHash {
  update(bytes: Uint8Array): NodeHash;
  digest(): Uint8Array;
  copy(): NodeHash;
}

/** A Node transform stream, as far as it is used here. */
export interface NativeTransform {
  on(event: "end" | "drain" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error & { code?: string }) => void): unknown;
  write(bytes: Uint8Array): boolean;
  end(): void;
  destroy(error?: Error): void;
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array<ArrayBuffer>>;
}

type Callback = (error: Error | null, bytes: Uint8Array<ArrayBuffer>) => void;
interface ZlibOptions {
  level?: number;
  maxOutputLength?: number;
  finishFlush?: number;
  chunkSize?: number;
  dictionary?: Uint8Array;
  pledgedSrcSize?: number;
  params?: Record<number, number>;
}

/** `node:zlib`, as far as it is used here. */
export interface NativeZlib {
  constants: Record<string, number>;
  deflate(bytes: Uint8Array, options: ZlibOptions, done: Callback): void;
  deflateRaw(bytes: Uint8Array, options: ZlibOptions, done: Callback): void;
  deflateSync(bytes: Uint8Array, options?: ZlibOptions): Uint8Array<ArrayBuffer>;
  inflate(bytes: Uint8Array, options: ZlibOptions, done: Callback): void;
  inflateSync(bytes: Uint8Array, options?: ZlibOptions): Uint8Array<ArrayBuffer>;
  createGzip(options?: ZlibOptions): NativeTransform;
  createGunzip(options?: ZlibOptions): NativeTransform;
  /** Node >= 22.15. */
  zstdCompress?(bytes: Uint8Array, options: ZlibOptions, done: Callback): void;
  zstdDecompress?(bytes: Uint8Array, options: ZlibOptions, done: Callback): void;
  zstdCompressSync?(bytes: Uint8Array, options?: ZlibOptions): Uint8Array<ArrayBuffer>;
  zstdDecompressSync?(bytes: Uint8Array, options?: ZlibOptions): Uint8Array<ArrayBuffer>;
  createZstdDecompress?: ((options?: ZlibOptions) => NativeTransform) | undefined;
  crc32?(bytes: Uint8Array, value?: number): number;
}

/** `node:crypto`, as far as it is used here. */
export interface NativeCrypto {
  createHash(algorithm: string): NodeHash;
}

interface Host {
  Deno?: unknown;
  process?: { getBuiltinModule?: (name: string) => unknown };
}

function builtin(name: string): unknown {
  try {
    return (globalThis as Host).process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}

let zlib: NativeZlib | undefined | null = null;
let crypto: NativeCrypto | undefined | null = null;

/** The runtime's own zlib with its thread pool, or undefined. */
export function nativeZlib(): NativeZlib | undefined {
  if (zlib === null) {
    const found = builtin("node:zlib") as NativeZlib | undefined;
    zlib = typeof found?.createGunzip === "function" ? found : undefined;
    // Deno 2.9's zstd stream throws past its caller when the data is corrupt, which ends the program.
    if (zlib && (globalThis as Host).Deno !== undefined) zlib = { ...zlib, createZstdDecompress: undefined };
  }
  return zlib;
}

/** The runtime's own streaming hashes, or undefined. */
export function nativeCrypto(): NativeCrypto | undefined {
  if (crypto === null) {
    const found = builtin("node:crypto") as NativeCrypto | undefined;
    crypto = typeof found?.createHash === "function" ? found : undefined;
  }
  return crypto;
}

/** An open file of `node:fs/promises`, as far as it is used here. */
export interface NativeFile {
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** What `lstat` says. */
export interface NativeStats {
  size: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  ino: number;
  dev: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

type ReadCallback = (error: Error | null, bytesRead: number) => void;

/** `node:fs`, as far as it is used here: what is one short call blocks, what may take long does not. */
export interface NativeFiles {
  openSync(path: string, flags: string): number;
  closeSync(file: number): void;
  fstatSync(file: number): NativeStats;
  lstatSync(path: string): NativeStats;
  statSync(path: string): NativeStats;
  readdirSync(path: string): string[];
  readSync(file: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  read(
    file: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    callback: ReadCallback,
  ): void;
  promises: {
    open(path: string, flags: string, mode?: number): Promise<NativeFile>;
    lstat(path: string): Promise<NativeStats>;
    mkdir(path: string, options?: { recursive?: boolean; mode?: number }): Promise<unknown>;
    rename(from: string, to: string): Promise<void>;
    link(from: string, to: string): Promise<void>;
    unlink(path: string): Promise<void>;
    rmdir(path: string): Promise<void>;
    chmod(path: string, mode: number): Promise<void>;
  };
}

let fileSystem: NativeFiles | undefined | null = null;

/** The runtime's own files, for what takes a path outside `node/`; undefined in a browser. */
export function nativeFiles(): NativeFiles | undefined {
  if (fileSystem === null) {
    const found = builtin("node:fs") as NativeFiles | undefined;
    fileSystem = typeof found?.promises?.open === "function" ? found : undefined;
  }
  return fileSystem;
}

/** The running process as others see it: its id, and whether another one lives. */
export function nativeProcess(): { pid: number; cwd(): string; isAlive(pid: number): boolean } | undefined {
  const { process } = globalThis as {
    process?: { pid?: number; cwd?: () => string; kill?: (pid: number, signal: number) => boolean };
  };
  if (typeof process?.pid !== "number" || !process.cwd || !process.kill) return undefined;
  const { pid, cwd, kill } = process;
  return {
    pid,
    cwd: () => cwd.call(process),
    isAlive(other) {
      try {
        kill.call(process, other, 0);
        return true;
      } catch (error) {
        // Not ours to signal is alive all the same.
        return (error as { code?: string }).code === "EPERM";
      }
    },
  };
}

interface NodeBuffer {
  Buffer: { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array };
}

/** The same bytes as a Node `Buffer`, for native packages that take nothing else; as they are elsewhere. */
export function nativeBuffer(bytes: Uint8Array): Uint8Array {
  const found = builtin("node:buffer") as NodeBuffer | undefined;
  return found?.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) ?? bytes;
}

/** A worker thread of Node's kind. */
export interface NativeWorker {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: "message", listener: (message: never) => void): unknown;
  on(event: "error" | "exit", listener: () => void): unknown;
  unref(): void;
  terminate(): unknown;
}

/** `node:worker_threads`, as far as it is used here; undefined in browsers, which have a global `Worker`. */
export function nativeThreads():
  | {
      Worker: new (url: URL) => NativeWorker;
      parentPort: Pick<NativeWorker, "postMessage" | "on"> | null;
    }
  | undefined {
  return builtin("node:worker_threads") as ReturnType<typeof nativeThreads>;
}
