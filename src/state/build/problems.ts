import type { Finding } from "../../core/index.ts";
import { stateInvalid } from "../json/errors.ts";

/** What a builder found wrong; all of it, before it throws. */
export interface Problems {
  /** Adds one; `hint` says what to do, `effect` what a device would do. */
  add(code: string, path: string, message: string, hint: string, effect?: string): void;
  /** Throws `STATE_INVALID` if there are any. */
  end(): void;
}

/** An empty list. */
export function problems(): Problems {
  const findings: Finding[] = [];
  return {
    add(code, path, message, hint, effect = "the device refuses the whole state") {
      findings.push({ code, severity: "error", stage: "parse", path, message, effect, hint });
    },
    end() {
      if (findings.length > 0) throw stateInvalid(findings);
    },
  };
}

/** Text of the caller in a message. */
export function shown(text: unknown): string {
  const json = JSON.stringify(text) ?? String(text);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
