import { createHash } from "node:crypto";
import { contentChunks } from "../../src/core/internal.ts";
import type { Tree, TreeEntry } from "../../src/tree/index.ts";

/** All entries. */
export async function collect(tree: Tree): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for await (const entry of tree) entries.push(entry);
  return entries;
}

/** A tree as lines, contents as their start of SHA-256 or, when short, as text. */
export async function listTree(tree: Tree, full = false): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of tree) lines.push(full ? await describe(entry) : `${await describe(entry)}`.split(" @")[0]!);
  return lines;
}

async function describe(entry: TreeEntry): Promise<string> {
  const { path, kind, mode, uid, gid, mtimeSeconds } = entry;
  let what = "";
  if (entry.kind === "file") {
    const hash = createHash("sha256");
    let length = 0;
    const start: Uint8Array[] = [];
    for await (const bytes of contentChunks(entry.open())) {
      hash.update(bytes);
      if (length < 20) start.push(bytes);
      length += bytes.length;
    }
    if (length !== entry.sizeBytes) throw new Error(`${path}: ${length} bytes, not ${entry.sizeBytes}`);
    what = ` = ${length <= 20 ? JSON.stringify(Buffer.concat(start).toString("latin1")) : `${length}:${hash.digest("hex")}`}`;
  }
  if ("target" in entry) what = ` -> ${entry.target}`;
  if ("major" in entry) what = ` ${entry.major}:${entry.minor}`;
  const xattrs = Object.entries(entry.xattrs ?? {})
    .map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`)
    .toSorted();
  return `${kind} ${path || "."}${what} @${mode.toString(8)} ${uid}:${gid} ${mtimeSeconds} ${xattrs.join(",")}`;
}
