import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { memorySink, readBytes } from "../../src/core/index.ts";
import { files } from "../../src/tree/index.ts";
import { writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { chainImage } from "../squashfs/chain-image.ts";
import { fieldMap } from "../squashfs/field-map.ts";
import { set } from "./edits.ts";
import { applyEdits, type Seed } from "./mutate.ts";

const folder = join(import.meta.dirname, "../vectors/squashfs/seeds");
const STRUCTURED = new Set(["plain", "tables", "tails", "index"]);

/** The images of make-seeds.sh; those with uncompressed tables with their fields. */
export function readSeeds(): Seed[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".squashfs"))
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -".squashfs".length);
      const bytes = new Uint8Array(readFileSync(join(folder, file)));
      return { name, bytes, fields: STRUCTURED.has(name) ? fieldMap(bytes) : undefined };
    });
}

/** An image whose innermost folder holds the root: it says itself that it is its own parent. */
function rootInRoot(): Seed {
  const bytes = chainImage(["a"]);
  const fields = fieldMap(bytes);
  const seed = { name: "loop", bytes, fields };
  // The only entry names the second inode; the first is the root, whose parent nobody can check.
  const edits = [
    ...set("entry.offset", 0)(seed),
    ...set("run.number", 1)(seed),
    ...set("inode.directory.parent", 1)(seed),
  ];
  return { ...seed, bytes: applyEdits(bytes, edits) };
}

/** Seeds that are too large to keep, or easier to make. */
export async function makeSeeds(): Promise<Seed[]> {
  const xattrs = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`user.${String(index).padStart(240, "x")}`, new Uint8Array(1)]),
  );
  const sink = memorySink();
  await writeSquashfs(files({ file: { content: "", xattrs } }), sink);
  return [
    { name: "depth", bytes: chainImage(Array.from({ length: 4096 }, () => "d")), fields: undefined },
    { name: "path", bytes: chainImage(Array.from({ length: 257 }, () => "p".repeat(255))), fields: undefined },
    { name: "names", bytes: await readBytes(sink.written), fields: undefined },
    rootInRoot(),
  ];
}
