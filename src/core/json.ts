/** Plain JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; undefined members are left out when it is written. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** SHA-256, 64 lower-case hex digits. */
export type ObjectId = string;

/** One thing a device would reject, crash on or ignore, or a signature check would mind. */
export interface Finding {
  /** Stable code, such as `GROUP_UNKNOWN`. */
  code: string;
  /** `error` is what the real parser rejects or crashes on. */
  severity: "error" | "warning";
  /** When a device would notice: reading the state, starting, or at the next update. */
  stage: "parse" | "start" | "update";
  /** Slash path into the state: key, then members (`web/run.json/group`). */
  path: string;
  /** What is wrong, one sentence. */
  message: string;
  /** What the device would do. */
  effect: string;
  /** What to do about it. */
  hint: string;
}
