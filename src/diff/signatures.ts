import type { JsonObject } from "../core/index.ts";
import { compileDeviceGlob } from "../state/index.ts";
import { isSignature, memberOf, sameMember } from "./member.ts";

/** The `pvs` of a signature's protected header (base64url, padding optional). */
function selectionOf(signature: unknown): unknown {
  try {
    const bytes = atob(String(memberOf(signature, "protected")).replace(/-/g, "+").replace(/_/g, "/"));
    const escaped = bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
    return memberOf(JSON.parse(decodeURIComponent(escaped)), "pvs");
  } catch {
    // Such a signature never verified, so nothing breaks it.
    return undefined;
  }
}

/** Signatures that both states have, over something that differs; their names. */
export function brokenSignatures(from: JsonObject, to: JsonObject, paths: readonly string[]): readonly string[] {
  // Pattern lists made to waste time are not read to their end: what cannot be shown to hold counts as broken.
  let work = 1e8;
  const broken = Object.keys(to).filter((key) => {
    if (paths.length === 0 || !isSignature(to[key]) || !sameMember(from, to, key)) return false;
    const selection = selectionOf(to[key]);
    const lists = ["include", "exclude"].map((list) => {
      const patterns = memberOf(selection, list);
      return (Array.isArray(patterns) ? patterns : []).map((pattern) => compileDeviceGlob(String(pattern)));
    });
    work -= paths.length * lists.flat().length;
    const [included, excluded] = lists.map((list) => (path: string) => list.some((match) => match(path)));
    return work < 0 || paths.some((path) => included!(path) && !excluded!(path));
  });
  return broken.map((key) => key.replace(/^_sigs\/(.+)\.json$/, "$1"));
}
