import type { Job, ObjectId } from "../core/index.ts";
import { diffTrees, type Tree, type TreeChange } from "../tree/index.ts";
import type { ImageDiff, PlanOptions, UpdatePlan } from "./types.ts";

/** Opens two images, compares them file by file, and closes what can be closed. */
async function compare(before: ObjectId, after: ObjectId, open: (id: ObjectId) => Promise<Tree>, job: Job) {
  const opened: Tree[] = [];
  try {
    for (const id of [before, after]) opened.push(await open(id));
    return await diffTrees(opened[0]!, opened[1]!, job);
  } finally {
    for (const tree of opened) await (tree as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }
}

/**
 * The same plan with a file-level account of every changed squashfs image: which files came, went or changed, and in
 * what. The plan itself stays synchronous and reads no bytes; this verb does, through `openImage` (of the plan, or
 * given here), which is called once per image and pair. Images that can be closed (`Symbol.asyncDispose`) are closed.
 * A new or removed image has nothing to be compared with and is left out.
 *
 * @throws {TypeError} when neither the plan nor the options have `openImage`.
 * @throws whatever `openImage` and reading its tree throw, such as `PvError` `OBJECT_MISSING` and
 * `SQUASHFS_INVALID`; aborted, it rejects with `signal.reason`.
 * @example
 * ```ts
 * import { explainPlan, files, parseState, planUpdate, renderDiff } from "@pv/sdk";
 * const state = (image: string) => parseState({ "#spec": "pantavisor-service-system@1", "web/root.squashfs": image.repeat(64) });
 * // For real images: openImage: async (id) => openSquashfs(revision.objects.get(id))
 * const openImage = async (id: string) => files({ "/etc/motd": id.startsWith("a") ? "old" : "new" });
 * const plan = await explainPlan(planUpdate(state("a"), state("b"), { openImage }));
 * if (plan.images?.[0]?.changes[0]?.path !== "etc/motd") throw new Error("not found");
 * if (!renderDiff(plan, "text").includes("etc/motd")) throw new Error("not shown");
 * ```
 */
export async function explainPlan(
  plan: UpdatePlan,
  options: Job & Pick<PlanOptions, "openImage"> = {},
): Promise<UpdatePlan> {
  const openImage = options.openImage ?? plan.openImage;
  if (!openImage) throw new TypeError("explainPlan needs openImage, in the plan's options or its own");
  const known = new Map<string, readonly TreeChange[]>();
  const images: ImageDiff[] = [];
  for (const part of plan.diff.parts) {
    for (const change of part.changes) {
      const { path, before, after } = change;
      if (change.kind !== "object" || !path.endsWith(".squashfs")) continue;
      if (typeof before !== "string" || typeof after !== "string") continue;
      options.signal?.throwIfAborted();
      const pair = `${before} ${after}`;
      const changes = known.get(pair) ?? (await compare(before, after, openImage, options));
      known.set(pair, changes);
      images.push({ part: part.name, path, before, after, changes });
    }
  }
  return { ...plan, images };
}
