import type { JsonValue } from "../core/index.ts";
import { isObject, isSignature, memberOf, present, sameMember } from "./member.ts";
import type { Aspect } from "./types.ts";

/** By `<file> <member>`; the first that matches says what a member is about. */
const meanings: readonly (readonly [RegExp, Aspect])[] = [
  [/^services\.|^run\.json services$/, "services"],
  [/^groups\.|^run\.json (?:group|runlevel)$|^device\.json groups$/, "group"],
  [/^args\.|^src\.json args$/, "arguments"],
  [/^build\.|^src\.json (?:docker_|rootfs_|pvr|base$)|^pvpkg\.json (?:version$|.*url$)/, "version"],
  [/^(?:run|config|mdev)\.|^src\.json (?:config|persistence|logs|exports)$/, "run"],
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
  const found = (keys.length > 0 ? keys : [""]).map((key) => {
    const member = `${path.slice(path.lastIndexOf("/") + 1)} ${key}`;
    return meanings.find(([members]) => members.test(member))?.[1] ?? "other";
  });
  return [...new Set(found)].sort();
}

/** The first of a part's version texts that differs; nothing where all are the same. */
export function versionOf(part: string, from: object, to: object): { before?: string; after?: string } | undefined {
  const [old, next] = [from, to].map((state) => {
    const documents = ["build", "src", "pvpkg"].map((file) => memberOf(state, `${part}/${file}.json`));
    return Object.assign({}, ...documents.filter(isObject)) as object;
  });
  // Most telling first; "name@sha256:<hex>": the name is the image's, not the version's.
  for (const key of ["version", "docker_tag", "docker_digest", "docker_ovl_digest", "rootfs_digest", "gitdescribe"]) {
    const [before, after] = [old, next].map((document) => {
      const text = memberOf(document, key);
      return typeof text === "string" ? text.replace(/.*@/, "") : undefined;
    });
    if (before !== after) return present({ before, after });
  }
  return undefined;
}
