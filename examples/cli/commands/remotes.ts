import type { Command } from "../command.ts";
import { stepOptions } from "../step-options.ts";

const canonical = ["-c, --canonical", "one line, as a device hashes it"] as const;
const force = ["-f, --force", "upload also objects that are there"] as const;

/** Remotes: a hub's devices, and devices on the local network. */
export const remoteCommands: readonly Command[] = [
  {
    name: "post",
    aliases: ["po"],
    summary: "send the committed revision as a new step; without a remote, to the last one",
    args: "[remote]",
    options: stepOptions,
    examples: ["pvsdk post -m 'web 1.2' user/device", "pvsdk post 192.168.1.5"],
    failure: 3,
    failures: { USAGE: 1, REFERENCE: 2 },
    load: () => import("./post.ts"),
  },
  {
    name: "put",
    aliases: ["p"],
    summary: "put the committed state in the place of a step that no device has taken",
    args: "[remote]",
    options: [force],
    failure: 4,
    failures: { USAGE: 2 },
    load: () => import("./put.ts"),
  },
  {
    name: "putobjects",
    summary: "upload the committed revision's objects only",
    args: "<address>",
    options: [force],
    examples: ["pvsdk putobjects https://api.pantahub.com/objects"],
    failure: 4,
    failures: { USAGE: 2 },
    load: () => import("./putobjects.ts"),
  },
  {
    name: "fastcopy",
    aliases: ["fcp"],
    summary: "post one remote's parts to another, without moving objects",
    args: "<remote#parts> <remote#names>",
    options: [...stepOptions, ["--merge", "merge inline documents, and remove nothing"]],
    examples: ["pvsdk fastcopy user/one#web user/two", "pvsdk fastcopy user/one#web user/two#web-old"],
    failure: 3,
    failures: { USAGE: 1, REFERENCE: 7 },
    load: () => import("./fastcopy.ts"),
  },
  {
    name: "remoteinfo",
    aliases: ["ri"],
    summary: "where a remote keeps its things",
    args: "<remote>",
    options: [canonical],
    failures: { REFERENCE: 7 },
    load: () => import("./remoteinfo.ts"),
  },
  {
    name: "stepinfo",
    summary: "a remote's step, with its progress",
    args: "<remote>",
    options: [canonical],
    failures: { REFERENCE: 7 },
    load: () => import("./stepinfo.ts"),
  },
];
