import type { Source } from "../../src/core/index.ts";
import type { TreeEntry } from "../../src/tree/index.ts";
import { openSquashfs } from "../../src/wasm-squashfs/index.ts";

const letters = {
  file: "-",
  hardlink: "-",
  directory: "d",
  symlink: "l",
  char: "c",
  block: "b",
  fifo: "p",
  socket: "s",
} as const;

function modeText(mode: number): string {
  const three = [6, 3, 0].map((shift, at) => {
    const bits = (mode >> shift) & 7;
    const special = mode & [0o4000, 0o2000, 0o1000][at]!;
    const x = special ? (bits & 1 ? "sst"[at]! : "SST"[at]!) : bits & 1 ? "x" : "-";
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${x}`;
  });
  return three.join("");
}

/** One line an entry, as the recorded listings have them: mode, owner, size (`-` of folders), path; sorted. */
export function linesOf(root: ReadonlyMap<string, TreeEntry>): string[] {
  const lines = [...root.values()].map((entry) => {
    const of = entry.kind === "hardlink" ? (root.get(entry.target) ?? entry) : entry;
    const size =
      of.kind === "directory"
        ? "-"
        : "major" in of
          ? `${of.major},${of.minor}`
          : of.kind === "file"
            ? of.sizeBytes
            : "target" in of
              ? of.target.length
              : 0;
    const link = of.kind === "symlink" ? ` -> ${of.target}` : "";
    const path = ["squashfs-root", ...(entry.path === "" ? [] : [entry.path])].join("/");
    return `${letters[of.kind]}${modeText(of.mode)} ${of.uid}/${of.gid} ${size} ${path}${link}`;
  });
  return lines.sort();
}

/** {@link linesOf} all that an image holds. */
export async function listingOf(image: Source): Promise<string[]> {
  const root = new Map<string, TreeEntry>();
  await using opened = await openSquashfs(image);
  for await (const entry of opened) root.set(entry.path, entry);
  return linesOf(root);
}
