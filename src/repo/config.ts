import { isPvError, type JsonObject, PvError, readBytes } from "../core/index.ts";
import { canonicalJson, parseJson } from "../state/index.ts";
import { goJson } from "./go-json.ts";
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
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(folder.read(PATH), { maxBytes: 2 ** 20 });
  } catch (error) {
    if (isPvError(error, "FILE_FAILED") && error.data.reason === "ENOENT") return empty;
    throw error;
  }
  const value = parseJson(bytes);
  const wrong = (): PvError =>
    new PvError("FILE_FAILED", `${PATH} is no repository config`, { path: PATH, reason: "invalid" });
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong();
  const found: Record<string, unknown> = { ...empty };
  for (const [key, member] of Object.entries(value)) {
    const known = Object.keys(empty).find((name) => name.toLowerCase() === key.toLowerCase());
    if (known === undefined || member === null) continue;
    if (typeof member !== typeof empty[known as keyof RepositoryConfig]) throw wrong();
    found[known] = member;
  }
  return found as unknown as RepositoryConfig;
}

/** Writes `.pvr/config`, whole. */
export async function writeConfig(folder: Folder, config: RepositoryConfig): Promise<void> {
  await folder.write(PATH, formatConfig(config));
}
