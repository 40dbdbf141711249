import type { JsonObject, JsonValue, ObjectId } from "../../core/index.ts";
import type { RunDocument, StatePart } from "../types.ts";
import {
  autoRecovery,
  drivers,
  logs,
  network,
  restartPolicy,
  serviceOffers,
  services,
  statusGoal,
  volumes,
} from "./checks.ts";
import { asObject, entriesOf, folderBuilder } from "./files.ts";
import { type Problems, problems, shown } from "./problems.ts";
import { type Check, checkMembers, flag, list, object, oneOf, text } from "./shape.ts";
import { checkLookups } from "./words.ts";

/** All that a device reads in run.json (runtime.md section 3). */
const runMembers: Readonly<Record<string, Check>> = {
  name: text,
  type: oneOf("lxc"),
  runlevel: oneOf("data", "root", "platform", "app"),
  automodfw: text,
  group: text,
  restart_policy: restartPolicy,
  status_goal: statusGoal,
  roles: list(text),
  auto_recovery: autoRecovery,
  network,
  config: text,
  share: text,
  "root-volume": text,
  volumes: list(text),
  logs,
  storage: volumes,
  drivers,
  services,
  exports: list(text),
  "dev-log": flag,
};

/** Names with a meaning of their own at the top of a state. */
const taken = /^(?:bsp|device|trails|objects|boot|config|cache|disks|logs|_.*)$/;

function checkName(name: JsonValue | undefined, problems: Problems): void {
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) {
    problems.add(
      "NAME_INVALID",
      "",
      `${shown(name)} is no name of a container`,
      "use ASCII letters, digits, . _ + and -, beginning with a letter or digit",
      "its files are not found",
    );
  } else if (taken.test(name)) {
    problems.add(
      "NAME_INVALID",
      name,
      `${shown(name)} has a meaning of its own`,
      "use another name",
      "the device takes its files for its own",
    );
  }
}

/** A device takes the first key that *begins* with the wanted name; in sorted text that is the shortest. */
function checkPrefixes(run: JsonObject, path: string, problems: Problems): void {
  for (const wanted of Object.keys(runMembers)) {
    if (Object.hasOwn(run, wanted)) continue;
    const other = Object.keys(run).find((key) => key.startsWith(wanted));
    if (other === undefined) continue;
    problems.add(
      "KEY_SHADOWED",
      `${path}/${other}`,
      `a device takes it for ${shown(wanted)}`,
      `give ${shown(wanted)} too, or use another key`,
      "the device reads another value",
    );
  }
}

/**
 * A container from known object ids, as a part of a state: `<name>/run.json`, its objects, and other documents
 * (`services.json`, `src.json`, `mdev.json`). Paths are relative to its folder, which is `run.name`. Bytes are not
 * needed, so it works anywhere; `createContainer` of `@pv/sdk/container` makes one from an image.
 *
 * Written as given: no member is added. A container that is started needs `config`, an lxc configuration.
 *
 * @throws `PvError` `STATE_INVALID` with all findings when a device would refuse the documents, read them wrongly
 * or die of them: a value of the wrong kind, an id that is none, a path that leaves the folder, a reserved name.
 * @example
 * ```ts
 * import { composeState, container, device } from "@pv/sdk";
 * const web = container(
 *   { name: "web", type: "lxc", group: "app", config: "lxc.container.conf", "root-volume": "root.squashfs" },
 *   { "root.squashfs": "a".repeat(64), "lxc.container.conf": "b".repeat(64) },
 *   { "services.json": { services: [{ name: "http", type: "rest", socket: "/run/http.sock" }] } },
 * );
 * if (composeState(device({}), web)["web/root.squashfs"] !== "a".repeat(64)) throw new Error("lost");
 * ```
 */
export function container(
  run: RunDocument,
  objects: Readonly<Record<string, ObjectId>>,
  documents: Readonly<Record<string, JsonValue>> = {},
): StatePart {
  const found = problems();
  checkName(run?.name, found);
  found.end();
  const folder = folderBuilder(run.name, found);
  const path = `${run.name}/run.json`;
  const document = asObject(folder.document("run.json", run as JsonObject));
  checkMembers(document, runMembers, ["name", "type"], path, found);
  checkPrefixes(document, path, found);
  for (const [name, value] of entriesOf(documents)) {
    const document = folder.document(name, value);
    if (name !== "services.json") continue;
    const at = `${run.name}/${name}`;
    if (Array.isArray(document)) serviceOffers(document as JsonValue, at, found);
    else object({ services: serviceOffers }, ["services"])(document, at, found);
    checkLookups(asObject(document), ["services"], at, found);
  }
  for (const [name, id] of entriesOf(objects)) folder.object(name, id);
  found.end();
  return folder.end();
}
