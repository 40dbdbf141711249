import { isPvError, PvError } from "./errors.ts";
import type { Content } from "./types.ts";

/** What a person calls the content: the path of a `fileSource`, the name of a `File`, the URL of a `Response`. */
export function contentName(content: Content): string | undefined {
  const { name, url } = content as { name?: unknown; url?: unknown };
  if (typeof name === "string" && name !== "") return name;
  return typeof url === "string" && url !== "" ? url : undefined;
}

/**
 * Says which content an error is about: its name goes before the message, and into `data.path` where that is free.
 */
export function nameError(error: unknown, name: string | undefined): unknown {
  const codes = ["CONTENT_CORRUPT", "CONTENT_TRUNCATED", "LIMIT_EXCEEDED", "TAR_INVALID", "TAR_PATH_UNSAFE"] as const;
  if (name === undefined || !isPvError(error, ...codes) || error.message.startsWith(`${name}: `)) return error;
  const data = { path: name, ...error.data };
  return new PvError(error.code, `${name}: ${error.message}`, data, { hint: error.hint, cause: error.cause });
}

/** The same items; an error on the way is named. */
export async function* nameErrors<T>(items: AsyncIterable<T>, name: string | undefined): AsyncGenerator<T, void, void> {
  try {
    yield* items;
  } catch (error) {
    throw nameError(error, name);
  }
}
