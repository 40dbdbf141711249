import type { JsonObject } from "../core/index.ts";
import { compileDeviceGlob } from "../state/index.ts";
import { isSignature, memberOf, sameMember } from "./member.ts";

/** The `pvs` of a signature's protected header (base64url, padding optional). */
function selectionOf(signature: unknown): unknown {
  try {
    const text = atob(String(memberOf(signature, "protected")).replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return memberOf(JSON.parse(new TextDecoder().decode(bytes)), "pvs");
  } catch {
    // Such a signature never verified, so nothing breaks it.
    return undefined;
  }
}

/** Whether one of a list of patterns matches. */
function matcher(patterns: unknown): (key: string) => boolean {
  const matches = (Array.isArray(patterns) ? patterns : []).map((pattern) => compileDeviceGlob(String(pattern)));
  return (key) => matches.some((match) => match(key));
}

/** Signatures that both states have, over something that differs; their names. */
export function brokenSignatures(from: JsonObject, to: JsonObject, paths: readonly string[]): readonly string[] {
  // A device compares a key as it stands between the quotes.
  const keys = paths.map((path) => JSON.stringify(path).slice(1, -1));
  return Object.keys(to).flatMap((key) => {
    if (keys.length === 0 || !isSignature(to[key]) || !sameMember(from, to, key)) return [];
    const selection = selectionOf(to[key]);
    const included = matcher(memberOf(selection, "include"));
    const excluded = matcher(memberOf(selection, "exclude"));
    const broken = keys.some((path) => included(path) && !excluded(path));
    return broken ? [key.replace(/^_sigs\/(.+)\.json$/, "$1")] : [];
  });
}
