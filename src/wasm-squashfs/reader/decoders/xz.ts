import { type Bytes, PvError } from "../../../core/index.ts";
import { concatBytes } from "../../../core/internal.ts";
import { type Decode, DecodeFailure } from "./decoder.ts";

const corrupt = (what: string): DecodeFailure => new DecodeFailure("corrupt", `xz: ${what}`);

const STREAM_HEADER_BYTES = 12;
const LZMA2 = 0x21;
/** Bytes of the check after a block, by its number (xz-file-format 2.1.1.2). */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/**
 * Walks one `.xz` file (xz-file-format 1.2) without decompressing it: how long its content is, and how large a
 * dictionary it needs. LZMA2 names both in the clear, and a decoder fails when they are wrong, so what this says is a
 * bound that a hostile block cannot break.
 */
export function measureXz(input: Uint8Array): { contentBytes: number; dictionaryBytes: number; filtered: boolean } {
  let position = 0;
  const byte = (): number => {
    if (position >= input.length) throw corrupt("it is cut short");
    return input[position++]!;
  };
  /** A number of 7 bits a byte, lowest first. */
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 9; shift++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * shift);
      if (next < 0x80) return value;
    }
    throw corrupt("a number is too long");
  };

  for (const expected of [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00])
    if (byte() !== expected) throw corrupt("no header");
  const check = byte();
  if (check > 15) throw corrupt("unknown flags");
  position = STREAM_HEADER_BYTES;

  let contentBytes = 0;
  let dictionaryBytes = 0;
  let filtered = false;
  for (;;) {
    const start = position;
    const size = byte();
    if (size === 0) return { contentBytes, dictionaryBytes, filtered }; // the index
    const end = start + (size + 1) * 4;
    const flags = byte();
    if ((flags & 0x3c) !== 0) throw corrupt("unknown block flags");
    if ((flags & 0x40) !== 0) number();
    if ((flags & 0x80) !== 0) number();
    for (let filter = flags & 3; filter >= 0; filter--) {
      const id = number();
      const length = number();
      if ((id === LZMA2) !== (filter === 0)) throw corrupt("LZMA2 is not the last filter");
      if (id === LZMA2) {
        const bits = byte();
        if (length !== 1 || bits > 40) throw corrupt("no LZMA2 dictionary size");
        const dictionary = bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
        dictionaryBytes = Math.max(dictionaryBytes, dictionary);
      } else {
        filtered = true;
        position += length;
      }
    }
    if (position > end - 4) throw corrupt("a block header is too short");
    position = end;
    for (let control = byte(); control !== 0; control = byte()) {
      if (control < 0x80 && control > 2) throw corrupt("an unknown LZMA2 chunk");
      const high = control >= 0x80 ? (control & 0x1f) << 16 : 0;
      const length = high + (byte() << 8) + byte() + 1;
      contentBytes += length;
      // Stored chunks are as long as their content; the others say, and have a byte of properties if they reset.
      if (control < 0x80) position += length;
      else {
        const packed = (byte() << 8) + byte() + 1 + (control >= 0xc0 ? 1 : 0);
        position += packed;
      }
    }
    position += ((4 - ((position - end) % 4)) % 4) + CHECK_BYTES[check]!;
  }
}

/** Decompresses one `.xz` file whose size and needs are known to be harmless. */
interface XzPackage {
  decode: (input: Bytes) => Bytes | Promise<Bytes>;
  /** Knows the filters for machine code (BCJ) that mksquashfs' `-Xbcj` chooses. */
  filters: boolean;
}

/** liblzma in WebAssembly: what writes xz reads it as well, filters and all. */
async function liblzma(): Promise<XzPackage | undefined> {
  try {
    const { initModule, streamBufferDecode } = await import("node-liblzma/wasm");
    await initModule();
    return { decode: (input) => streamBufferDecode(input) as Bytes, filters: true };
  } catch {
    return undefined;
  }
}

/** The small decoder; also what reads `.tar.xz`. */
async function xzDecompress(): Promise<XzPackage | undefined> {
  try {
    // A CommonJS package: Node shows its exports below `default`, bundlers beside it.
    const module = await import("xz-decompress");
    const { XzReadableStream } = (module as unknown as { default?: typeof module }).default ?? module;
    const decode = async (input: Bytes): Promise<Bytes> => {
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(input);
          controller.close();
        },
      });
      const parts: Uint8Array[] = [];
      const reader = new XzReadableStream(source).getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
      return concatBytes(parts);
    };
    return { decode, filters: false };
  } catch {
    return undefined;
  }
}

const packages: Record<"liblzma" | "xzDecompress", () => Promise<XzPackage | undefined>> = { liblzma, xzDecompress };

/** A decoder by one of the optional packages, or undefined where none is installed. */
export async function wasmXz(
  maxWindow: number,
  names: readonly (keyof typeof packages)[] = ["liblzma", "xzDecompress"],
): Promise<Decode | undefined> {
  let found: XzPackage | undefined;
  for (const name of names) found ??= await packages[name]();
  if (!found) return undefined;
  const { decode, filters } = found;
  const failed = (error: unknown): never => {
    throw corrupt(error instanceof Error ? error.message : String(error));
  };
  return (input, capacity) => {
    const { contentBytes, dictionaryBytes, filtered } = measureXz(input);
    if (contentBytes > capacity) throw new DecodeFailure("overlong", `${contentBytes} bytes`);
    if (dictionaryBytes > maxWindow) throw new DecodeFailure("dictionary", `a dictionary of ${dictionaryBytes} bytes`);
    if (filtered && !filters) {
      throw new PvError(
        "CODEC_MISSING",
        "xz blocks with a filter for machine code cannot be read here",
        { codec: "xz", install: "node-liblzma" },
        { hint: "npm install node-liblzma" },
      );
    }
    try {
      const bytes = decode(input);
      return bytes instanceof Promise ? bytes.catch(failed) : bytes;
    } catch (error) {
      return failed(error);
    }
  };
}
