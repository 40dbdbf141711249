/**
 * The ground floor: bytes, sources and sinks, streams, limits, progress, errors with codes. Imports nothing.
 *
 * @module
 */
export { readBytes } from "./content.ts";
export type { ErrorCode, ErrorData } from "./error-data.ts";
export { isPvError, PvError } from "./errors.ts";
export { formatError } from "./format-error.ts";
export { httpSource } from "./http-source.ts";
export type { Finding, JsonObject, JsonValue, ObjectId } from "./json.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export { decodePath, encodePath } from "./path-bytes.ts";
export { memorySink } from "./sink.ts";
export type { ByteSink, ByteSource, ByteStream, Bytes, Content, Job, Limits, Progress, Source } from "./types.ts";
