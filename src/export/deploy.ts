import { type Bytes, type JsonValue, PvError } from "../core/index.ts";
import { contentStream, utf8 } from "../core/internal.ts";
import type { Revision } from "../revision/index.ts";
import { canonicalJson, checkState, formatState, listObjects, type State } from "../state/index.ts";
import { exactNumber } from "../state/internal.ts";
import type { Tree, TreeEntry } from "../tree/index.ts";
import { type Bootloader, bootEnvironment } from "./boot-environment.ts";
import { bootLinks } from "./boot-links.ts";
import { readyObjects } from "./object-paths.ts";
import { foldersOf } from "./trail-paths.ts";

/** What to put beside the state. */
export interface DeployOptions {
  /** Name of the revision: `"0"` unless given; a number, or `locals/<name>`. */
  rev?: string | undefined;
  /** Files of `config/`, as text by name (`pantahub.config`). */
  config?: Readonly<Record<string, string>> | undefined;
  /** Whose environment goes to `boot/`; `"uboot"` unless given. */
  bootloader?: Bootloader | undefined;
  /** True to lay out a state that a device would refuse. */
  unchecked?: boolean | undefined;
}

const common = { uid: 0, gid: 0, mtimeSeconds: 0 } as const;

function folder(path: string): TreeEntry {
  return { ...common, kind: "directory", path, mode: 0o755 };
}

function file(path: string, content: Bytes): TreeEntry {
  return { ...common, kind: "file", path, mode: 0o644, sizeBytes: content.length, open: () => contentStream(content) };
}

function hardlink(path: string, target: string): TreeEntry {
  return { ...common, kind: "hardlink", path, mode: 0o444, target };
}

/** The bytes of a value within the state's line; a device compares the file with just these (boot.md 3). */
function inlineText(state: State, key: string, value: JsonValue): Bytes {
  return utf8(exactNumber(state, key) ?? canonicalJson(value));
}

/** pvr's own settings; relative, so that the tree can be moved. */
function repositoryConfig(trail: string): Bytes {
  const settings = {
    DefaultGetUrl: "",
    DefaultPutUrl: "",
    DefaultPostUrl: "",
    ObjectsDir: `${trail.replace(/[^/]+/g, "..")}/objects`,
    AccessTokens: {},
    RefreshTokens: {},
  };
  return utf8(JSON.stringify(settings, null, "\t"));
}

/** Written by the runtime for revision 0 alone; another first revision boots only if it counts as done (boot.md 7). */
function doneFiles(pv: string): TreeEntry[] {
  const progress = '{"status":"DONE","status-msg":"Factory revision","progress":100,"retries":0}';
  return [file(`${pv}/done`, new Uint8Array(0)), file(`${pv}/progress`, utf8(progress))];
}

/** A step's number, or `locals/` and a name of at most 64 characters (runtime.md 6). */
function checkRev(rev: string): string {
  if (/^(?:0|[1-9]\d{0,17}|locals\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})$/.test(rev)) return rev;
  throw new PvError("PATH_UNSAFE", `${JSON.stringify(rev)} cannot name a revision`, { path: rev }, { hint: '"0"' });
}

function checkAccepted(revision: Revision, bootloader: Bootloader): void {
  const findings = checkState(revision, { bootloader }).filter(({ severity }) => severity === "error");
  if (findings.length === 0) return;
  const [first, ...more] = findings;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new PvError(
    "STATE_REJECTED",
    `a device would refuse this revision: ${first!.path}: ${first!.message}${others}`,
    { findings },
    { hint: first!.hint },
  );
}

/**
 * A revision as the storage that a device boots: `boot/`, `config/`, `logs/`, `objects/<id>`, and `trails/<rev>/` with
 * every raw file a hard link to its object, every inline document as the very bytes of the state, the boot loader's
 * links in `.pv/` and the state in `.pvr/`. Write it with `writeDirectory`, pack it with `writeTar`, or make an image of
 * it.
 *
 * The tree is lazy and can be read again. Reading it fails with `OBJECT_MISSING` before the first entry when the revision
 * is partial, and with `OBJECT_HASH_MISMATCH` at an object that is damaged.
 *
 * @throws `PvError` `STATE_REJECTED` with all findings when a device would refuse the revision, unless `unchecked`.
 * @throws `PvError` `PATH_UNSAFE` when a key of the state cannot be a path, is a file and a folder at once or lies
 * in `.pv/` or `.pvr/`, or when `rev` or a name of `config` cannot be.
 * @example
 * ```ts
 * import { composeState, deploy, device, memoryStore } from "@pv/sdk";
 * const storage = deploy({ state: composeState(device({})), objects: memoryStore() });
 * const paths: string[] = [];
 * for await (const { path } of storage) paths.push(path);
 * if (!paths.includes("trails/0/device.json") || !paths.includes("boot/uboot.txt")) throw new Error(paths.join());
 * ```
 */
export function deploy(revision: Revision, options: DeployOptions = {}): Tree {
  const { bootloader = "uboot", config = {}, unchecked = false } = options;
  const rev = checkRev(options.rev ?? "0");
  const { state } = revision;
  const keys = Object.keys(state).filter((key) => key !== "#spec");
  const folders = foldersOf(keys);
  const configFolders = foldersOf(Object.keys(config));
  if (!unchecked) checkAccepted(revision, bootloader);
  const objects = listObjects(state);
  const links = bootLinks(state, objects, unchecked);
  const trail = `trails/${rev}`;

  async function* entries(): AsyncGenerator<TreeEntry, void, void> {
    const ready = await readyObjects(state, revision.objects);
    const environment = bootEnvironment(bootloader, rev);
    yield folder("boot");
    if (environment) yield file(environment.path, environment.content);
    yield folder("config");
    for (const path of configFolders) yield folder(`config/${path}`);
    for (const [name, text] of Object.entries(config)) yield file(`config/${name}`, utf8(text));
    yield folder("logs");
    yield folder("objects");
    for (const { id, sizeBytes, open } of ready) {
      const path = `objects/${id}`;
      yield { ...common, kind: "file", path, mode: 0o444, sizeBytes, open, contentKey: async () => id };
    }
    for (let at = trail.indexOf("/"); at >= 0; at = trail.indexOf("/", at + 1)) yield folder(trail.slice(0, at));
    yield folder(trail);
    yield folder(`${trail}/.pvr`);
    yield file(`${trail}/.pvr/json`, utf8(formatState(state)));
    yield file(`${trail}/.pvr/config`, repositoryConfig(trail));
    yield folder(`${trail}/.pv`);
    for (const { name, key } of links) yield hardlink(`${trail}/.pv/${name}`, `objects/${objects.get(key)!}`);
    if (rev !== "0") yield* doneFiles(`${trail}/.pv`);
    for (const path of folders) yield folder(`${trail}/${path}`);
    for (const key of keys) {
      const id = objects.get(key);
      if (id !== undefined) yield hardlink(`${trail}/${key}`, `objects/${id}`);
      else yield file(`${trail}/${key}`, inlineText(state, key, state[key]!));
    }
  }
  return { [Symbol.asyncIterator]: entries };
}
