import { deviceJson } from "../../state/internal.ts";

/** Far beyond what a device has memory for. */
const LIMITS: deviceJson.TokenLimits = { maxTokens: 2_000_000, maxDepth: 100_000 };

/** Reads JSON text as a device does. */
export function readAsDevice(text: string): deviceJson.Tokens {
  return deviceJson.tokenize(text, { from: 0, to: text.length }, LIMITS);
}
