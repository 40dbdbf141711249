import { type FileHandle, open, readFile } from "node:fs/promises";
import { type ByteSource, PvError } from "../core/index.ts";
import { noBytes, type ReadableInto, readInto } from "../core/internal.ts";
import { fileError } from "./file-error.ts";
import { fillFrom, readFully } from "./file-handle.ts";

/** A block device says 0 when asked for its size; Linux keeps it in sysfs, in sectors of 512 bytes. */
async function deviceSize(path: string, device: number): Promise<number> {
  const major = ((device >>> 8) & 0xfff) + Math.floor(device / 2 ** 32) * 0x1000;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  try {
    return Number(await readFile(`/sys/dev/block/${major}:${minor}/size`, "utf8")) * 512;
  } catch (cause) {
    throw new PvError("FILE_FAILED", `cannot tell the size of the device ${path}`, { path, reason: "SIZE" }, { cause });
  }
}

async function sizeOf(handle: FileHandle, path: string): Promise<number> {
  const stat = await handle.stat();
  if (stat.isBlockDevice()) return deviceSize(path, stat.rdev);
  if (stat.isFile()) return stat.size;
  const what = stat.isDirectory() ? "a folder" : "a pipe or a device without size";
  throw new PvError(
    "FILE_FAILED",
    `cannot read ${path}: it is ${what}`,
    { path, reason: stat.isDirectory() ? "EISDIR" : "ESPIPE" },
    { hint: stat.isDirectory() ? "use readDirectory" : "give its stream instead, such as process.stdin" },
  );
}

/**
 * A file or block device to read. Nothing is opened before the first read; `close` waits for reads under way, and the
 * next read opens it again.
 *
 * @throws `PvError` `FILE_FAILED` from its methods, when the file cannot be opened or read.
 * @example
 * ```ts
 * import { readBytes } from "@pv/sdk";
 * import { fileSource, saveFile } from "@pv/sdk/node";
 * import { mkdtemp, rm } from "node:fs/promises";
 * const folder = await mkdtemp("example-");
 * await saveFile(new Uint8Array([1, 2, 3]), `${folder}/three`);
 * const bytes = await readBytes(fileSource(`${folder}/three`));
 * await rm(folder, { recursive: true });
 * if (bytes.join() !== "1,2,3") throw new Error("not read");
 * ```
 */
export function fileSource(path: string): ByteSource {
  if (typeof path !== "string") throw new TypeError("fileSource takes a path");
  let opened: Promise<FileHandle> | undefined;
  let reading = 0;
  let closing = false;

  async function release(): Promise<void> {
    if (reading > 0 || !closing || !opened) return;
    const handle = opened;
    opened = undefined;
    closing = false;
    await handle.then((found) => found.close()).catch(() => {});
  }

  async function withHandle<T>(use: (handle: FileHandle) => Promise<T>): Promise<T> {
    reading++;
    closing = false;
    opened ??= open(path, "r");
    try {
      return await use(await opened);
    } catch (error) {
      closing = true;
      throw fileError(error, path);
    } finally {
      reading--;
      await release();
    }
  }

  const source: ByteSource & ReadableInto & { name: string } = {
    name: path, // so that errors about the content can say whose it is
    size: () => withHandle((handle) => sizeOf(handle, path)),
    async read(offset, length) {
      if (length === 0) return noBytes;
      return withHandle(async (handle) => {
        // No memory for what the file does not have.
        const most = length > 2 ** 20 ? Math.min(length, Math.max(0, (await sizeOf(handle, path)) - offset)) : length;
        return readFully(handle, offset, most);
      });
    },
    [readInto]: (offset, into) => withHandle((handle) => fillFrom(handle, offset, into)),
    async close() {
      closing = true;
      await release();
    },
  };
  return source;
}
