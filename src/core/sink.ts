import type { ByteSink, ByteSource } from "./types.ts";

/** Memory is taken in pages, so a sparse write far out does not cost what lies before it. */
const PAGE_BYTES = 1 << 20;

/**
 * A sink in memory; `written` reads it back, also after `close`.
 *
 * @example
 * ```ts
 * import { memorySink, readBytes } from "@pv/sdk";
 * const sink = memorySink();
 * await sink.write(2, new Uint8Array([7]));
 * await sink.close();
 * if ((await readBytes(sink.written)).join() !== "0,0,7") throw new Error("not written");
 * ```
 */
export function memorySink(): ByteSink & { written: ByteSource } {
  const pages = new Map<number, Uint8Array<ArrayBuffer>>();
  let size = 0;
  let open = true;
  return {
    async write(offset, bytes) {
      if (!open) throw new TypeError("the sink is closed");
      for (let done = 0; done < bytes.length; ) {
        const at = offset + done;
        const number = Math.floor(at / PAGE_BYTES);
        const inPage = at - number * PAGE_BYTES;
        const part = bytes.subarray(done, done + PAGE_BYTES - inPage);
        let page = pages.get(number);
        if (!page) pages.set(number, (page = new Uint8Array(PAGE_BYTES)));
        page.set(part, inPage);
        done += part.length;
      }
      size = Math.max(size, offset + bytes.length);
    },
    async setSize(sizeBytes) {
      if (!open) throw new TypeError("the sink is closed");
      if (sizeBytes < size) {
        const last = Math.floor(sizeBytes / PAGE_BYTES);
        for (const number of pages.keys()) if (number > last) pages.delete(number);
        pages.get(last)?.fill(0, sizeBytes - last * PAGE_BYTES);
      }
      size = sizeBytes;
    },
    async close() {
      open = false;
    },
    async abort() {
      open = false;
      pages.clear();
      size = 0;
    },
    written: {
      size: async () => size,
      async read(offset, length) {
        const out = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        for (let done = 0; done < out.length; ) {
          const at = offset + done;
          const number = Math.floor(at / PAGE_BYTES);
          const inPage = at - number * PAGE_BYTES;
          const count = Math.min(PAGE_BYTES - inPage, out.length - done);
          const page = pages.get(number);
          if (page) out.set(page.subarray(inPage, inPage + count), done);
          done += count;
        }
        return out;
      },
    },
  };
}
