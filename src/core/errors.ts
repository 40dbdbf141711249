import type { ErrorCode, ErrorData } from "./error-data.ts";
import type { JsonObject } from "./json.ts";

/** Shared by every copy of this package that is loaded, so `isPvError` works across duplicates. */
const brand: unique symbol = Symbol.for("@pv/sdk/error") as never;

/** Bad input or a failing peer; misuse of arguments stays `TypeError`. */
export class PvError<C extends ErrorCode = ErrorCode> extends Error {
  /** The stable code. */
  readonly code: C;
  /** What the code is about: path, value, limit. */
  readonly data: ErrorData[C];
  /** What to do about it. */
  readonly hint?: string;

  constructor(
    code: C,
    message: string,
    data: ErrorData[C],
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "PvError";
    this.code = code;
    this.data = data;
    if (options.hint !== undefined) this.hint = options.hint;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Code, message, data and hint as plain JSON; no stack and no cause. */
  toJSON(): JsonObject {
    const { code, message, data, hint } = this;
    return JSON.parse(JSON.stringify({ code, message, data, hint })) as JsonObject;
  }
}

/**
 * Narrows to the codes named, or to any `PvError`; works across duplicated packages.
 *
 * @example
 * ```ts
 * import { isPvError, PvError } from "@pv/sdk";
 * const error: unknown = new PvError("STORE_FULL", "the store is full", { maxBytes: 1 });
 * if (!isPvError(error, "STORE_FULL") || error.data.maxBytes !== 1) throw new Error("not narrowed");
 * ```
 */
export function isPvError<C extends ErrorCode = ErrorCode>(error: unknown, ...codes: C[]): error is PvError<C> {
  if (typeof error !== "object" || error === null || !(brand in error)) return false;
  return codes.length === 0 || codes.includes((error as unknown as PvError<C>).code);
}
