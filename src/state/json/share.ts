import type { JsonValue } from "../../core/index.ts";
import { carryNumber, exactNumber } from "./exact-numbers.ts";
import { isShared, markShared, readJson } from "./reader.ts";
import { writeJson } from "./writer.ts";

/** A document as frozen JSON that nobody can change: itself where the reader made it, else a copy. */
export function shareJson(value: JsonValue): JsonValue {
  return typeof value !== "object" || value === null || isShared(value) ? value : readJson(writeJson(value)).value;
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
      const document = shareJson(value);
      if (key === "__proto__") {
        Object.defineProperty(state, key, { value: document, enumerable: true, configurable: true, writable: true });
      } else state[key] = document;
      if (typeof value === "number" && exactNumber(from, key) !== undefined) carryNumber(state, from, key);
    },
    end() {
      markShared(state);
      return Object.freeze(state);
    },
  };
}
