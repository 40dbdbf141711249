import { PvError, type Source } from "../core/index.ts";
import { contentSize, contentStream, isByteSource, utf8 } from "../core/internal.ts";
import { impliedFolder } from "./implied.ts";
import { ancestors, cleanPath } from "./tree-path.ts";
import type { EntryBase, FileSpec, Tree, TreeEntry } from "./types.ts";

function isSource(value: Source | FileSpec): value is Source {
  return value instanceof Uint8Array || isByteSource(value) || (typeof Blob !== "undefined" && value instanceof Blob);
}

interface Literal {
  path: string;
  folder: boolean;
  spec: FileSpec;
}

/** Names what a specification is; two at once are a slip of the pen, not data. */
function shapeOf(key: string, spec: FileSpec): "content" | "symlink" | "hardlink" | "device" | "special" | undefined {
  const shapes = (["content", "symlink", "hardlink", "device", "special"] as const).filter(
    (name) => spec[name] !== undefined,
  );
  if (shapes.length > 1) throw new TypeError(`${key}: ${shapes.join(" and ")} exclude each other`);
  return shapes[0];
}

function safe(path: string, what: string): string {
  const clean = cleanPath(path.replace(/^\/+/, ""));
  if (clean === undefined)
    throw new PvError("PATH_UNSAFE", `${what} leaves its folder`, { path }, { hint: "write the path without .." });
  return clean;
}

function parse(entries: Readonly<Record<string, string | Source | FileSpec>>): Literal[] {
  const literals: Literal[] = [];
  const kinds = new Map<string, boolean>();
  for (const [key, value] of Object.entries(entries)) {
    const spec: FileSpec = typeof value === "string" || isSource(value) ? { content: value } : value;
    const path = safe(key, "a key of files()");
    const shape = shapeOf(key, spec);
    const folder = key.endsWith("/") || path === "";
    if (folder && shape) throw new TypeError(`${key}: a key that ends in "/" is a folder and has no ${shape}`);
    if (kinds.has(path)) throw new TypeError(`${key}: the path is given twice`);
    kinds.set(path, folder);
    literals.push({ path, folder, spec });
  }
  for (const { path, spec } of literals) {
    const file = ancestors(path).find((above) => kinds.get(above) === false);
    if (file !== undefined)
      throw new PvError("TREE_INVALID", `${path} lies below ${file}, which is no folder`, { path });
    if (spec.hardlink === undefined) continue;
    const target = safe(spec.hardlink, "a hard link");
    const linked = literals.find((literal) => literal.path === target);
    if (!linked || linked.folder || linked.spec.hardlink !== undefined)
      throw new PvError("TREE_INVALID", `${path} is a hard link to ${target}, which is no file here`, { path });
  }
  // A hard link follows what it links to; all else keeps the order it was written in.
  return [
    ...literals.filter(({ spec }) => spec.hardlink === undefined),
    ...literals.filter(({ spec }) => spec.hardlink !== undefined),
  ];
}

async function entryOf({ path, folder, spec }: Literal): Promise<TreeEntry> {
  const base: EntryBase = {
    path,
    mode: spec.mode ?? (spec.symlink !== undefined ? 0o777 : folder ? 0o755 : 0o644),
    uid: spec.uid ?? 0,
    gid: spec.gid ?? 0,
    mtimeSeconds: spec.mtimeSeconds ?? 0,
    ...(spec.xattrs ? { xattrs: spec.xattrs } : {}),
  };
  if (folder) return { ...base, kind: "directory" };
  if (spec.symlink !== undefined) return { ...base, kind: "symlink", target: spec.symlink };
  if (spec.hardlink !== undefined) return { ...base, kind: "hardlink", target: safe(spec.hardlink, "a hard link") };
  if (spec.device) return { ...base, kind: spec.device[0], major: spec.device[1], minor: spec.device[2] };
  if (spec.special) return { ...base, kind: spec.special };
  const content = typeof spec.content === "string" ? utf8(spec.content) : (spec.content ?? new Uint8Array(0));
  const sizeBytes = (await contentSize(content)) ?? 0;
  return { ...base, kind: "file", sizeBytes, open: () => contentStream(content) };
}

/**
 * A tree in code. A key that ends in "/" is a folder; folders in between need not be named. Files have mode 0644 and
 * folders 0755 unless told, owner 0:0, time 0. The order is that of the keys, hard links last.
 *
 * @throws `PvError` `PATH_UNSAFE` when a key or a hard link leaves the tree.
 * @throws `PvError` `TREE_INVALID` when a key lies below a file, or a hard link names no file of the literal.
 * @example
 * ```ts
 * import { files, readBytes } from "@pv/sdk";
 * const tree = files({ "/app/run": { mode: 0o755, content: "#!/bin/sh\n" }, "/var/log/": {} });
 * const paths: string[] = [];
 * for await (const entry of tree) {
 *   paths.push(`${entry.kind} ${entry.path}`);
 *   if (entry.kind === "file" && (await readBytes(entry.open())).length !== 10) throw new Error("wrong content");
 * }
 * if (paths.join() !== "directory app,file app/run,directory var,directory var/log") throw new Error(paths.join());
 * ```
 */
export function files(entries: Readonly<Record<string, string | Source | FileSpec>>): Tree {
  const literals = parse(entries);
  return {
    async *[Symbol.asyncIterator]() {
      const folders = new Map(literals.filter(({ folder }) => folder).map((literal) => [literal.path, literal]));
      const said = new Set<string>();
      for (const literal of literals) {
        for (const above of ancestors(literal.path)) {
          if (said.has(above)) continue;
          said.add(above);
          const named = folders.get(above);
          yield named ? await entryOf(named) : impliedFolder(above);
        }
        if (literal.folder && said.has(literal.path)) continue;
        if (literal.folder) said.add(literal.path);
        yield await entryOf(literal);
      }
    },
  };
}
