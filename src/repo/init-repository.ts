import type { Job } from "../core/index.ts";
import { writeConfig } from "./config.ts";
import { exists } from "./exists.ts";
import { repositoryIn } from "./repository.ts";
import { runtimeFolder } from "./runtime-folder.ts";
import type { Folder, Repository } from "./types.ts";

/** How a repository is made. */
export interface InitOptions extends Job {
  /** `#spec` of its state; default: `pantavisor-service-system@1`. */
  spec?: string | undefined;
  /** The object pool, absolute or relative to the folder; default: `.pvr/objects`. */
  objectsDir?: string | undefined;
}

/**
 * Makes a repository; one that is there already is opened as it is.
 *
 * @throws `PvError` `FILE_FAILED` when the folder cannot be written.
 */
export async function initRepository(location: string | Folder, options: InitOptions = {}): Promise<Repository> {
  const folder = typeof location === "string" ? runtimeFolder(location) : location;
  const { spec = "pantavisor-service-system@1", objectsDir = "" } = options;
  if (!(await exists(folder, ".pvr/json"))) {
    await writeConfig(folder, {
      DefaultGetUrl: "",
      DefaultPutUrl: "",
      DefaultPostUrl: "",
      ObjectsDir: objectsDir,
      AccessTokens: {},
      RefreshTokens: {},
    });
    // The state comes last: a folder with `.pvr/json` is a whole repository.
    await folder.write(".pvr/json", `{ "#spec": ${JSON.stringify(spec)} }`, { durable: true });
  }
  return repositoryIn(folder, options);
}
