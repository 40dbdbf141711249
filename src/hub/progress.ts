import type { JsonValue } from "../core/index.ts";
import type { StepProgress } from "./types.ts";

const done: ReadonlySet<string> = new Set(["DONE", "UPDATED"]);
const failed: ReadonlySet<string> = new Set(["WONTGO", "ERROR", "CANCEL", "CANCELLED"]);

/** A progress document as hub and device write it; anything else is a revision that is still waiting. */
export function readProgress(value: JsonValue | undefined): StepProgress {
  const document =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, JsonValue | undefined>)
      : {};
  const { status, "status-msg": message, progress } = document;
  const word = typeof status === "string" && status !== "" ? status : "NEW";
  return {
    status: word,
    message: typeof message === "string" ? message : "",
    percent: typeof progress === "number" && progress >= 0 && progress <= 100 ? progress : 0,
    outcome: done.has(word) ? "done" : failed.has(word) ? "failed" : "pending",
  };
}
