import { asBytes } from "./bytes.ts";
import type { ByteSource, Bytes, Source } from "./types.ts";

function checkRange(offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`offset must be a whole number >= 0: ${offset}`);
  if (!Number.isSafeInteger(length) || length < 0)
    throw new RangeError(`length must be a whole number >= 0: ${length}`);
}

/** True for what has `size()` and `read()`. */
export function isByteSource(value: unknown): value is ByteSource {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<ByteSource>).read === "function" &&
    typeof (value as Partial<ByteSource>).size === "function"
  );
}

/**
 * Any {@link Source} as a {@link ByteSource}.
 */
export function toByteSource(source: Source): ByteSource {
  if (source instanceof Uint8Array) {
    return {
      size: async () => source.length,
      async read(offset, length) {
        checkRange(offset, length);
        return asBytes(source.subarray(offset, offset + length));
      },
    };
  }
  if (isByteSource(source)) return source;
  if (typeof Blob !== "undefined" && source instanceof Blob) {
    return {
      size: async () => source.size,
      async read(offset, length) {
        checkRange(offset, length);
        return new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
      },
    };
  }
  throw new TypeError("expected a Uint8Array, a Blob or a ByteSource (a path needs fileSource(path))");
}

/** A window on a source; reads past its end are cut, and closing it closes the source. */
export function sliceSource(source: ByteSource, offset: number, length: number): ByteSource {
  checkRange(offset, length);
  return {
    size: async () => Math.max(0, Math.min(length, (await source.size()) - offset)),
    async read(at: number, count: number): Promise<Bytes> {
      checkRange(at, count);
      const most = Math.max(0, Math.min(count, length - at));
      return source.read(offset + at, most);
    },
    ...(source.close ? { close: () => source.close!() } : {}),
  };
}
