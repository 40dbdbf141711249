import type { JsonObject, ObjectId } from "../core/index.ts";
import type { RunDocument, ServiceOffer } from "./documents/run-types.ts";

export type * from "./documents/device-types.ts";
export type * from "./documents/part-types.ts";
export type * from "./documents/run-types.ts";

/** A whole state: `#spec`, then paths to inline JSON documents and to ids of objects. Frozen. */
export interface State extends JsonObject {
  /** The format, `pantavisor-service-system@1`; any other crashes or is refused by a device. */
  "#spec": string;
}

/** Some keys of a state, to be composed. */
export interface StatePart extends JsonObject {}

/** A state or what carries one. */
export type StateLike = State | { state: State };

/** One part of a state: what is exchanged, signed and updated as one. */
export interface Part {
  /** The folder's name; a document at the top is a part of its own. */
  name: string;
  /** What a device takes it for. */
  kind: "device" | "bsp" | "container" | "other";
  /** Its keys in order: the folder's, then those of `_config/<name>/` and `_sigs/<name>.json`. */
  keys: readonly string[];
  /** Its keys that name objects, and the ids. */
  objects: ReadonlyMap<string, ObjectId>;
  /** run.json of a container, where it has the shape of one. */
  run?: RunDocument;
  /** What services.json offers, where it has the shape of one. */
  services?: readonly ServiceOffer[];
  /** Names of the signatures in `_sigs/` that are this part's by name. */
  signatures: readonly string[];
}
