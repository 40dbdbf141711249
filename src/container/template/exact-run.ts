import type { JsonValue } from "../../core/index.ts";
import { type Arguments, argumentsOf, isStarted } from "./arguments.ts";
import { goIndentedJson, goJson, goQuoted, goText } from "./go-text.ts";
import { isTrue, pairsOf, splitVolume, type TemplateInput, volumesOf } from "./template-input.ts";

/** Every line of `text` but the first with `by` before it. */
function indentRest(text: string, by: string): string {
  return text.replaceAll("\n", `\n${by}`);
}

/** Pretty JSON with eight blanks before every line. */
function pretty(value: JsonValue): string {
  return `        ${indentRest(goIndentedJson(value, "", "  "), "        ")}`;
}

function volumeLines(value: string): string[] {
  const { persistence, disk } = splitVolume(value);
  const first = `\t\t\t"persistence": "${persistence}"`;
  return disk === undefined ? [first] : [`${first},`, `\t\t\t"disk": "${disk}"`];
}

function volumeItems({ source }: TemplateInput, args: Arguments): string[] {
  const extra = args.has("PV_EXTRA_VOLUMES") ? args.csv("PV_EXTRA_VOLUMES").split(",") : [];
  const mounts = args.has("PV_VOLUME_MOUNTS") ? pairsOf(args.csv("PV_VOLUME_MOUNTS")).map(([volume]) => volume) : [];
  const overlay = isTrue(source.docker_ovl_digest) && !isTrue(source.base) ? ['"root.ovl.squashfs"'] : [];
  return [...[...extra, ...mounts].map(goQuoted), ...overlay];
}

/**
 * The text of run.json as pvr's template of 2023 writes it, without what newer ones add. Two volumes or more are joined
 * by a comma: pvr puts a backslash and an n between them, which is no JSON (vectors: d15).
 *
 * @throws `PvError` `CONTAINER_INVALID` when an argument is of a kind that the template cannot print.
 */
export function exactRun(input: TemplateInput): string {
  const { name, source, group } = input;
  const args = argumentsOf(input);
  const started = isStarted(input);
  const lines: string[] = ["{", '\t"#spec": "service-manifest-run@1",', `\t"name":"${name}",`];
  if (started) lines.push('\t"config": "lxc.container.conf",');
  if (args.has("PV_CONDITIONS")) {
    const conditions = goIndentedJson(args.value("PV_CONDITIONS")!, "", "  ");
    lines.push(`\t"conditions":${indentRest(conditions, "\t")},`);
  }
  const drivers = (["manual", "required", "optional"] as const).map((kind) => {
    const key = `PV_DRIVERS_${kind.toUpperCase()}`;
    return `\t\t"${kind}":${args.has(key) ? ` ${goJson(args.value(key)!, input.args, key)}` : "[]"}`;
  });
  lines.push('\t"drivers": {', drivers.join(",\n"), "\t},");
  if (group !== undefined) lines.push(`\t"group": "${group}",`);
  for (const key of ["runlevel", "restart_policy", "status_goal"]) {
    const arg = `PV_${key.toUpperCase()}`;
    if (args.has(arg)) lines.push(`\t"${key}": "${goText(input.args, arg)}",`);
  }
  lines.push('\t"storage":{');
  for (const { path, value } of volumesOf(input)) {
    const storage = path.replace(/\/$/, "").replaceAll("/", "-");
    lines.push(`\t\t"docker-${storage}": {`, ...volumeLines(value), "\t\t},");
  }
  const overlay = source.persistence?.["lxc-overlay"];
  lines.push('\t\t"lxc-overlay" : {', ...volumeLines(isTrue(overlay) ? overlay : "boot"), "\t\t}");
  let end = "\t},";
  if (started) {
    if (isTrue(source.exports)) end += `"exports": ${pretty(source.exports)},`;
    if (isTrue(source.logs)) end += `"logs": ${pretty(source.logs)},`;
  }
  lines.push(end);
  if (started) {
    lines.push('\t"type":"lxc",');
    if (args.has("PV_ROLES")) lines.push(`\t"roles":${pretty(args.value("PV_ROLES")!)},`);
  }
  const verity = source.dm_enabled?.["root.ovl.squashfs"] || source.dm_enabled?.["root.squashfs"] ? "dm:" : "";
  const root = isTrue(source.docker_ovl_digest) && isTrue(source.base) ? "root.ovl.squashfs" : "root.squashfs";
  lines.push(`\t"root-volume": "${verity}${root}",`, '\t"volumes":[', "\t\t", "\t\t");
  lines.push(`\t\t${volumeItems(input, args).join(",")}`, "\t]", "}");
  return lines.join("\n");
}
