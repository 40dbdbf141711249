import { createHash } from "node:crypto";
import { encodePath } from "../../src/core/index.ts";
import { contentChunks, toHex } from "../../src/core/internal.ts";
import type { Tree, TreeEntry } from "../../src/tree/index.ts";

/** What make-corpus.py says of a path; bytes are hex. */
interface Expected {
  hardlink?: string;
  any?: boolean;
  type: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  size?: number;
  sha256?: string;
  target?: string;
  dev?: [number, number];
  xattrs?: Record<string, string>;
}

const letters: Readonly<Record<TreeEntry["kind"], string>> = {
  file: "f",
  directory: "d",
  symlink: "l",
  char: "c",
  block: "b",
  fifo: "p",
  socket: "s",
  hardlink: "h",
};

const hex = (path: string): string => toHex(encodePath(path));

async function shown(entry: TreeEntry): Promise<Partial<Expected>> {
  const seen: Partial<Expected> = {
    type: letters[entry.kind],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtimeSeconds,
  };
  if (entry.kind === "file") {
    const hash = createHash("sha256");
    for await (const bytes of contentChunks(entry.open())) hash.update(bytes);
    seen.size = entry.sizeBytes;
    seen.sha256 = hash.digest("hex");
  }
  if ("target" in entry) seen.target = hex(entry.target);
  if ("major" in entry) seen.dev = [entry.major, entry.minor];
  const xattrs = Object.entries(entry.xattrs ?? {});
  if (xattrs.length > 0)
    seen.xattrs = Object.fromEntries(xattrs.map(([name, value]) => [name, toHex(value)]).toSorted());
  return seen;
}

/** Paths at which a sorted tree is not as expected; names that share a file may be called file or link either way. */
export async function differencesOf(tree: Tree, expected: ReadonlyMap<string, object>): Promise<string[]> {
  const wrong: string[] = [];
  const left = new Map(expected as ReadonlyMap<string, Expected>);
  const leader = (name: string): string => left0.get(name)?.hardlink ?? name;
  const left0 = new Map(left);
  for await (const entry of tree) {
    const name = entry.path === "" ? "2e" : hex(entry.path);
    const want = left.get(name);
    left.delete(name);
    if (!want) {
      if (entry.path !== "") wrong.push(`${entry.path}: not expected`);
      continue;
    }
    if (entry.kind === "hardlink") {
      if (leader(hex(entry.target)) !== leader(name)) wrong.push(`${entry.path}: linked to ${entry.target}`);
      continue;
    }
    const { hardlink: _link, any, nlink: _count, ...real } = left0.get(leader(name)) as Expected & { nlink?: number };
    const seen = await shown(entry);
    if (any ? seen.type !== real.type : JSON.stringify(sorted(seen)) !== JSON.stringify(sorted(real)))
      wrong.push(`${entry.path}: ${JSON.stringify(sorted(seen))}, not ${JSON.stringify(sorted(real))}`);
  }
  for (const name of left.keys()) wrong.push(`${Buffer.from(name, "hex").toString("latin1")}: missing`);
  return wrong;
}

function sorted(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, key === "xattrs" ? sorted(member as object) : (member as unknown)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
