import { PvError } from "./errors.ts";

/** Walks the outer structure of zstd frames (RFC 8878 section 3.1) to know where they end and what they ask for. */
export interface ZstdFrames {
  /** Takes the next bytes. */
  push(bytes: Uint8Array): void;
  /** True where a frame ends and none has begun. */
  complete(): boolean;
}

/** What zstd itself allows without `--long`: 128 MiB. */
const WINDOW_MAX = 2 ** 27;

function corrupt(what: string): PvError {
  return new PvError("CONTENT_CORRUPT", `the zstd data is corrupt: ${what}`, { format: "zstd" });
}

/** The window a frame header asks for, and the length of that header. */
function frameHeader(bytes: readonly number[]): { length: number; windowBytes: number } | undefined {
  if (bytes.length < 6) return undefined;
  const descriptor = bytes[4]!;
  if (descriptor & 8) throw corrupt("a reserved bit is set");
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  const size = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const length = 5 + (single ? 0 : 1) + dictionary + size;
  if (bytes.length < length) return undefined;
  if (!single) {
    const exponent = bytes[5]! >> 3;
    const base = 2 ** (10 + exponent);
    return { length, windowBytes: base + (base / 8) * (bytes[5]! & 7) };
  }
  let content = size === 2 ? 256 : 0;
  for (let at = 0; at < size; at++) content += bytes[5 + dictionary + at]! * 2 ** (8 * at);
  return { length, windowBytes: content };
}

/**
 * A walker over the frames of one zstd stream.
 *
 * @throws {@link PvError} `CONTENT_CORRUPT` from its methods.
 */
export function createZstdFrames(): ZstdFrames {
  let header: number[] = []; // of the frame or block that has begun
  let inFrame = false;
  let lastBlock = false;
  let checksum = false;
  let skip = 0;
  let any = false;

  function begin(): void {
    const [a, b, c, d] = header;
    if (header.length < 4) return;
    if ((a! & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) {
      if (header.length < 8) return;
      skip = header[4]! + header[5]! * 256 + header[6]! * 65536 + header[7]! * 2 ** 24;
      header = [];
      any = true;
      return;
    }
    if (a !== 0x28 || b !== 0xb5 || c !== 0x2f || d !== 0xfd) throw corrupt("no frame header");
    const found = frameHeader(header);
    if (!found) return;
    if (found.windowBytes > WINDOW_MAX) throw corrupt("a window over 128 MiB");
    checksum = (header[4]! & 4) !== 0;
    inFrame = any = true;
    lastBlock = false;
    header = [];
  }

  function block(): void {
    if (header.length < 3) return;
    const value = header[0]! + header[1]! * 256 + header[2]! * 65536;
    header = [];
    lastBlock = (value & 1) === 1;
    const type = (value >> 1) & 3;
    if (type === 3) throw corrupt("a block of no known type");
    skip = type === 1 ? 1 : value >> 3;
    if (lastBlock) {
      inFrame = false;
      if (checksum) skip += 4;
    }
  }

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (skip > 0) {
          const count = Math.min(skip, bytes.length - at);
          skip -= count;
          at += count;
          continue;
        }
        header.push(bytes[at++]!);
        if (inFrame) block();
        else begin();
      }
    },
    complete: () => any && !inFrame && skip === 0 && header.length === 0,
  };
}
