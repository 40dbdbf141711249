import { encodePath, PvError } from "../core/index.ts";

/** A path for the system: bytes, since a name need not be text. Deno's file calls take text only. */
export type SystemPath = Buffer | string;

const bytesWork: boolean = (globalThis as { Deno?: unknown }).Deno === undefined;

/**
 * A path of a tree (bytes that are not UTF-8 as U+DC80..U+DCFF) for the system.
 *
 * @throws `PvError` `FILE_FAILED` when the runtime takes text only and the path is none.
 */
export function systemPath(path: string): SystemPath {
  const bytes = Buffer.from(encodePath(path));
  if (bytesWork) return bytes;
  const text = bytes.toString("utf8");
  if (Buffer.from(text).equals(bytes)) return text;
  throw new PvError(
    "FILE_FAILED",
    "this runtime cannot open names that are not UTF-8",
    { path, reason: "name" },
    { hint: "run it with Node or Bun" },
  );
}
