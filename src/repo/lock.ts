import { PvError, readBytes } from "../core/index.ts";
import { nativeProcess } from "../core/internal.ts";
import type { Folder } from "./types.ts";

const PATH = ".pvr/lock";

/** The lock, held. */
export interface Lock {
  release(): Promise<void>;
  /** True where the one who had it before was stopped in the middle. */
  broken: boolean;
}

/**
 * Takes the repository's lock for this process; one whose process is gone is broken. Folders that cannot make a file
 * exclusively have no second writer.
 *
 * @throws `PvError` `REPOSITORY_LOCKED` while another process works in it.
 */
export async function takeLock(folder: Folder): Promise<Lock> {
  const self = nativeProcess();
  if (!folder.create || !self) return { release: async () => {}, broken: false };
  for (let tried = 0; tried < 3; tried++) {
    if (await folder.create(PATH, `${self.pid}\n`)) return { release: () => folder.remove(PATH), broken: tried > 0 };
    const owner = Number(
      new TextDecoder().decode(await readBytes(folder.read(PATH), { maxBytes: 64 }).catch(() => new Uint8Array(0))),
    );
    const alive = Number.isSafeInteger(owner) && owner > 0 && self.isAlive(owner);
    if (alive) {
      throw new PvError(
        "REPOSITORY_LOCKED",
        `process ${owner} works in this repository`,
        { path: PATH },
        { hint: `wait for it to end; if it is none of pvr or this library, remove ${PATH}` },
      );
    }
    // Renamed before it is removed: of two that break it, one fails here instead of removing the other's new lock.
    await folder.rename(PATH, `${PATH}.stale-${self.pid}`).catch(() => {});
    await folder.remove(`${PATH}.stale-${self.pid}`);
  }
  throw new PvError(
    "REPOSITORY_LOCKED",
    "another process works in this repository",
    { path: PATH },
    { hint: "wait for it to end" },
  );
}
