import { writeJson } from "./json/writer.ts";
import { stateOf } from "./state-like.ts";
import type { StateLike } from "./types.ts";

/**
 * The canonical line of a state, without a final newline: what `.pvr/json` holds and a device hashes.
 *
 * @throws `PvError` `STATE_INVALID` when the state holds what is no JSON.
 * @example
 * ```ts
 * import { composeState, device, formatState } from "@pv/sdk";
 * const line = formatState(composeState(device({})));
 * if (!line.startsWith('{"#spec":"pantavisor-service-system@1","device.json":{"groups":[{')) throw new Error(line);
 * ```
 */
export function formatState(state: StateLike): string {
  return writeJson(stateOf(state));
}
