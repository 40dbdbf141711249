import type { ByteSink, ByteSource, Bytes, Content, Job, ObjectId } from "../core/index.ts";

/** Reads objects; `get` is lazy. */
export interface ObjectReader {
  /** True where the bytes are at hand. */
  has(id: ObjectId): Promise<boolean>;
  /** The object's bytes; opens nothing until they are read, and then fails with `OBJECT_MISSING` if it is absent. */
  get(id: ObjectId): ByteSource;
}

/** Keeps objects; `sink` lets a seeking writer fill one in place. */
export interface ObjectStore extends ObjectReader {
  /** Stores bytes under their SHA-256; with `expect`, refuses any other. */
  put(content: Content, options?: { expect?: ObjectId | undefined } & Job): Promise<ObjectId>;
  /** A sink whose object appears, and whose `id` resolves, at `close`. */
  sink?(): ByteSink & { id: Promise<ObjectId> };
  /** All ids, in no promised order. */
  list(): AsyncIterable<ObjectId>;
  /** Forgets one; absent ones are no error. */
  delete(id: ObjectId): Promise<void>;
}

/** Streaming SHA-256. */
export interface Hasher {
  /** Adds bytes. */
  update(bytes: Uint8Array): this;
  /** The 32 bytes; ends the hasher. */
  digest(): Bytes;
  /** The digest as an {@link ObjectId}; ends the hasher. */
  id(): ObjectId;
}
