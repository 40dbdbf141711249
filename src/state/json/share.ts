import type { JsonValue } from "../../core/index.ts";
import { wellFormed } from "./decode.ts";
import { carryNumber, exactNumber } from "./exact-numbers.ts";
import { isShared, markShared, readJson } from "./reader.ts";
import { writeJson } from "./writer.ts";

/** A document as frozen JSON that nobody can change: itself where the reader made it, else a copy. */
export function shareJson(value: JsonValue): JsonValue {
  if (typeof value === "object" && value !== null) return isShared(value) ? value : readJson(writeJson(value)).value;
  // Of the others, text alone can be two ways, and functions are none.
  if (typeof value === "string") return wellFormed(value);
  if (value !== null && typeof value !== "boolean") writeJson(value);
  return value;
}

/** A frozen object of shared documents, built key by key; what every verb that changes a state ends with. */
export interface StateBuilder {
  /** Takes the member `key` of `from`, with its exact decimals. */
  take(from: object, key: string, value: JsonValue): void;
  /** The object; the builder has ended. */
  end(): object;
}

/** A {@link StateBuilder}. */
export function stateBuilder(): StateBuilder {
  const state: { [key: string]: JsonValue } = {};
  return {
    take(from, key, value) {
      const exact = typeof value === "number" && exactNumber(from, key) !== undefined;
      const document = exact ? value : shareJson(value);
      if (key === "__proto__") {
        Object.defineProperty(state, key, { value: document, enumerable: true, configurable: true, writable: true });
      } else state[key] = document;
      if (exact) carryNumber(state, from, key);
    },
    end() {
      markShared(state);
      return Object.freeze(state);
    },
  };
}
