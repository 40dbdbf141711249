import type { FileHandle } from "node:fs/promises";
import type { ByteSource, Bytes } from "../core/index.ts";

/** Reads `length` bytes at `offset`, fewer only at the end of the file. */
export async function readFully(handle: FileHandle, offset: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  const count = await fillFrom(handle, offset, bytes);
  return count === length ? bytes : bytes.subarray(0, count);
}

/** Fills `into` from `offset` on; says how much there was. */
export async function fillFrom(handle: FileHandle, offset: number, into: Uint8Array): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Writes all of `bytes` at `offset`; a full disk may take part of them before it fails. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/** A file that nobody has read for so long is closed; the next read opens it again. */
const IDLE_MS = 1000;

/**
 * A source over a file that is opened by the first read, and closed by `close` or when it is left alone: objects are
 * handed out by a store, and whoever reads one does not always say when it is done.
 */
export function handleSource(open: () => Promise<FileHandle>, size: () => Promise<number>): ByteSource {
  let opened: Promise<FileHandle> | undefined;
  let reading = 0;
  let idle: NodeJS.Timeout | undefined;

  async function close(): Promise<void> {
    const before = opened;
    opened = undefined;
    clearTimeout(idle);
    await (await before?.catch(() => undefined))?.close(); // waits for reads under way
  }

  async function read(offset: number, length: number): Promise<Bytes> {
    clearTimeout(idle);
    reading++;
    opened ??= open();
    try {
      const handle = await opened;
      // No memory for what the file does not have.
      const most = length > 2 ** 20 ? Math.min(length, Math.max(0, (await handle.stat()).size - offset)) : length;
      return await readFully(handle, offset, most);
    } catch (error) {
      await close().catch(() => {});
      throw error;
    } finally {
      if (--reading === 0) idle = setTimeout(() => void close().catch(() => {}), IDLE_MS).unref();
    }
  }

  return { size, read, close };
}
