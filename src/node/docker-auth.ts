import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { PvError } from "../core/index.ts";
import type { Login, RegistryAuth } from "../sources/index.ts";

interface StoredAuth {
  auth?: unknown;
  username?: unknown;
  password?: unknown;
  identitytoken?: unknown;
}

interface DockerConfig {
  auths?: Record<string, StoredAuth | undefined>;
  credHelpers?: Record<string, unknown>;
  credsStore?: unknown;
}

/** A credential helper that hangs (a locked keychain without a screen) must not hang a build. */
const HELPER_TIMEOUT_MS = 30_000;
const HUB = "https://index.docker.io/v1/";

/** Config files in the order they are asked, as docker, podman and skopeo look for them. */
function configFiles(): readonly string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = process.env;
  if (REGISTRY_AUTH_FILE) return [REGISTRY_AUTH_FILE];
  return [
    join(DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json"),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "containers/auth.json")] : []),
    join(XDG_CONFIG_HOME ?? join(homedir(), ".config"), "containers/auth.json"),
  ];
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PvError("FILE_FAILED", `${path} cannot be read`, { path, reason: code ?? "unknown" }, { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as DockerConfig;
  } catch {
    // Said below: the text itself may hold secrets, so it is not quoted.
  }
  throw new PvError("FILE_FAILED", `${path} is no JSON object`, { path, reason: "invalid" });
}

/** Keys under which a registry's login may stand. */
function keysOf(registry: string): readonly string[] {
  const names = registry === "docker.io" ? [HUB, "docker.io", "index.docker.io", "registry-1.docker.io"] : [registry];
  return names.flatMap((name) => [
    name,
    `https://${name}`,
    `https://${name}/`,
    `https://${name}/v1/`,
    `https://${name}/v2/`,
    `http://${name}`,
  ]);
}

function storedLogin(stored: StoredAuth | undefined): Login | undefined {
  if (typeof stored?.identitytoken === "string" && stored.identitytoken !== "")
    return { username: "<token>", password: stored.identitytoken };
  if (typeof stored?.auth === "string" && stored.auth !== "") {
    const text = Buffer.from(stored.auth, "base64").toString("utf8").replace(/\0+$/, "");
    const colon = text.indexOf(":");
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  if (typeof stored?.username === "string" && typeof stored.password === "string")
    return { username: stored.username, password: stored.password };
  return undefined;
}

/** Asks `docker-credential-<name> get`; undefined where it knows nothing of the registry. */
function askHelper(name: string, key: string): Promise<Login | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      `docker-credential-${name}`,
      ["get"],
      { timeout: HELPER_TIMEOUT_MS, maxBuffer: 2 ** 20 },
      (error, stdout) => {
        if (error && (error as NodeJS.ErrnoException).code === "ENOENT") {
          const path = `docker-credential-${name}`;
          return reject(
            new PvError("FILE_FAILED", `the credential helper ${path} is not installed`, { path, reason: "ENOENT" }),
          );
        }
        if (error) return resolve(undefined);
        try {
          const { Username: username, Secret: password } = JSON.parse(stdout) as {
            Username?: unknown;
            Secret?: unknown;
          };
          resolve(typeof username === "string" && typeof password === "string" ? { username, password } : undefined);
        } catch {
          resolve(undefined);
        }
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(key);
  });
}

/**
 * Credentials as docker, podman and skopeo find them: credential helpers, then what `docker login` stored in
 * `~/.docker/config.json` (`DOCKER_CONFIG`, `REGISTRY_AUTH_FILE` and the `containers/auth.json` files too). Read when
 * a registry asks for a login; anonymous where nothing is stored.
 *
 * @throws `PvError` `FILE_FAILED` when a config file is broken, or names a helper that is not installed.
 * @example
 * ```ts
 * import { registryImage } from "@pv/sdk/container";
 * import { dockerAuth } from "@pv/sdk/node";
 * const image = registryImage("ghcr.io/acme/app:1", { auth: dockerAuth() });
 * if (image.kind !== "registry") throw new Error("nothing is read yet");
 * ```
 */
export function dockerAuth(): RegistryAuth {
  return async (registry) => {
    for (const path of configFiles()) {
      const config = await readConfig(path);
      if (!config) continue;
      const keys = keysOf(registry);
      const helper =
        keys.map((key) => config.credHelpers?.[key]).find((name) => name !== undefined) ?? config.credsStore;
      if (typeof helper === "string" && /^[\w.-]+$/.test(helper)) {
        const login = await askHelper(helper, registry === "docker.io" ? HUB : registry);
        if (login) return login;
      }
      for (const key of keys) {
        const login = storedLogin(config.auths?.[key]);
        if (login) return login;
      }
    }
    return undefined;
  };
}
