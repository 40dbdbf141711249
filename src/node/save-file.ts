import type { Bytes, Content, Job, ObjectId } from "../core/index.ts";
import { concatBytes, contentChunks, contentSize, progressReporter } from "../core/internal.ts";
import { createHasher } from "../objects/index.ts";
import { fileSink } from "./file-sink.ts";

/** Small chunks are put together: a tar has many of 512 bytes. */
const WRITE_BYTES = 2 ** 20;

/**
 * Writes content to a file and says its SHA-256. The file appears under its name when it is complete and on the disk;
 * on any failure a file that was there before is still there, and nothing else.
 *
 * @throws `PvError` `FILE_FAILED` when the file cannot be written (`reason` `ENOSPC`: the disk is full).
 * @throws `PvError` `CONTENT_HTTP` when the content is a `Response` that is no success.
 * @example
 * ```ts
 * import { saveFile } from "@pv/sdk/node";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * const folder = await mkdtemp("example-");
 * const id = await saveFile(new TextEncoder().encode("hello"), `${folder}/greeting`);
 * const text = await readFile(`${folder}/greeting`, "utf8");
 * await rm(folder, { recursive: true });
 * if (text !== "hello" || !id.startsWith("2cf24dba")) throw new Error("not saved");
 * ```
 */
export async function saveFile(content: Content, path: string, options: Job = {}): Promise<ObjectId> {
  if (typeof path !== "string") throw new TypeError("saveFile takes content first, then a path");
  const hasher = createHasher();
  const sink = fileSink(path);
  let at = 0;
  let parts: Bytes[] = [];
  let held = 0;
  let writing: Promise<void> = Promise.resolve();
  async function flush(): Promise<void> {
    const bytes = concatBytes(parts);
    parts = [];
    held = 0;
    await writing; // one write under way while the next bytes are made
    writing = sink.write(at, bytes);
    writing.catch(() => {}); // it is looked at by the next flush
    at += bytes.length;
  }
  try {
    const progress = progressReporter(options, {
      task: "read",
      subject: path,
      unit: "bytes",
      total: await contentSize(content),
    });
    for await (const bytes of contentChunks(content, options)) {
      hasher.update(bytes);
      parts.push(bytes);
      held += bytes.length;
      progress.add(bytes.length);
      if (held >= WRITE_BYTES) await flush();
    }
    if (held > 0) await flush();
    await writing;
    options.signal?.throwIfAborted();
    await sink.close();
    progress.finish();
    return hasher.id();
  } catch (error) {
    await writing.catch(() => {});
    await sink.abort(error);
    throw error;
  }
}
