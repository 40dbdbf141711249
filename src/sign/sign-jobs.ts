import { partition } from "./partition.ts";
import type { Patterns } from "./selection.ts";
import { signatureKey } from "./signature-document.ts";
import type { TextEntry } from "./state-text.ts";
import type { SignOptions } from "./types.ts";

/** One signature to make. */
export interface SignJob {
  /** Its key, `_sigs/web.json`. */
  key: string;
  patterns: Patterns;
}

/** Yocto images of Pantavisor name the signature of everything outside parts so. */
const SKELETON = "_pvskel";

/** The signatures that the options ask for, in order. */
export function signJobs(entries: readonly TextEntry[], options: SignOptions): SignJob[] {
  const { parts, raw, policy } = options;
  if (parts && raw) throw new TypeError("signState takes parts or raw, not both");
  if (!parts && (options.include || options.exclude)) throw new TypeError("include and exclude go with parts");
  if (parts) return parts.map((part) => partJob(part.replace(/\/+$/, ""), options));
  if (raw) return [rawJob(raw, policy === "pvr")];
  return allJobs(entries, options.config !== false);
}

/** Go's path.Join, as pvr puts part and pattern together: empty and dot components go, `..` goes up. */
function join(part: string, pattern: string): string {
  const components: string[] = [];
  for (const component of `${part}/${pattern}`.split("/")) {
    if (component === "..") components.pop();
    else if (component !== "" && component !== ".") components.push(component);
  }
  return components.join("/");
}

/** `pvr sig add --part` (`cmdsigadd.go`). */
function partJob(part: string, { include = ["**"], exclude = ["src.json"], config }: SignOptions): SignJob {
  const key = signatureKey(part);
  return {
    key,
    patterns: {
      include: [...include.map((pattern) => join(part, pattern)), ...(config === false ? [] : [`_config/${part}/**`])],
      exclude: [...exclude.map((pattern) => join(part, pattern)), key],
    },
  };
}

/**
 * `pvr sig add --raw`. pvr means to exclude the new signature itself but leaves the name out of the path; that entry is
 * harmless and kept, so that files stay byte for byte the same. Where the patterns do reach the signature, its real
 * path is excluded too (unless exactly what pvr does is asked for).
 */
function rawJob(raw: NonNullable<SignOptions["raw"]>, asPvr: boolean): SignJob {
  const key = signatureKey(raw.name);
  const exclude = raw.exclude ?? (asPvr ? ["src.json"] : []);
  if (asPvr || !exclude.includes(key))
    return { key, patterns: { include: raw.include, exclude: [...exclude, "_sigs/.json"] } };
  return { key, patterns: { include: raw.include, exclude } };
}

/** A pattern for one key or folder; what has a meaning in patterns gives way to `?`. */
function literal(path: string): string {
  return path.replace(/[*?[\]{}\\<>&"\u2028\u2029\p{Cc}]/gu, "?");
}

/**
 * One signature a part, and one for the rest (`#spec`, `device.json`, ...): a part can then be replaced and signed
 * anew without the others. Nothing is excluded: `src.json` says where later builds fetch from.
 */
function allJobs(entries: readonly TextEntry[], config: boolean): SignJob[] {
  const { parts, rest } = partition(entries);
  const loose = rest.filter(({ key }) => config || !key.startsWith("_config/"));
  const job = (name: string, include: string[]): SignJob => ({
    key: signatureKey(name),
    patterns: { include, exclude: [signatureKey(name)] },
  });
  return [
    ...[...parts].map(([part, own]) => {
      const configured = config && own.some(({ key }) => key.startsWith("_config/"));
      const include = [`${literal(part)}/**`, ...(configured ? [`_config/${literal(part)}/**`] : [])];
      // To a device, a key that ends in /run.json is a container.
      return job(part === "run" ? "run.part" : part, include);
    }),
    ...(loose.length > 0
      ? [
          job(
            SKELETON,
            loose.map(({ key }) => literal(key)),
          ),
        ]
      : []),
  ];
}
