import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const PACKAGES = "python3,openssh-server,network-manager,iptables,perl,vim-tiny,curl,git-man";
const LEFT_OUT = ["man", "doc", "locale"];

/** A Debian root of some 240 MB, made once. */
export function debianRoot(folder: string): string {
  const root = join(folder, "debian-12");
  if (existsSync(root)) return root;
  mkdirSync(folder, { recursive: true });
  console.error("making a Debian root with mmdebstrap …");
  const excludes = LEFT_OUT.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const tar = join(folder, "debian-12.tar");
  execFileSync("mmdebstrap", ["--variant=minbase", `--include=${PACKAGES}`, ...excludes, "bookworm", tar], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  mkdirSync(`${root}.new`, { recursive: true });
  execFileSync("tar", ["-xpf", tar, "-C", `${root}.new`]);
  renameSync(`${root}.new`, root);
  return root;
}

/** Everything below a folder, in order; links are not followed. */
function* below(folder: string): Generator<string, void, void> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    yield join(folder, entry.name);
    if (entry.isDirectory()) yield* below(join(folder, entry.name));
  }
}

/** Regular files with one name. */
function filesBelow(folder: string): string[] {
  return [...below(folder)].filter((path) => {
    const stat = lstatSync(path);
    return stat.isFile() && stat.nlink === 1 && stat.size > 0;
  });
}

/** What a folder holds. */
export function countFolder(folder: string): { entries: number; files: number; bytes: number } {
  const files = filesBelow(folder);
  const bytes = files.reduce((sum, path) => sum + lstatSync(path).size, 0);
  return { entries: [...below(folder)].length, files: files.length, bytes };
}

/** A copy in which one file of twenty has some bytes more, at a place and of a length that follow from its path. */
export function editedCopy(root: string, folder: string): string {
  const copy = join(folder, "edited");
  execFileSync("rm", ["-rf", copy]);
  execFileSync("cp", ["-a", root, copy]);
  for (const path of filesBelow(copy)) {
    const digest = createHash("sha256").update(path.slice(copy.length)).digest();
    if (digest.readUInt16LE(0) % 20 !== 0) continue;
    const bytes = readFileSync(path);
    const { atimeMs, mtimeMs } = lstatSync(path);
    const at = digest.readUInt32LE(4) % bytes.length;
    const more = digest.subarray(0, 1 + (digest[8]! % 32));
    writeFileSync(path, Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]));
    utimesSync(path, atimeMs / 1000, mtimeMs / 1000 + 60);
  }
  return copy;
}

/** A folder of `count` files of `sizeBytes` each, a hundred to a folder; made once. */
export function madeFolder(folder: string, count: number, sizeBytes: number): string {
  const made = join(folder, `made-${count}`);
  if (existsSync(made)) return made;
  const text = new Uint8Array(2 ** 20);
  for (let at = 0, state = 1; at < text.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text[at] = 97 + (state >>> 28);
  }
  for (let index = 0; index < count; index++) {
    const parent = join(`${made}.new`, `folder-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(parent, { recursive: true });
    const file = openSync(join(parent, `file-${index}`), "w");
    for (let left = sizeBytes; left > 0; ) {
      text[(index + left) % text.length]! ^= 1;
      left -= writeSync(file, text, index % 65536, Math.min(left, text.length - 65536));
    }
    closeSync(file);
  }
  renameSync(`${made}.new`, made);
  return made;
}
