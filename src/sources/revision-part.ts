import type { Revision } from "../revision/index.ts";
import { selectParts } from "../state/index.ts";
import type { ContainerSource } from "./types.ts";

/**
 * A container of another revision, as it is there: documents, objects, overlay and signature. Given settings change it,
 * and then its signature is left out.
 *
 * @throws `PvError` once opened: `PART_UNKNOWN` when the revision has no such part.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { createContainer, revisionPart } from "@pv/sdk/container";
 * const other = await createContainer("web", { from: files({ "/sbin/init": { mode: 0o755, content: "" } }) });
 * const web = await createContainer("web", { from: revisionPart(other, "web") });
 * if (web.state["web/root.squashfs"] !== other.state["web/root.squashfs"]) throw new Error("not the same image");
 * ```
 */
export function revisionPart(revision: Revision, part: string): ContainerSource {
  return {
    kind: "part",
    open: async () => ({ revision: selectParts(revision, part), origin: {} }),
  };
}
