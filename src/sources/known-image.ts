import { type JsonObject, type ObjectId, PvError } from "../core/index.ts";
import { isObjectId } from "../objects/index.ts";
import type { ContainerSource, ImageConfig } from "./types.ts";

/**
 * A squashfs image whose bytes are elsewhere: on a device, on a hub. The container made of it is partial, and whole
 * where the object is.
 *
 * @throws `PvError` `OBJECT_ID_INVALID` when `id` is no SHA-256 in lower-case hex.
 * @example
 * ```ts
 * import { sha256 } from "@pv/sdk";
 * import { knownImage } from "@pv/sdk/sources";
 * const source = knownImage(await sha256("an image"), { Entrypoint: ["/bin/web"] });
 * if (source.kind !== "image") throw new Error("nothing is read for it");
 * ```
 */
export function knownImage(id: ObjectId, config?: ImageConfig): ContainerSource {
  if (!isObjectId(id)) {
    const hint = "64 hex digits in lower case, the SHA-256 of the image";
    throw new PvError("OBJECT_ID_INVALID", `${JSON.stringify(id)} is no object id`, { id: String(id) }, { hint });
  }
  return {
    kind: "image",
    open: async () => ({
      ...(config ? { config } : {}),
      origin: { rootfs_digest: `sha256:${id}`, ...(config ? { docker_config: config as JsonObject } : {}) },
    }),
  };
}
