import type { JsonObject } from "../core/index.ts";
import type { Tree } from "../tree/index.ts";
import type { ContainerSource, ImageConfig } from "./types.ts";

/**
 * A root file system as a source, with the config that an image would bring; without one a container starts
 * `/sbin/init`.
 *
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { rootfs } from "@pv/sdk/sources";
 * const source = rootfs(files({ "/bin/web": { mode: 0o755, content: "#!/bin/sh\n" } }), { Entrypoint: ["/bin/web"] });
 * const { tree, config } = await source.open({});
 * if (!tree || config?.Entrypoint?.[0] !== "/bin/web") throw new Error("lost");
 * ```
 */
export function rootfs(tree: Tree, config?: ImageConfig): ContainerSource {
  if (typeof tree !== "object" || tree === null || !(Symbol.asyncIterator in tree)) {
    throw new TypeError("rootfs takes a Tree: readTar(fileSource(path)), readDirectory(path), or files({ ... })");
  }
  return {
    kind: "rootfs",
    open: async () => ({
      tree,
      ...(config ? { config } : {}),
      origin: config ? { docker_config: config as JsonObject } : {},
    }),
  };
}
