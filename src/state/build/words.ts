import type { JsonObject, JsonValue } from "../../core/index.ts";
import { sortedKeys } from "../json/writer.ts";
import { type Problems, shown } from "./problems.ts";

/** Names that a device looks for in the whole text of a state (runtime.md section 0, rule 6). */
const RESERVED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "#spec",
  "device.json",
  "groups.json",
  "disks.json",
  "disks_v3.json",
  "bsp/run.json",
  "bsp/drivers.json",
]);

/** One token of a document's canonical text, as a device's tokenizer sees it. */
interface Token {
  /** Keys and strings; undefined for the others. */
  text: string | undefined;
  /** True for a key of the document itself. */
  top: boolean;
}

/** The tokens in the order of the canonical text. */
function tokensOf(document: JsonValue): Token[] {
  const tokens: Token[] = [];
  const rest: { value?: JsonValue; key?: string; depth: number }[] = [{ value: document, depth: 0 }];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { value, key, depth } = next;
    tokens.push({
      text: key ?? (typeof value === "string" ? value : undefined),
      top: key !== undefined && depth === 1,
    });
    if (key !== undefined || typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const member of value.toReversed()) rest.push({ value: member, depth: depth + 1 });
      continue;
    }
    for (const name of sortedKeys(Object.keys(value)).reverse()) {
      rest.push({ value: (value as JsonObject)[name]!, depth: depth + 1 }, { key: name, depth: depth + 1 });
    }
  }
  return tokens;
}

/**
 * Finds what stands in the way of a device's look-ups: it takes the first string that equals a key, at any depth, key
 * or value, for that key (runtime.md section 1; section 0, rule 5).
 */
export function checkLookups(document: JsonObject, keys: readonly string[], path: string, problems: Problems): void {
  const first = new Map<string, number>();
  const tokens = tokensOf(document);
  for (const [index, { text }] of tokens.entries()) if (text !== undefined && !first.has(text)) first.set(text, index);
  for (const key of keys) {
    const at = first.get(key);
    if (at === undefined || (tokens[at]!.top && tokens[at + 1]?.text !== key)) continue;
    const hint = "use another name";
    problems.add(
      "KEY_SHADOWED",
      path,
      `the text ${shown(key)} stands where a device takes it for the key`,
      hint,
      "the device reads another value",
    );
  }
}

/** Finds the names that only the top of a state may use. */
export function checkReserved(document: JsonValue, path: string, problems: Problems): void {
  // The first key is the document's own `#spec`: by then a device has found the state's.
  for (const text of new Set(tokensOf(document).map((token) => token.text))) {
    if (text === undefined || text === "#spec" || !RESERVED.has(text)) continue;
    const hint = "use another text; a path of more than one component is fine";
    problems.add(
      "RESERVED_WORD",
      path,
      `the text ${shown(text)} may stand nowhere else in a state`,
      hint,
      "the device reads the wrong document, or dies",
    );
  }
}

/** True for a key that a device skips because it begins one of its own names (`bsp/run`). */
export function isSkipped(key: string): boolean {
  for (const name of RESERVED) if (name !== key && name.startsWith(key)) return true;
  return false;
}
