import type { FileHandle } from "node:fs/promises";
import type { ByteSource, Bytes } from "../core/index.ts";

/** Reads `length` bytes at `offset`, fewer only at the end of the file. */
export async function readFully(handle: FileHandle, offset: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

/** Writes all of `bytes` at `offset`; a full disk may take part of them before it fails. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/** A source over a file that is opened by the first read and again after `close`. */
export function handleSource(open: () => Promise<FileHandle>): ByteSource {
  let opened: Promise<FileHandle> | undefined;
  const file = (): Promise<FileHandle> => {
    if (!opened) {
      opened = open();
      opened.catch(() => {
        opened = undefined;
      });
    }
    return opened;
  };
  return {
    size: async () => (await (await file()).stat()).size,
    async read(offset, length) {
      const handle = await file();
      // No memory for what the file does not have.
      const most = length > 2 ** 20 ? Math.min(length, Math.max(0, (await handle.stat()).size - offset)) : length;
      return readFully(handle, offset, most);
    },
    async close() {
      const before = opened;
      opened = undefined;
      await (await before?.catch(() => undefined))?.close(); // waits for reads under way
    },
  };
}
