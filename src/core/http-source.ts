import { noBytes } from "./bytes.ts";
import { readBytes } from "./content.ts";
import { PvError } from "./errors.ts";
import type { ByteSource, Bytes } from "./types.ts";

/**
 * A URL by HTTP Range requests: only what is read is fetched.
 *
 * Each answer must be `206` with the `Content-Range` asked for, and the same `ETag` as the first, so a file that
 * changes underneath is noticed instead of mixed.
 *
 * @throws `PvError` `CONTENT_HTTP` when the server answers with an error or does not serve ranges.
 * @throws `PvError` `CONTENT_TRUNCATED` when a range comes short or the file changed.
 */
export function httpSource(url: string | URL, options: { fetch?: typeof fetch | undefined } = {}): ByteSource {
  const fetchIt = options.fetch ?? globalThis.fetch;
  const address = String(url);
  let known: Promise<{ size: number; etag: string | null }> | undefined;

  async function range(offset: number, length: number): Promise<{ bytes: Bytes; size: number; etag: string | null }> {
    const response = await fetchIt(address, { headers: { range: `bytes=${offset}-${offset + length - 1}` } });
    if (response.status === 416) {
      await response.body?.cancel();
      const size = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
      return { bytes: noBytes, size: Number(size ?? 0), etag: response.headers.get("etag") };
    }
    const parsed = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (response.status !== 206 || !parsed || Number(parsed[1]) !== offset) {
      await response.body?.cancel();
      throw new PvError(
        "CONTENT_HTTP",
        `${address} answered ${response.status} to a range request`,
        { url: address, status: response.status },
        {
          hint: response.ok ? "the server does not serve ranges; download the file first" : undefined,
        },
      );
    }
    const size = Number(parsed[3]);
    const expected = Math.min(length, size - offset);
    const bytes = await readBytes(response, { maxBytes: expected });
    if (bytes.length !== expected) {
      throw new PvError("CONTENT_TRUNCATED", `${address}: ${bytes.length} of ${expected} bytes came`, {
        expected,
        actual: bytes.length,
      });
    }
    return { bytes, size, etag: response.headers.get("etag") };
  }

  function head(): Promise<{ size: number; etag: string | null }> {
    known ??= range(0, 1).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  }

  return {
    size: async () => (await head()).size,
    async read(offset, length) {
      const { size, etag } = await head();
      const count = Math.max(0, Math.min(length, size - offset));
      if (count === 0) return noBytes;
      const got = await range(offset, count);
      if (got.size !== size || got.etag !== etag) {
        throw new PvError("CONTENT_TRUNCATED", `${address} changed while it was read`, {
          expected: size,
          actual: got.size,
        });
      }
      return got.bytes;
    },
  };
}
