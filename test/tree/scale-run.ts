/** Run by scale.test.ts in a process of its own: packs and reads a large tree, and says what it took. */
import { contentStream, utf8 } from "../../src/core/internal.ts";
import { overlay, readTar, type Tree, writeTar } from "../../src/tree/index.ts";

function large(count: number): Tree {
  const content = utf8("x".repeat(100));
  const base = { uid: 0, gid: 0, mtimeSeconds: 0 };
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < count; at++) {
        const folder = `folder-${Math.floor(at / 100)}`;
        if (at % 100 === 0) yield { ...base, path: folder, kind: "directory", mode: 0o755 };
        const path = `${folder}/file-number-${at}`;
        yield { ...base, path, kind: "file", mode: 0o644, sizeBytes: 100, open: () => contentStream(content) };
      }
    },
  };
}

const [what, count] = process.argv.slice(2);
const tree = large(Number(count));
let entries = 0;
let bytes = 0;
// From one stream into the other: nothing is kept but what the reader remembers.
const read = readTar(writeTar(tree));
for await (const entry of what === "overlay" ? overlay(large(1000), read) : read) {
  entries++;
  if (entry.kind === "file") for await (const chunk of entry.open()) bytes += chunk.length;
}
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({ entries, bytes, cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024 }),
);
