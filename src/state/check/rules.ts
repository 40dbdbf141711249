/** Every finding: how bad it is, when a device would notice, what it would do, and what to do about it. */
import { type StartCode, startRows, type UpdateCode, updateRows } from "./rules-later.ts";
import { type ParseCode, parseRows, type Row } from "./rules-parse.ts";

export type FindingCode = ParseCode | StartCode | UpdateCode;

/** One code, ready to become a finding. */
export interface Rule {
  /** `reject` and `crash` end the device's reading; `fail` ends what comes later. */
  readonly kind: Row[0];
  readonly stage: "parse" | "start" | "update";
  readonly effect: string;
  readonly hint: string;
}

const EFFECTS = {
  reject: "the device refuses the whole state: an update ends as WONTGO, a boot rolls back",
  crash: "the runtime itself dies while it reads the state: a boot loop, or a failed try",
  fail: "",
  warn: "",
};

/** What a code stands for. */
export function ruleOf(code: FindingCode): Rule {
  const tables = { parse: parseRows, start: startRows, update: updateRows };
  const stage = code in parseRows ? "parse" : code in startRows ? "start" : "update";
  const [kind, hint, effect] = (tables[stage] as Record<string, Row>)[code]!;
  return { kind, stage, effect: effect ?? EFFECTS[kind], hint };
}
