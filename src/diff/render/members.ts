import type { JsonObject, JsonValue } from "../../core/index.ts";
import { canonicalJson } from "../../state/index.ts";
import { exactNumber } from "../../state/internal.ts";
import { isObject, memberOf, sameMember } from "../member.ts";

/** One member of a document that differs: its path in there, and its values as text. */
export interface MemberChange {
  path: string;
  before?: string;
  after?: string;
}

/** Most members of one document that are shown; a generated one may have thousands. */
const MOST = 50;
/** Most levels that are told apart; below, whole values are shown. */
const DEEPEST = 12;

function textOf(object: JsonObject, key: string): string | undefined {
  const value = memberOf(object, key);
  if (value === undefined) return undefined;
  return exactNumber(object, key) ?? canonicalJson(value);
}

/** What differs inside a document, member by member, and how many more there are. */
export function memberChanges(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): { shown: MemberChange[]; more: number } {
  const shown: MemberChange[] = [];
  let more = 0;
  const walk = (from: JsonObject, to: JsonObject, path: string, level: number): void => {
    for (const key of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
      if (sameMember(from, to, key)) continue;
      const inner = path === "" ? key : `${path}/${key}`;
      const [old, next] = [memberOf(from, key), memberOf(to, key)];
      if (isObject(old) && isObject(next) && level < DEEPEST) walk(old, next, inner, level + 1);
      else if (shown.length === MOST) more++;
      else {
        const [was, is] = [textOf(from, key), textOf(to, key)];
        shown.push({ path: inner, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) });
      }
    }
  };
  if (isObject(before) && isObject(after)) walk(before, after, "", 0);
  return { shown, more };
}
