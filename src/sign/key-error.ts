import { PvError } from "../core/index.ts";

/** One error for each reason; the key itself is in none of them. */
export function keyUnsupported(reason: string, hint?: string, cause?: unknown): PvError<"SIGN_KEY_UNSUPPORTED"> {
  return new PvError("SIGN_KEY_UNSUPPORTED", `the key cannot sign: ${reason}`, { reason }, { hint, cause });
}
