import type { Job } from "../core/index.ts";
import type { ObjectReader, ObjectStore } from "../objects/index.ts";
import type { State } from "../state/index.ts";

/** A state and where its objects are; may be partial. */
export interface Revision {
  /** The document. */
  state: State;
  /** Where the bytes are. */
  objects: ObjectReader;
}

/** Where new objects go, with the job. */
export interface BuildOptions extends Job {
  /** Default: `memoryStore()`. */
  store?: ObjectStore | undefined;
}
