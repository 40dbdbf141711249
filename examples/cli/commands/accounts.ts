import type { Command } from "../command.ts";

/** Accounts and devices at a hub, and devices on the local network. */
export const accountCommands: readonly Command[] = [
  {
    name: "login",
    aliases: ["lo"],
    summary: "log in at the hub; the login is kept for both tools",
    args: "[address]",
    examples: ["pvsdk login", "pvsdk -b https://hub.example.com login"],
    failure: 4,
    load: () => import("./login.ts"),
  },
  {
    name: "register",
    summary: "ask the hub for an account",
    args: "[hub]",
    options: [
      ["-u, --user <nick>", "the nick"],
      ["-p, --pass <password>", "the password; asked for when it is not given"],
      ["-e, --email <address>", "where the confirmation goes"],
    ],
    failures: { USAGE: 2 },
    load: () => import("./register.ts"),
  },
  {
    name: "whoami",
    aliases: ["wai"],
    summary: "whose login is kept",
    args: "[address]",
    failure: 4,
    load: () => import("./whoami.ts"),
  },
  {
    name: "claim",
    aliases: ["cl"],
    summary: "make a device that shows its words your own",
    args: "<address>",
    options: [["-c, --challenge <words>", "the words that the device shows"]],
    examples: ["pvsdk claim -c utterly-solid-ferret https://api.pantahub.com/devices/<id>"],
    failure: 4,
    failures: { USAGE: 3 },
    load: () => import("./claim.ts"),
  },
  { name: "scan", summary: "devices on the local network", load: () => import("./scan.ts") },
  {
    name: "device create",
    aliases: ["cr"],
    summary: "a device at the hub, with the committed revision as its first",
    args: "[nick]",
    failure: 2,
    load: () => import("./device/create.ts"),
  },
  {
    name: "device get",
    summary: "a device's document",
    args: "<nick>",
    failure: 2,
    failures: { USAGE: 2 },
    load: () => import("./device/get.ts"),
  },
  {
    name: "device set",
    aliases: ["se"],
    summary: "set members of a device's metadata",
    args: "<nick> <key=value...>",
    examples: ["pvsdk device set gateway location=roof"],
    failure: 2,
    failures: { USAGE: 2 },
    load: () => import("./device/set.ts"),
  },
  {
    name: "device ps",
    summary: "your devices, a line each",
    failure: 4,
    load: () => import("./device/ps.ts"),
  },
  { name: "device scan", summary: "devices on the local network", load: () => import("./scan.ts") },
];

/** Beside the repository. */
export const otherCommands: readonly Command[] = [
  {
    name: "gc",
    summary: "remove objects that no commit names",
    args: "[repositories...]",
    options: [
      ["--shared", "the pool is shared, and all repositories that use it are named"],
      ["-n, --dry-run", "only list what would go"],
    ],
    examples: ["pvsdk gc -n", "pvsdk gc --shared ../other"],
    failure: 3,
    load: () => import("./gc.ts"),
  },
  {
    name: "global-config",
    summary: "show settings, or change them",
    args: "[key=value...]",
    failure: 4,
    load: () => import("./global-config.ts"),
  },
  {
    name: "completion",
    aliases: ["com"],
    summary: "a script that completes words and flags",
    args: "[bash|zsh|fish]",
    examples: ["source <(pvsdk completion)", "pvsdk completion fish > ~/.config/fish/completions/pvsdk.fish"],
    load: () => import("./completion.ts"),
  },
];
