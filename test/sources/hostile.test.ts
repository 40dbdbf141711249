import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createContainer } from "../../src/container/index.ts";
import { isPvError } from "../../src/core/index.ts";
import { dockerArchive, imageLayout } from "../../src/sources/index.ts";
import { type FileSpec, files, type Tree } from "../../src/tree/index.ts";
import { openSquashfs } from "../../src/wasm-squashfs/index.ts";
import { endMark, type MemberSpec, member, pax } from "../tree/tar-maker.ts";

const hex = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const tar = (...members: readonly Uint8Array[]): Buffer => Buffer.concat([...members, endMark]);
const file = (name: MemberSpec["name"], content = "x"): Uint8Array => member({ name, content });
const folder = (name: string): Uint8Array => member({ name, type: "5", mode: 0o755 });
const symlink = (name: string, link: string): Uint8Array => member({ name, type: "2", link });
const hardlink = (name: string, link: string): Uint8Array => member({ name, type: "1", link });
const device = (name: string): Uint8Array => member({ name, type: "3" });

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const described = (bytes: Uint8Array): { digest: string; size: number } => ({
  digest: `sha256:${hex(bytes)}`,
  size: bytes.length,
});

/** A layout of these blobs, whose index has one entry. */
function layout(first: unknown, ...blobs: readonly Uint8Array[]): Tree {
  const entries: [string, FileSpec | Uint8Array][] = blobs.map((bytes) => [`blobs/sha256/${hex(bytes)}`, bytes]);
  return files({ ...Object.fromEntries(entries), "index.json": json({ schemaVersion: 2, manifests: [first] }) });
}

const config = json({ architecture: "amd64", os: "linux", config: { Cmd: ["/x"] } });

/** A layout of one image with this manifest. */
function image(manifest: object, ...blobs: readonly Uint8Array[]): Tree {
  const bytes = json({ schemaVersion: 2, config: described(config), ...manifest });
  return layout(described(bytes), bytes, config, ...blobs);
}

const layered = (layers: readonly Uint8Array[]): Tree => image({ layers: layers.map(described) }, ...layers);

/** What a container holds of it, without the folders that each has; or the code of what was thrown. */
async function outcome(from: Parameters<typeof createContainer>[1]["from"]): Promise<string> {
  try {
    const made = await createContainer("web", { from });
    const found: string[] = [];
    await using root = await openSquashfs(made.objects.get(made.state["web/root.squashfs"] as string));
    for await (const entry of root) {
      if (/^(?:|proc|sys|dev|tmp|run|var|var\/run|var\/tmp)$/.test(entry.path)) continue;
      const mark = { directory: "/", symlink: " -> ", hardlink: " = ", char: " char" }[entry.kind as string] ?? "";
      found.push(`${entry.path}${mark}${"target" in entry ? entry.target : ""}`);
    }
    return found.join(", ");
  } catch (error) {
    if (!isPvError(error)) throw error;
    return error.code;
  }
}

describe("hostile layers", () => {
  const target70k = "t".repeat(70_000);
  it.each<[string, readonly Uint8Array[], string]>([
    ["a whiteout of ..", [tar(file("a/b")), tar(file("a/.wh..."))], "TREE_INVALID"],
    ["a whiteout of .", [tar(file("a/b")), tar(file("a/.wh.."))], "TREE_INVALID"],
    ["a whiteout of nothing", [tar(file("a/b")), tar(file("a/.wh."))], "TREE_INVALID"],
    ["a whiteout of nothing that is a folder", [tar(file("a/b")), tar(file("a/.wh./x"))], "TREE_INVALID"],
    ["a whiteout that is a folder", [tar(file("a/b")), tar(folder("a/.wh.b"))], "a/"],
    ["a whiteout that is a link", [tar(file("a/b")), tar(symlink("a/.wh.b", "x"))], "a/"],
    ["an opaque root", [tar(file("a")), tar(file(".wh..wh..opq"), file("b"))], "b"],
    ["a name with ..", [tar(file("../x"))], "TAR_PATH_UNSAFE"],
    ["a name with .. that stays", [tar(file("a/../x"))], "TAR_PATH_UNSAFE"],
    [
      "absolute names",
      [tar(folder("/etc/"), file("//etc/x"), hardlink("/etc/y", "/etc/x"))],
      "etc/, etc/x, etc/y = etc/x",
    ],
    ["a file for the root", [tar(file("."))], "TAR_PATH_UNSAFE"],
    ["a link for the root", [tar(symlink("./", "x"))], "TAR_PATH_UNSAFE"],
    ["a file below a link", [tar(folder("real"), symlink("l", "real"), file("l/x"))], "l -> real, real/, real/x"],
    ["a file below a link of the root", [tar(symlink("l", "/etc"), file("l/x"))], "etc/, etc/x, l -> /etc"],
    ["a file below a link out", [tar(symlink("l", "../../etc"), file("l/x"))], "etc/, etc/x, l -> ../../etc"],
    [
      "a file below two links",
      [tar(symlink("a", "b/c"), symlink("b", "d"), file("a/x"))],
      "a -> b/c, b -> d, d/, d/c/, d/c/x",
    ],
    ["a file below a circle", [tar(symlink("a", "b"), symlink("b", "a"), file("a/x"))], "TREE_INVALID"],
    ["a folder over a link", [tar(folder("real"), symlink("l", "real"), folder("l"), file("l/x"))], "l/, l/x, real/"],
    ["a whiteout below a link", [tar(file("real/x")), tar(symlink("l", "real"), file("l/.wh.x"))], "l -> real, real/"],
    [
      "a file below a link of a lower layer, as overlayfs has it",
      [tar(file("real/x"), symlink("l", "real")), tar(file("l/y"))],
      "l/, l/y, real/, real/x",
    ],
    ["a file below a file", [tar(file("a"), file("a/b"))], "TREE_INVALID"],
    ["a file below a file of a lower layer", [tar(file("a")), tar(file("a/b"))], "a/, a/b"],
    ["a hard link out", [tar(hardlink("y", "../../etc/passwd"))], "TAR_PATH_UNSAFE"],
    ["a hard link to nothing", [tar(hardlink("y", "x"))], "TREE_INVALID"],
    ["a hard link to what comes later", [tar(hardlink("y", "x"), file("x"))], "TREE_INVALID"],
    ["a hard link to itself", [tar(hardlink("y", "y"))], "TREE_INVALID"],
    ["hard links in a circle", [tar(hardlink("a", "b"), hardlink("b", "a"))], "TREE_INVALID"],
    ["a hard link to a folder", [tar(folder("x"), hardlink("y", "x"))], "TREE_INVALID"],
    ["a hard link to what is removed", [tar(file("x")), tar(file(".wh.x"), hardlink("y", "x"))], "TREE_INVALID"],
    ["a hard link into a lower layer", [tar(file("x")), tar(hardlink("y", "x"))], "x, y = x"],
    [
      "a hard link by way of a link",
      [tar(file("r/x"), symlink("l", "r"), hardlink("y", "l/x"))],
      "l -> r, r/, r/x, y = r/x",
    ],
    ["a device over a folder", [tar(file("a/b")), tar(device("a"))], "a char"],
    ["a device over a folder of its own layer", [tar(file("a/b"), device("a"))], "TREE_INVALID"],
    ["a name of 255 bytes", [tar(pax({ path: "n".repeat(255) }, file("x")))], "n".repeat(255)],
    ["a name of 256 bytes", [tar(pax({ path: "n".repeat(256) }, file("x")))], "TREE_INVALID"],
    ["a path of 70 kB", [tar(pax({ path: "d/".repeat(35_000) }, file("x")))], "TAR_INVALID"],
    ["a link of 70 kB", [tar(pax({ linkpath: target70k }, symlink("x", "y")))], "TREE_INVALID"],
    ["a size beyond the end", [tar(member({ name: "a", size: 2 ** 33 - 1 }))], "TAR_INVALID"],
    ["no bytes", [Buffer.alloc(0)], ""],
    ["no tar", [Buffer.from("this is no tar")], "TAR_INVALID"],
    ["no end mark", [Buffer.from(file("a"))], "a"],
    ["a cut tar", [tar(file("a", "x".repeat(2000))).subarray(0, 1000)], "TAR_INVALID"],
    ["a cut gzip", [gzipSync(tar(file("a"))).subarray(0, 60)], "CONTENT_TRUNCATED"],
    ["zeros after gzip", [Buffer.concat([gzipSync(tar(file("a"))), Buffer.alloc(512)])], "a"],
    ["garbage after gzip", [Buffer.concat([gzipSync(tar(file("a"))), Buffer.from("garbage")])], "CONTENT_CORRUPT"],
    [
      "two members of gzip",
      [Buffer.concat([tar(file("a")).subarray(0, 700), tar(file("a")).subarray(700)].map((part) => gzipSync(part)))],
      "a",
    ],
    ["zstd", [zstdCompressSync(tar(file("a")))], "a"],
    [
      "a sparse file of a petabyte",
      [
        tar(
          pax(
            {
              "GNU.sparse.major": "1",
              "GNU.sparse.minor": "0",
              "GNU.sparse.name": "s",
              "GNU.sparse.realsize": String(2 ** 50),
            },
            member({ name: "x", content: "1\n0\n0\n".padEnd(512, "\0") }),
          ),
        ),
      ],
      "LIMIT_EXCEEDED",
    ],
  ])("%s", async (_, layers, wanted) => expect(await outcome(imageLayout(layered(layers)))).toBe(wanted));
});

describe("hostile documents", () => {
  const one = described(config);
  const nested = (depth: number): Tree => {
    let bytes: Buffer = json({ schemaVersion: 2, config: one, layers: [] });
    const blobs = [bytes, config];
    for (let at = 0; at < depth; at++) {
      bytes = json({ manifests: [described(bytes)], at });
      blobs.push(bytes);
    }
    return layout(described(bytes), ...blobs);
  };
  const bare = (text: string): Tree => files({ "index.json": text });
  const layer = (of: object): Tree => image({ layers: [{ ...one, ...of }] });
  it.each<[string, Tree, string]>([
    ["10,000 layers", image({ layers: Array(10_000).fill(one) }), "OCI_INVALID"],
    ["a digest of sha512", layer({ digest: `sha512:${"a".repeat(128)}` }), "OCI_INVALID"],
    ["a digest of md5", layer({ digest: "md5:abc" }), "OCI_INVALID"],
    ["a digest that is a path", layer({ digest: "sha256:../../x" }), "OCI_INVALID"],
    ["a digest in capitals", layer({ digest: `sha256:${"A".repeat(64)}` }), "OCI_INVALID"],
    ["a digest with a slash", layer({ digest: `sha256:${"a".repeat(63)}/` }), "OCI_INVALID"],
    ["no digest", layer({ digest: null }), "OCI_INVALID"],
    ["a negative size", layer({ size: -1 }), "OCI_INVALID"],
    ["a fraction", layer({ size: 1.5 }), "OCI_INVALID"],
    ["a huge size", layer({ size: 2 ** 53 }), "OCI_INVALID"],
    ["a size as text", layer({ size: "1" }), "OCI_INVALID"],
    ["a size that is not the blob's", layer({ size: one.size + 1 }), "CONTENT_TRUNCATED"],
    ["a layer that is no tar by its type", layer({ mediaType: "text/plain" }), "OCI_INVALID"],
    ["layers that are no objects", image({ layers: [1, null] }), "OCI_INVALID"],
    ["a config that is a path", image({ config: { digest: "sha256:../../x", size: 2 }, layers: [] }), "OCI_INVALID"],
    ["a config of 1 GB", image({ config: { ...one, size: 2 ** 30 }, layers: [] }), "LIMIT_EXCEEDED"],
    ["an entry that is a path", layout({ digest: "sha256:../../x", size: 1 }), "OCI_INVALID"],
    ["an entry that is null", layout(null), "OCI_INVALID"],
    ["an entry that is not there", layout(one), "OBJECT_MISSING"],
    ["an index in three others", nested(2), ""],
    ["an index in ten others", nested(10), "OCI_INVALID"],
    ["no JSON", bare("{"), "OCI_INVALID"],
    ["a list for an index", bare("[]"), "OCI_INVALID"],
    ["JSON of 100,000 levels", bare("[".repeat(100_000)), "OCI_INVALID"],
    ["an index of 5 MB", bare(" ".repeat(5_000_000)), "LIMIT_EXCEEDED"],
  ])("%s", async (_, tree, wanted) => expect(await outcome(imageLayout(tree))).toBe(wanted));

  it("an index that names itself cannot be: its digest is not its bytes'", async () => {
    const named = `sha256:${"a".repeat(64)}`;
    const loop = json({ manifests: [{ digest: named, size: 1 }] });
    const tree = files({ "index.json": loop, [`blobs/sha256/${"a".repeat(64)}`]: loop });
    expect(await outcome(imageLayout(tree))).toBe("OCI_DIGEST_MISMATCH");
  });
});

describe("hostile archives of docker save", () => {
  const layer = tar(file("a"));
  const document = json({ config: {}, rootfs: { diff_ids: [`sha256:${hex(layer)}`] } });
  const saved = (layers: readonly unknown[], ...members: readonly Uint8Array[]): Uint8Array =>
    tar(
      file("manifest.json", JSON.stringify([{ Config: "config.json", RepoTags: ["a:1"], Layers: layers }])),
      member({ name: "config.json", content: document }),
      ...members,
    );
  const held = member({ name: "x/layer.tar", content: layer });
  it.each<[string, Uint8Array, string]>([
    ["a layer outside", saved(["../x"]), "OBJECT_MISSING"],
    ["a layer by an absolute name", saved(["/etc/passwd"]), "OBJECT_MISSING"],
    ["a layer that is a link", saved(["y/layer.tar"], held, symlink("y/layer.tar", "../x/layer.tar")), "a"],
    ["a layer that is a hard link", saved(["y"], held, hardlink("y", "x/layer.tar")), "a"],
    ["a layer that is a link out", saved(["y"], held, symlink("y", "../../../etc/passwd")), "OBJECT_MISSING"],
    ["a layer that is a circle", saved(["y"], symlink("y", "z"), symlink("z", "y")), "OBJECT_MISSING"],
    ["a layer that is a folder", saved(["x"], held), "OBJECT_MISSING"],
    ["a layer that is a number", saved([7], held), "OCI_INVALID"],
    ["a layer twice", saved(["x/layer.tar", "x/layer.tar"], held), "OCI_INVALID"],
    ["a layer that was changed", saved(["x"], member({ name: "x", content: tar(file("b")) })), "OCI_DIGEST_MISMATCH"],
    ["a layer of a lying name", saved(["../x/layer.tar"], held), "OBJECT_MISSING"],
  ])("%s", async (_, archive, wanted) => expect(await outcome(dockerArchive(archive))).toBe(wanted));
});
