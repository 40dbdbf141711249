import type { Bytes, NativeZlib } from "../../core/index.ts";

/** A deflate stream of the runtime; `flush` and `reset` are public in Node, and Bun and Deno have them. */
interface DeflateStream {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array): boolean;
  flush(kind: number, done: () => void): void;
  reset(): void;
}

interface DeflatingZlib extends NativeZlib {
  createDeflate(options: { level: number; chunkSize: number }): DeflateStream;
}

/** Compresses one block at a time. */
export type Lane = (bytes: Bytes, into: Bytes) => Promise<number>;

const CHUNK_BYTES = 65536;

/**
 * A lane over one deflate stream that is reset between blocks. A stream for each block, as `zlib.deflate` makes it,
 * costs a tenth of a millisecond and some hundred kilobytes of memory that is not collected in time.
 */
export function deflateLane(zlib: NativeZlib, level: number): Lane {
  const stream = (zlib as DeflatingZlib).createDeflate({ level, chunkSize: CHUNK_BYTES });
  const finish = zlib.constants["Z_FINISH"]!;
  let target: Bytes;
  let limit = 0;
  let length = 0;
  let reject: (error: Error) => void = () => {};
  stream.on("data", (chunk) => {
    if (length + chunk.length < limit) target.set(chunk, length);
    length += chunk.length;
  });
  stream.on("error", (error) => reject(error));
  return (bytes, into) =>
    new Promise((resolve, refuse) => {
      target = into;
      limit = bytes.length;
      length = 0;
      reject = refuse;
      stream.write(bytes);
      stream.flush(finish, () => {
        stream.reset();
        resolve(length);
      });
    });
}
