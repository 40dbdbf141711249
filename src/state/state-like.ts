import type { State, StateLike } from "./types.ts";

/**
 * The state of what carries one.
 */
export function stateOf(from: StateLike): State {
  const state = Object.hasOwn(from ?? {}, "#spec") ? from : (from as { state?: State } | null)?.state;
  if (typeof state !== "object" || state === null) throw new TypeError("expected a state or a revision");
  return state as State;
}

/** The same thing with another state: a state becomes it, a revision gets it. */
export function withState<T extends StateLike>(from: T, state: State): T {
  return (Object.hasOwn(from, "#spec") ? state : { ...from, state }) as T;
}
