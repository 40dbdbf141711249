import { PvError } from "../core/index.ts";

/** A container that cannot be: which one, which of its options, why. */
export function containerInvalid(
  name: string,
  option: string,
  message: string,
  hint?: string,
): PvError<"CONTAINER_INVALID"> {
  return new PvError("CONTAINER_INVALID", `${name || "container"}: ${message}`, { name, option }, { hint });
}
