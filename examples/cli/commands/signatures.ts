import type { Command } from "../command.ts";

const trust: NonNullable<Command["options"]> = [
  ["-p, --pubkey <file>", "PEM public keys to verify with; certificates are then not looked at", "PVR_SIG_PUBKEY"],
  ["-c, --cacerts <file>", "PEM certificates to trust", "PVR_SIG_CACERTS"],
];

/** Flags of `sig` stand before its last word, as in pvr. */
const signing: NonNullable<Command["options"]> = [
  ["-k, --key <file>", "PEM private key; <config-dir>/pvs/key.default.pem unless given", "PVR_SIG_KEY"],
  [
    "-x, --x5c <file>",
    "its certificates, leaf first, or no; <config-dir>/pvs/x5c.default.pem unless given",
    "PVR_X5C_PATH",
  ],
  ...trust,
  ["--with-payload", "put what is signed into the signature, too", "PVS_SIG_WITH_PAYLOAD"],
  ["--output <file>", "write the signature here as well; - is standard output", "PVS_SIG_OUTPUT"],
];

/** Signatures, and what else is asked of a revision before it goes out. */
export const signatureCommands: readonly Command[] = [
  {
    name: "sig add",
    summary: "sign parts of the committed revision; add and commit the signature then",
    parentOptions: signing,
    options: [
      ["-p, --part... <name>", "sign a part and its _config; may be repeated"],
      ["--parts... <names>", "several, with commas between"],
      ["-r, --raw <name>", "sign by patterns alone, into _sigs/<name>.json"],
      ["-i, --include... <glob>", "what to sign: ** unless given; below the part, with --part"],
      ["-e, --exclude... <glob>", "what to leave out: src.json unless given"],
      ["-n, --noconfig", "leave out _config/<part>"],
    ],
    examples: [
      "pvsdk sig --key key.pem --x5c chain.pem add --part web",
      "pvsdk sig --key key.pem --x5c no add --raw skeleton --include 'bsp/**' --include '#spec'",
    ],
    failure: 127,
    failures: { USAGE: 5 },
    load: () => import("./sig/add.ts"),
  },
  {
    name: "sig update",
    aliases: ["up"],
    summary: "sign anew what signatures of the work tree cover",
    args: "[names...]",
    examples: ["pvsdk sig --key new.pem --x5c new-chain.pem update", "pvsdk sig --key key.pem update web"],
    failure: 126,
    load: () => import("./sig/update.ts"),
  },
  {
    name: "sig ls",
    summary: "verify signatures as pvr does, and list what they cover",
    args: "[names...]",
    options: [
      ["-s, --with-sigs", "list the signatures, too", "PVR_SIG_LS_WITH_SIGS"],
      // Taken and of no effect in pvr, too.
      ["--part <name>", "has no effect: give names as arguments"],
    ],
    examples: ["pvsdk sig --cacerts ca.pem ls"],
    failure: 13,
    load: () => import("./sig/ls.ts"),
  },
  {
    name: "verify",
    summary: "judge the signatures of the committed revision, or a source's, strictly; 1 if it is rejected",
    args: "[source]",
    options: [
      ...trust,
      ["--policy <policy>", "sdk (default), pvr, device-strict, device-lenient, device-audit or device-disabled"],
      ["--device <profile>", "official (default), stock-mbedtls or any"],
    ],
    examples: ["pvsdk verify --cacerts ca.pem", "pvsdk verify --cacerts ca.pem --policy device-strict user/device"],
    load: () => import("./verify.ts"),
  },
  {
    name: "check",
    summary: "what a device would make of the committed revision, or a source's; 1 if it would refuse",
    args: "[source]",
    options: [["--work-tree", "check the work tree instead of the commit"]],
    examples: ["pvsdk check", "pvsdk check --work-tree"],
    load: () => import("./check.ts"),
  },
  {
    name: "plan",
    summary: "what an update would do on a device: restarts or a reboot, bytes to load",
    args: "<from> [to]",
    options: [["--format <form>", "text (default), markdown, html or json"]],
    examples: ["pvsdk plan user/device", "pvsdk plan old.pvrexport.tgz new.pvrexport.tgz --format markdown"],
    load: () => import("./plan.ts"),
  },
];
