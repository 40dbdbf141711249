import type { State, StateLike } from "./types.ts";

/**
 * The state of what carries one.
 *
 * @example
 * ```ts
 * import { parseState, stateOf } from "@pv/sdk/state";
 * const state = parseState('{"#spec":"pantavisor-service-system@1"}');
 * if (stateOf({ state }) !== stateOf(state)) throw new Error("not the same");
 * ```
 */
export function stateOf(from: StateLike): State {
  if (typeof from !== "object" || from === null) throw new TypeError("expected a state or a revision");
  if (Object.hasOwn(from, "#spec")) return from as State;
  const carried = (from as { state?: State }).state;
  if (typeof carried !== "object" || carried === null) throw new TypeError("expected a state or a revision");
  return carried;
}

/** The same thing with another state: a state becomes it, a revision gets it. */
export function withState<T extends StateLike>(from: T, state: State): T {
  return (Object.hasOwn(from, "#spec") ? state : { ...from, state }) as T;
}
