import { type Job, PvError } from "../core/index.ts";
import { repositoryIn } from "./repository.ts";
import { absolutePath, runtimeFolder } from "./runtime-folder.ts";
import type { Folder, Repository } from "./types.ts";

/**
 * Opens pvr's working copy: a folder with `.pvr/`, looked for from the path given upwards. A `Folder` is taken as it
 * is, so a browser's folder works too. The signal stops what the repository does, at any time.
 *
 * @throws `PvError` `FILE_FAILED` when there is no repository, `REPOSITORY_BROKEN` when its files are.
 * @example
 * ```ts
 * import { initRepository, openRepository } from "@pv/sdk/repo";
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * const folder = await mkdtemp(join(tmpdir(), "repository-"));
 * await (await initRepository(folder))[Symbol.asyncDispose]();
 * await writeFile(join(folder, "device.json"), '{"groups":[{"name":"app"}]}');
 * const repository = await openRepository(folder);
 * await repository.add();
 * const { state } = await repository.commit("first");
 * await repository[Symbol.asyncDispose]();
 * if (state["device.json"] === undefined) throw new Error("not committed");
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openRepository(location: string | Folder, options: Job = {}): Promise<Repository> {
  if (typeof location !== "string") return repositoryIn(location, options);
  const start = absolutePath(location);
  for (let at = start; ; ) {
    const folder = runtimeFolder(at);
    if ((await folder.list(".pvr")).some(({ path }) => path === ".pvr/json")) return repositoryIn(folder, options);
    const parent = at.slice(0, at.lastIndexOf("/")) || "/";
    if (parent === at) break;
    at = parent;
  }
  throw new PvError(
    "FILE_FAILED",
    `${location} is in no repository`,
    { path: location, reason: "ENOENT" },
    { hint: "make one with initRepository (pvsdk init)" },
  );
}
