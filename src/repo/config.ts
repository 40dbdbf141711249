import { type JsonObject, PvError } from "../core/index.ts";
import { canonicalJson } from "../state/index.ts";
import { goJson } from "./go-json.ts";
import { readOwnObject } from "./own-file.ts";
import type { Folder, RepositoryConfig } from "./types.ts";

const PATH = ".pvr/config";
const empty: RepositoryConfig = {
  DefaultGetUrl: "",
  DefaultPutUrl: "",
  DefaultPostUrl: "",
  ObjectsDir: "",
  AccessTokens: {},
  RefreshTokens: {},
};

/** Text as pvr writes it: TAB-indented, six members in this order, no final newline. */
export function formatConfig(config: RepositoryConfig): string {
  const members = Object.keys(empty).map((key) => {
    const value = goJson(canonicalJson((config as unknown as JsonObject)[key] ?? ""), { indent: "\t", prefix: "\t" });
    return `\t"${key}": ${value}`;
  });
  return `{\n${members.join(",\n")}\n}`;
}

/** Reads `.pvr/config`; keys in any case, unknown ones dropped, as pvr does. An absent file is an empty config. */
export async function readConfig(folder: Folder): Promise<RepositoryConfig> {
  const value = await readOwnObject(folder, PATH, "mend it, or make the repository again");
  if (!value) return empty;
  const found: Record<string, unknown> = { ...empty };
  for (const [key, member] of Object.entries(value)) {
    const known = Object.keys(empty).find((name) => name.toLowerCase() === key.toLowerCase());
    if (known === undefined || member === null) continue;
    if (typeof member !== typeof empty[known as keyof RepositoryConfig]) {
      const reason = `${known} is of another kind`;
      throw new PvError("REPOSITORY_BROKEN", `${PATH} is broken: ${reason}`, { path: PATH, reason });
    }
    found[known] = member;
  }
  return found as unknown as RepositoryConfig;
}

/** Writes `.pvr/config`, whole. */
export async function writeConfig(folder: Folder, config: RepositoryConfig): Promise<void> {
  await folder.write(PATH, formatConfig(config), { durable: true });
}
