import { encodePath } from "../core/index.ts";
import { compareBytes } from "../core/internal.ts";

/**
 * The order of a walk: parents before children, the children of a folder by the unsigned bytes of their names (so a
 * slash comes before every other byte).
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    if (left === 0x2f) return -1;
    if (right === 0x2f) return 1;
    if (left < 0xd800 && right < 0xd800) return left - right;
    // Above, the order of UTF-16 is not that of the bytes; half a pair before this place belongs to it.
    const start = at > 0 && a.charCodeAt(at - 1) >= 0xd800 && a.charCodeAt(at - 1) < 0xdc00 ? at - 1 : at;
    const component = (path: string): string => path.slice(start).split("/", 1)[0]!;
    return compareBytes(encodePath(component(a)), encodePath(component(b))) || a.length - b.length;
  }
  return a.length - b.length;
}
