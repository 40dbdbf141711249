import type { JsonValue } from "../core/index.ts";
import { isObject, isSignature, memberOf, present, sameMember } from "./member.ts";
import type { Aspect, PartDiff } from "./types.ts";

/** By `<file> <member>`; the first that matches says what a member is about. */
const meanings: readonly (readonly [RegExp, Aspect])[] = [
  [/^services\.|^run\.json services$/, "services"],
  [/^groups\.|^run\.json (?:group|runlevel)$|^device\.json groups$/, "group"],
  [/^args\.|^src\.json args$/, "arguments"],
  [/^(?:build|pvpkg)\.|^src\.json (?:docker|rootfs|pvr|base)/, "version"],
  [/^(?:run|config|mdev)\.|^src\.json config$/, "run"],
];

/** What a changed document is about, sorted; `before` and `after` are its values, `undefined` where it is not there. */
export function aspectsOf(
  path: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): readonly Aspect[] {
  if (path.startsWith("_sigs/") || isSignature(before) || isSignature(after)) return ["signature"];
  if (path.startsWith("_config/")) return ["overlay"];
  const [from, to] = [before, after].map((value) => (isObject(value) ? value : {}));
  const keys = Object.keys({ ...from, ...to }).filter((key) => !sameMember(from!, to!, key));
  const file = path.slice(path.lastIndexOf("/") + 1);
  const about = (key: string): Aspect => meanings.find(([members]) => members.test(`${file} ${key}`))?.[1] ?? "other";
  return [...new Set((keys.length > 0 ? keys : [""]).map(about))].sort();
}

/** Where documents name a version, most telling first. */
const versions = ["version", "docker_tag", "docker_digest", "docker_ovl_digest", "rootfs_digest"];

/** The first version text that differs in a part's changed documents. */
export function versionOf(changes: PartDiff["changes"]): PartDiff["version"] {
  for (const key of versions) {
    for (const change of changes) {
      if (change.kind === "object" || !change.aspects.includes("version")) continue;
      const [before, after] = [change.before, change.after].map((document) => {
        const text = memberOf(document, key);
        // "name@sha256:<hex>": the name is the image's, not the version's.
        return typeof text === "string" ? text.replace(/.*@/, "") : undefined;
      });
      if (before !== after) return present({ before, after });
    }
  }
  return undefined;
}
