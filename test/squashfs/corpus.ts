import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodePath } from "../../src/core/index.ts";
import { toHex } from "../../src/core/internal.ts";
import type { Tree, TreeEntry } from "../../src/tree/index.ts";

const script = join(import.meta.dirname, "../vectors/squashfs/make-corpus.py");

/** The nasty trees of make-corpus.py. */
export const variants = [
  "sizes",
  "sparse",
  "links",
  "modes",
  "ids",
  "names",
  "bigdir",
  "xattrs",
  "deep",
  "quirks",
  "mix",
] as const;

/** What make-corpus.py expects of one path; bytes are hex. */
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

export type Expectation = ReadonlyMap<string, Expected>;

/** Writes the tar of a variant and returns its path with what a reader must see of it, by path in hex. */
export function makeCorpus(variant: string, folder: string): { tar: string; expected: Expectation } {
  const tar = join(folder, `${variant}.tar`);
  execFileSync("python3", [script, "make", variant, tar]);
  const json = JSON.parse(readFileSync(`${tar}.json`, "utf8")) as Record<string, Expected>;
  return { tar, expected: new Map(Object.entries(json)) };
}

/** Unpacks a tar as root, everything kept. */
export function unpack(tar: string, folder: string): void {
  const keep = ["--xattrs", "--xattrs-include=*", "--delay-directory-restore", "--same-owner", "--numeric-owner"];
  execFileSync("tar", [...keep, "-xpf", tar, "-C", folder], { stdio: ["ignore", "ignore", "ignore"] });
}

export interface Leniency {
  /** The image was made with these left out. */
  owner?: boolean;
  xattrs?: boolean;
  time?: boolean;
  hardlinks?: boolean;
  root?: boolean;
}

const kinds: Record<string, TreeEntry["kind"]> = {
  f: "file",
  d: "directory",
  l: "symlink",
  c: "char",
  b: "block",
  p: "fifo",
};
const pathHex = (path: string): string => toHex(encodePath(path === "" ? "." : path));

/** Every difference between a tree and what is expected of it; an empty list is the only right answer. */
export async function differences(tree: Tree, expected: Expectation, without: Leniency = {}): Promise<string[]> {
  const wrong: string[] = [];
  const say = (path: string, what: string): void => {
    wrong.push(`${JSON.stringify(path.slice(0, 60))}: ${what}`);
  };
  const seen = new Set<string>();
  /** First path in the tree of each group of links, to the file they all are. */
  const links = new Map<string, string>();
  const groupOf = (hex: string): string => expected.get(hex)?.hardlink ?? hex;
  for await (const entry of tree) {
    const hex = pathHex(entry.path);
    const parent = entry.path.includes("/") ? entry.path.slice(0, entry.path.lastIndexOf("/")) : "";
    if (entry.path !== "" && !seen.has(pathHex(parent))) say(entry.path, "comes before its folder");
    if (seen.has(hex)) say(entry.path, "comes twice");
    seen.add(hex);
    if (!expected.has(hex)) {
      say(entry.path, "is not expected");
      continue;
    }
    const group = groupOf(hex);
    const want = expected.get(group)!;
    if (want.any || (without.root && entry.path === "")) continue;
    const first = links.get(group);
    if (first !== undefined && !without.hardlinks) {
      if (entry.kind !== "hardlink" || entry.target !== first) say(entry.path, `is no link to ${first}`);
    } else {
      links.set(group, entry.path);
      if (entry.kind !== kinds[want.type]) {
        say(entry.path, `is ${entry.kind}, not ${want.type}`);
        continue;
      }
    }
    await compareEntry(entry, want, without, (what) => say(entry.path, what));
  }
  for (const hex of expected.keys()) if (!seen.has(hex)) say(Buffer.from(hex, "hex").toString("latin1"), "is missing");
  return wrong;
}

async function compareEntry(
  entry: TreeEntry,
  want: Expected,
  without: Leniency,
  say: (what: string) => void,
): Promise<void> {
  if (want.type !== "l" && entry.mode !== want.mode)
    say(`mode ${entry.mode.toString(8)}, not ${want.mode.toString(8)}`);
  if (!without.owner && (entry.uid !== want.uid || entry.gid !== want.gid)) say(`owner ${entry.uid}:${entry.gid}`);
  if (!without.time && entry.mtimeSeconds !== want.mtime) say(`time ${entry.mtimeSeconds}, not ${want.mtime}`);
  if (!without.xattrs) {
    const had = Object.entries(entry.xattrs ?? {}).map(([name, value]) => `${name}=${toHex(value)}`);
    const wanted = Object.entries(want.xattrs ?? {}).map(([name, value]) => `${name}=${value}`);
    if (had.toSorted().join() !== wanted.toSorted().join()) say(`${had.length} xattrs, not ${wanted.length}`);
  }
  if (entry.kind === "symlink" && toHex(encodePath(entry.target)) !== want.target) say("another target");
  if ((entry.kind === "char" || entry.kind === "block") && `${entry.major},${entry.minor}` !== want.dev?.join())
    say(`device ${entry.major},${entry.minor}`);
  if (entry.kind === "file") {
    if (entry.sizeBytes !== want.size) say(`${entry.sizeBytes} bytes, not ${want.size}`);
    const hash = createHash("sha256");
    let size = 0;
    for await (const bytes of entry.open()) {
      hash.update(bytes);
      size += bytes.length;
    }
    if (size !== entry.sizeBytes) say(`${size} bytes came`);
    if (hash.digest("hex") !== want.sha256) say("another content");
  }
}
