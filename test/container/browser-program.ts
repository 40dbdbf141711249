/** Runs in Node and in a page alike: a container from every source that needs no network. */
import { createContainer, dockerArchive, imageLayout, packageArchive, rootfs } from "../../src/container/index.ts";
import { type Content, readBytes } from "../../src/core/index.ts";
import { writeExport } from "../../src/export/index.ts";
import { sha256 } from "../../src/objects/index.ts";
import { formatState } from "../../src/state/index.ts";
import { type FileSpec, files, readTar, type Tree, writeTar } from "../../src/tree/index.ts";

/** Bytes in base64. */
export interface BrowserInput {
  /** Files of an OCI layout. */
  layout: Readonly<Record<string, string>>;
  /** What `docker save` wrote. */
  saved: string;
  /** A tar of a root file system, gzipped. */
  rootfs: string;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Hash of each container's state, which holds the hash of each object. */
export async function containersOf(input: BrowserInput): Promise<Record<string, string>> {
  const layout: Record<string, FileSpec | Uint8Array> = {};
  const blobs: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [path, text] of Object.entries(input.layout)) {
    blobs[path] = bytesOf(text);
    layout[path] = blobs[path];
  }
  /** As a page has a folder that somebody has chosen: files that are read when they are wanted. */
  const picked: Tree = {
    async *[Symbol.asyncIterator]() {
      for (const [path, bytes] of Object.entries(blobs)) {
        const file = new Blob([bytes]);
        const entry = { kind: "file", path, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 } as const;
        yield { ...entry, sizeBytes: file.size, open: () => file.stream() };
      }
    },
  };
  const tar = await readBytes(writeTar(files(layout)));
  const squashfs = { portable: true } as const;
  const found: Record<string, string> = {};
  const add = async (name: string, from: Parameters<typeof createContainer>[1]["from"]): Promise<Uint8Array> => {
    const container = await createContainer("web", { from, group: "app", squashfs });
    found[name] = await sha256(formatState(container));
    return readBytes(writeExport(container));
  };
  const tag = { tag: "vec/whiteout:3" };
  const gzipped: Content = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  await add("layout, a tar", imageLayout(new Blob([tar]), tag));
  await add("layout, a tar in gzip", imageLayout(gzipped, tag));
  await add("layout, files", imageLayout(files(layout), tag));
  await add("layout, a folder", imageLayout(picked, tag));
  const archive = await add("docker save", dockerArchive(new Blob([bytesOf(input.saved)])));
  await add("root file system", rootfs(readTar(new Blob([bytesOf(input.rootfs)])), { Entrypoint: ["/sbin/init"] }));
  await add("package", packageArchive(new Blob([archive as Uint8Array<ArrayBuffer>])));
  return found;
}
