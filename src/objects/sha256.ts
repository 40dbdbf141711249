import type { Content, Job, ObjectId } from "../core/index.ts";
import { contentChunks, contentSize, progressReporter, utf8 } from "../core/internal.ts";
import { createHasher } from "./hasher.ts";

/**
 * The SHA-256 of content as an {@link ObjectId}; text is hashed as UTF-8. Streams: memory does not grow with the
 * content. Progress is reported as task `hash`, in bytes.
 *
 * @throws `PvError` `CONTENT_HTTP` when a `Response` is no success.
 * @throws `PvError` `CONTENT_TRUNCATED` when a source ends before its size.
 * @example
 * ```ts
 * import { sha256 } from "@pv/sdk";
 * const id = await sha256("web-rootfs");
 * if (id !== "603a84933d1b8aab531b5d353b5abb5504a6e44cb014f705186e52f4e13a02f3") throw new Error(id);
 * ```
 */
export async function sha256(content: Content | string, options: Job = {}): Promise<ObjectId> {
  const bytes = typeof content === "string" ? utf8(content) : content;
  const progress = progressReporter(options, {
    task: "hash",
    subject: "content",
    unit: "bytes",
    total: options.onProgress && (await contentSize(bytes)),
  });
  const hasher = createHasher();
  for await (const chunk of contentChunks(bytes, options)) {
    hasher.update(chunk);
    progress.add(chunk.length);
  }
  progress.finish();
  return hasher.id();
}
