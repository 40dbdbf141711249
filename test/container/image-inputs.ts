/** Images as archives, for tests of every runtime. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readBytes } from "../../src/core/index.ts";
import { type FileSpec, files, writeTar } from "../../src/tree/index.ts";

/** Files of an OCI layout, by path. */
export function layoutFiles(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(names.toSorted().map((name) => [name, readFileSync(join(folder, name))]));
}

const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What `docker save` would write of an image of two layers, in the old form: one folder a layer, the second a link. */
export async function savedArchive(): Promise<Uint8Array> {
  const layer = (content: Record<string, FileSpec | string>): Promise<Uint8Array> =>
    readBytes(writeTar(files(content)));
  const layers = [
    await layer({
      "bin/app": { mode: 0o755, content: "#!/bin/sh\n" },
      "etc/old": "old",
      "lib/data": "x".repeat(200_000),
    }),
    await layer({ "etc/.wh.old": "", "etc/new": "new", "bin/more": "2", "bin/again": { hardlink: "bin/more" } }),
  ];
  const config = Buffer.from(
    JSON.stringify({
      architecture: "arm64",
      os: "linux",
      config: { Entrypoint: ["/bin/app"], Env: ["A=b c"] },
      rootfs: { type: "layers", diff_ids: layers.map((bytes) => `sha256:${hex(bytes)}`) },
    }),
  );
  const manifest = [
    { Config: `${hex(config)}.json`, RepoTags: ["team/app:1"], Layers: ["1/layer.tar", "2/layer.tar"] },
  ];
  return readBytes(
    writeTar(
      files({
        [`${hex(config)}.json`]: config,
        "1/layer.tar": layers[0]!,
        "shared/layer": layers[1]!,
        "2/layer.tar": { symlink: "../shared/layer" },
        "manifest.json": JSON.stringify(manifest),
      }),
    ),
  );
}
