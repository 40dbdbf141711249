import { type Job, PvError } from "../core/index.ts";
import { formatState, type State } from "../state/index.ts";
import { readAdded, removeAdded, track } from "./added.ts";
import { checkout } from "./checkout.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { readConfig, writeConfig } from "./config.ts";
import { copyObjects } from "./copy-objects.ts";
import { type Ignores, readIgnores } from "./ignore.ts";
import { type Lock, takeLock } from "./lock.ts";
import { type ObjectPool, objectPool } from "./object-pool.ts";
import { pristineReader } from "./own-file.ts";
import { poolFolder, poolIsShared } from "./pool-folder.ts";
import { compareStates } from "./status.ts";
import { sweepFolder } from "./sweep-folder.ts";
import type { Folder, Repository, TrackOptions } from "./types.ts";
import { readWorkTree, type WorkTree, walk } from "./work-tree.ts";

const NO_MESSAGE = "** No commit message **";

/** Values that pvr, or a device, would read back as something else. */
function checkCommittable(state: State, pristine: State, objects: ReadonlyMap<string, string>): void {
  for (const [path, value] of Object.entries(state)) {
    if (path === "#spec" || objects.has(path) || value === pristine[path]) continue;
    const likeObject = typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value);
    if (value !== null && !likeObject) continue;
    const finding = {
      code: value === null ? "VALUE_NULL" : "VALUE_LIKE_OBJECT",
      severity: "error" as const,
      stage: "parse" as const,
      path,
      message:
        value === null
          ? "a file that holds null cannot be part of a state"
          : "this JSON text would be read back as an object id",
      effect: "the file is lost or taken for another",
      hint: "track it as an object with add --raw, or leave it out",
    };
    throw new PvError("STATE_INVALID", `${path}: ${finding.message}`, { findings: [finding] }, { hint: finding.hint });
  }
}

/** Opens the repository whose `.pvr/` is in the folder. */
export async function repositoryIn(folder: Folder, { signal }: Job = {}): Promise<Repository> {
  const config = await readConfig(folder);
  const pool: ObjectPool = objectPool(poolFolder(folder, config.ObjectsDir));
  const readPristine = pristineReader(folder);
  await readPristine();
  let held: Promise<Lock> | undefined;

  async function lock(): Promise<void> {
    if (held) return void (await held);
    held = takeLock(folder);
    try {
      await sweep(folder, pool, (await held).broken);
    } catch (error) {
      held = undefined;
      throw error;
    }
  }

  async function work(store?: ObjectPool): Promise<{ pristine: State; ignores: Ignores; tree: WorkTree }> {
    const pristine = await readPristine();
    const added = await readAdded(folder);
    const ignores = await readIgnores(folder);
    const tree = await readWorkTree(folder, pristine, added, ignores, { store, sweep: store !== undefined, signal });
    return { pristine, ignores, tree };
  }

  async function trackFiles(paths: readonly string[], options: TrackOptions): Promise<void> {
    await lock();
    await track(folder, await readPristine(), await readIgnores(folder), paths, { ...options, signal });
  }

  /** Objects first, then the state by one rename: a stop at any moment leaves the old or the new revision. */
  async function publish(state: State): Promise<void> {
    signal?.throwIfAborted();
    await pool.flush();
    await folder.write(".pvr/json", formatState(state), { durable: true });
    await folder.flush?.(".pvr");
  }

  return {
    folder,
    root: folder.root,
    objects: pool,
    async status() {
      const { pristine, tree } = await work();
      const untracked = tree.untracked.map((path) => ({ letter: "?" as const, path }));
      return [...compareStates(pristine, tree.state), ...untracked];
    },
    add: (...paths) => trackFiles(paths, {}),
    track: (paths, options = {}) => trackFiles(paths, options),
    workingState: async () => (await work()).tree.state,
    revision: async () => ({ state: await readPristine(), objects: pool }),
    config: () => readConfig(folder),
    async configure(changes) {
      await lock();
      await writeConfig(folder, { ...(await readConfig(folder)), ...changes });
    },
    async commit(message = NO_MESSAGE) {
      await lock();
      const { pristine, tree } = await work(pool);
      checkCommittable(tree.state, pristine, tree.objects);
      await folder.write(".pvr/commitmsg", message);
      await publish(tree.state);
      await removeAdded(folder);
      return { state: tree.state, objects: pool };
    },
    async replace(revision) {
      await lock();
      const copied = await copyObjects(revision, pool, { signal });
      await publish(revision.state);
      return copied;
    },
    async checkout(revision, options = {}) {
      await lock();
      if (revision) {
        await copyObjects(revision, pool, { signal });
        await publish(revision.state);
      }
      const state = await readPristine();
      await checkout(
        folder,
        { state, objects: pool },
        { ...options, signal, pool: (await readConfig(folder)).ObjectsDir },
      );
      await removeAdded(folder);
    },
    async gc(options = {}) {
      await lock();
      const shared = poolIsShared(folder, (await readConfig(folder)).ObjectsDir);
      return collectGarbage(pool, await readPristine(), shared, options);
    },
    async [Symbol.asyncDispose]() {
      const lock = await held?.catch(() => undefined);
      held = undefined;
      await lock?.release();
    },
  };
}

/** Removes what processes that were stopped in the middle have left. */
async function sweep(folder: Folder, pool: ObjectPool, everywhere: boolean): Promise<void> {
  await pool.sweep();
  await sweepFolder(folder, ".pvr");
  if (everywhere) for await (const _ of walk(folder, "", { sweep: true }));
}
