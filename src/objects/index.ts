/**
 * Objects: bytes known by their SHA-256. Streaming hashes, stores in memory and in a browser's private files; the
 * store in a folder is `directoryStore` of `@pv/sdk/node`.
 *
 * @module
 */
export { createHasher } from "./hasher.ts";
export { memoryStore } from "./memory-store.ts";
export { isObjectId } from "./object-id.ts";
export { opfsStore } from "./opfs-store.ts";
export { sha256 } from "./sha256.ts";
export type * from "./types.ts";
