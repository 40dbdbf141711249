/** Replays a case of test/vectors/app up to the src.json that pvr had when it rendered. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Doc = { [key: string]: Json };

interface Step {
  argv?: string[];
  patch_src?: string;
  merge?: Doc;
}

export interface Case {
  name: string;
  app: string[];
  steps: Step[];
  pre_state_files: Record<string, Json>;
}

const vectors: string = join(import.meta.dirname, "../vectors/app");
const blob = (digest: string): Doc =>
  JSON.parse(readFileSync(join(vectors, "images/blobs/sha256", digest.slice(7)), "utf8"));

export function casesOf(kind: "docker" | "rootfs"): Case[] {
  return readdirSync(join(vectors, kind)).map((name) =>
    JSON.parse(readFileSync(join(vectors, kind, name, "case.json"), "utf8")),
  );
}

export function expected(kind: "docker" | "rootfs", { name }: Case, app: string, file: string): string | undefined {
  const path = join(vectors, kind, name, "expect", app, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

interface Options {
  [flag: string]: string[];
}

function parse(argv: string[]): { verb: string; app: string; options: Options } {
  const options: Options = {};
  const words: string[] = [];
  for (let at = 2; at < argv.length; at++) {
    const word = argv[at]!;
    if (!word.startsWith("--")) words.push(word);
    else if (word.includes("="))
      (options[word.slice(2, word.indexOf("="))] ??= []).push(word.slice(word.indexOf("=") + 1));
    else if (word === "--patch") options["patch"] = [""];
    else (options[word.slice(2)] ??= []).push(argv[++at]!);
  }
  return { verb: words[0]!, app: words[1]!, options };
}

function resolve(reference: string, platforms: string[]): { digest: string; config: Doc; platform?: string } {
  const path = reference.replace(/^[^/]*\//, "");
  const index = JSON.parse(readFileSync(join(vectors, "images/index.json"), "utf8"));
  const named = path.includes("@")
    ? path.slice(path.indexOf("@") + 1)
    : index.manifests.find((entry: Doc) => (entry["annotations"] as Doc)["org.opencontainers.image.ref.name"] === path)
        .digest;
  const document = blob(named);
  if (!document["manifests"])
    return { digest: named, config: blob((document["config"] as Doc)["digest"] as string)["config"] as Doc };
  const entries = document["manifests"] as { digest: string; platform: Record<string, string> }[];
  for (const entry of entries) {
    for (const platform of platforms) {
      const [, architecture, variant] = platform.split("/");
      if (entry.platform["architecture"] === architecture && (!variant || variant === entry.platform["variant"]))
        return { ...resolve(`x/y@${entry.digest}`, []), platform };
    }
  }
  return resolve(`x/y@${entries.find(({ platform }) => platform["architecture"] === "amd64")!.digest}`, []);
}

function merge(into: Doc, by: Doc): Doc {
  const out = { ...into };
  for (const [key, value] of Object.entries(by)) {
    const old = out[key];
    const both = [old, value].every((side) => typeof side === "object" && side !== null && !Array.isArray(side));
    out[key] = both ? merge(old as Doc, value as Doc) : value;
  }
  return out;
}

const flags = {
  group: "PV_GROUP",
  runlevel: "PV_RUNLEVEL",
  "restart-policy": "PV_RESTART_POLICY",
  "status-goal": "PV_STATUS_GOAL",
};

/** What pvr's src.json holds after all steps, by app; and whether a hand edit changed its text. */
export function replay({ steps, pre_state_files }: Case): {
  sources: Map<string, Doc>;
  edited: boolean;
  groups: string[];
} {
  const sources = new Map<string, Doc>();
  const hostconfig = pre_state_files["_hostconfig/pvr/docker.json"] as { platforms: string[] } | undefined;
  for (const { argv, patch_src, merge: by } of steps) {
    if (patch_src !== undefined) sources.set(patch_src, merge(sources.get(patch_src)!, by!));
    if (!argv) continue;
    const { verb, app, options } = parse(argv);
    if (verb === "install") continue;
    const from = options["from"]![0]!;
    const args: Doc = {};
    for (const arg of options["arg"] ?? [])
      args[arg.replace(/=.*/s, "")] = arg.includes("=") ? arg.slice(arg.indexOf("=") + 1) : "";
    for (const [flag, key] of Object.entries(flags)) if (options[flag]) args[key] = options[flag][0]!;
    const persistence = Object.fromEntries((options["volume"] ?? []).map((volume) => volume.split(":").slice(0, 2)));
    const common = { "#spec": "service-manifest-src@1", template: "builtin-lxc-docker", args, persistence };
    if (options["type"]?.[0] === "rootfs" || sources.get(app)?.["rootfs_url"]) {
      const config = options["config-json"]
        ? JSON.parse(readFileSync(join(vectors, "rootfs-config.json"), "utf8"))
        : {};
      // An update keeps all but the volumes.
      sources.set(
        app,
        verb === "update"
          ? { ...sources.get(app)!, persistence }
          : { ...common, docker_config: config, rootfs_url: from },
      );
      continue;
    }
    const image = resolve(from, options["platform"] ?? hostconfig?.platforms ?? []);
    const name = from.replace(/:[^:]*$/, "");
    const digest = `${name.replace(/@sha256$/, "")}@${image.digest}`;
    if (verb === "update") {
      sources.set(app, {
        ...sources.get(app)!,
        docker_name: name,
        docker_tag: from.slice(name.length + 1),
        docker_ovl_digest: digest,
        docker_config: image.config,
      });
      continue;
    }
    const base = options["base"]?.[0];
    sources.set(app, {
      ...common,
      docker_name: name,
      docker_tag: from.slice(name.length + 1),
      docker_digest: base ? sources.get(base)!["docker_digest"]! : digest,
      ...(base ? { base, docker_ovl_digest: digest } : {}),
      docker_source: options["source"]![0]!,
      docker_config: image.config,
      ...(image.platform ? { docker_platform: image.platform } : {}),
      ...(options["format-options"] ? { format_options: options["format-options"][0]! } : {}),
    });
  }
  const groups = ((pre_state_files["groups.json"] as { name: string }[] | undefined) ?? []).map(({ name }) => name);
  return { sources, edited: steps.some(({ patch_src }) => patch_src !== undefined), groups };
}
