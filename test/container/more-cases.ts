/** Images and flags beyond the recorded cases of test/vectors/app. */
import type { LayerEntry, MadeImage, MadeTag } from "./made-images.ts";

/** One `app add` (or `app update --patch`). */
export interface MoreStep {
  app: string;
  /** `repository:tag`. */
  image: string;
  platform?: string;
  base?: string;
  patch?: boolean;
  group?: string;
  args?: Readonly<Record<string, string>>;
  volumes?: Readonly<Record<string, string>>;
}

export interface MoreCase {
  tags: Readonly<Record<string, MadeTag>>;
  steps: readonly MoreStep[];
  /** False where pvr cannot: nothing is compared but that. */
  fails?: boolean;
  /** True where numbers of src.json are spelt otherwise and mean the same. */
  numbers?: boolean;
}

function one(image: MadeImage, flags: Partial<MoreStep> = {}): MoreCase {
  return { tags: { "more/one:1": image }, steps: [{ app: "web", image: "more/one:1", ...flags }] };
}
const config = (value: unknown, flags?: Partial<MoreStep>): MoreCase => one({ config: value }, flags);
const blob = (text: string): MoreCase => one({ blob: text });
const tree = (...layers: readonly (readonly LayerEntry[])[]): MoreCase => one({ config: { Cmd: ["/x"] }, layers });

const marked = (text: string): MadeImage => ({ config: { Cmd: [text] }, layers: [[{ path: "which", text }]] });
const platforms: MadeTag = {
  list: [
    ["linux/arm/v6", marked("v6")],
    ["unknown/unknown", marked("attestation")],
    ["linux/arm/v7", marked("v7")],
    ["linux/amd64", marked("amd64")],
    ["linux/arm64/v8", marked("v8")],
    ["linux/386", marked("386")],
  ],
};
const platform = (name?: string): MoreCase => ({
  tags: { "more/list:1": platforms },
  steps: [{ app: "web", image: "more/list:1", ...(name === undefined ? {} : { platform: name }) }],
});

const lower: readonly LayerEntry[] = [
  { path: "etc/" },
  { path: "etc/same", text: "same" },
  { path: "etc/mode", text: "mode" },
  { path: "etc/owner", text: "owner" },
  { path: "etc/changed", text: "old" },
  { path: "etc/link", symlink: "same" },
  { path: "etc/dangling", symlink: "nowhere-old" },
  { path: "gone/" },
  { path: "gone/deep/" },
  { path: "gone/deep/file", text: "x" },
  { path: "part/" },
  { path: "part/stays", text: "s" },
  { path: "part/goes", text: "g" },
  { path: "folder/", mode: 0o700 },
  { path: "to-file/" },
  { path: "to-file/x", text: "x" },
  { path: "to-folder", text: "f" },
];
const upper: readonly LayerEntry[] = [
  { path: "etc/" },
  { path: "etc/same", text: "same" },
  { path: "etc/mode", text: "mode", mode: 0o600 },
  { path: "etc/owner", text: "owner", owner: 7 },
  { path: "etc/changed", text: "new" },
  { path: "etc/link", symlink: "same" },
  { path: "part/", mode: 0o711 },
  { path: "part/stays", text: "s" },
  { path: "folder/", mode: 0o755 },
  { path: "fresh/", mode: 0o750 },
  { path: "fresh/deep/" },
  { path: "fresh/deep/file", text: "x", owner: 3 },
];
const over = (below: readonly LayerEntry[], above: readonly LayerEntry[], patch = false): MoreCase => ({
  tags: {
    "more/low:1": { config: { Cmd: ["/low"] }, layers: [below] },
    "more/high:1": { config: { Cmd: ["/high"], Env: ["A=1"] }, layers: [above] },
  },
  steps: patch
    ? [
        { app: "web", image: "more/low:1" },
        { app: "web", image: "more/high:1", patch: true },
      ]
    : [
        { app: "low", image: "more/low:1" },
        { app: "high", image: "more/high:1", base: "low" },
      ],
});

export const moreCases: Readonly<Record<string, MoreCase>> = {
  "shell form": config({ Entrypoint: ["/bin/sh", "-c", 'exec app --x "$@"'], Cmd: null }),
  "entrypoint and one argument": config({ Entrypoint: ["/e"], Cmd: ["one"] }),
  "entrypoint of an empty word": config({ Entrypoint: [""], Cmd: ["x", "y"] }),
  "empty words": config({ Entrypoint: ["/e", "", ""], Cmd: ["", ""] }),
  "a command of an empty word": config({ Cmd: [""] }),
  "a program with blanks": config({ Entrypoint: ["/a b/c"], Cmd: ["d e"] }),
  "texts for lists": config({ Entrypoint: "/e --x", Cmd: "y z" }),
  "a text command alone": config({ Cmd: "y z" }),
  "config null": { ...config(null), fails: true },
  "no config": {
    ...blob('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'),
    fails: true,
  },
  "members null": config({ Entrypoint: null, Cmd: null, Env: null, Volumes: null, Labels: null, WorkingDir: null }),
  "a user, ports, labels, signals": config({
    User: "1000:1000",
    WorkingDir: "/srv/a b",
    StopSignal: "SIGINT",
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Healthcheck: { Test: ["CMD", "x"], Interval: 30_000_000_000 },
    OnBuild: ["RUN x"],
    Shell: ["/bin/bash", "-c"],
    ArgsEscaped: true,
    Labels: { b: "2", a: "<&>", "\uff01": "x", "\u{1f600}": "y", "a.b/c": "\u2028\u2029" },
    Cmd: ["/x"],
  }),
  "a user by name": config({ User: "www-data", Cmd: ["/x"] }),
  "odd variables": config({
    Env: ["A=1\nlxc.x = y", 'B="q"', "=x", "", "C='s'", "D=\t tab ", "E=ü€\u{1f600}", "F", "G==", "H=\\n"],
  }),
  "odd volumes": config({
    Volumes: {
      "/": {},
      "": {},
      "/a/": {},
      "/a//b": {},
      rel: {},
      "/ä ö": {},
      "/x:y": {},
      "/lxc-overlay": {},
      "/a-b": {},
      "/a/b": {},
    },
    Cmd: ["/x"],
  }),
  "lxc-overlay as a volume of the image": config({ Volumes: { "lxc-overlay": {} }, Cmd: ["/x"] }),
  "numbers of any form": {
    ...blob(
      '{"config":{"Cmd":["/x"],"n":1.50,"e":1e3,"big":123456789012345678901,"neg":-0,"neg2":-0.0,"t":true,"x":{"z":[1.0,null]}},"rootfs":{"diff_ids":[]}}',
    ),
    numbers: true,
  },
  "escapes of any form": blob(
    '{"config":{"Cmd":["\\u002fx","\\/y","\\u00e9","\\ud83d\\ude00","\\u0001\\u007f","\\b\\f"],"Labels":{"\\u0061":"b"}},"rootfs":{"diff_ids":[]}}',
  ),
  "half a character": blob('{"config":{"Cmd":["/x","\\ud800","a\\udc00b"]},"rootfs":{"diff_ids":[]}}'),
  "line ends of Windows": blob('{\r\n\t"config": {\r\n "Cmd": ["/x"]\r\n}\r\n}\r\n'),
  "a byte order mark": { ...blob('\ufeff{"config":{"Cmd":["/x"]}}'), fails: true },
  "members twice": blob('{"config":{"Cmd":["/a"],"Cmd":["/b"]},"config":{"Env":["A=1"]}}'),
  "other letters": { ...blob('{"Config":{"Cmd":["/x"],"cmd":["/y"]}}'), fails: true },
  "a member __proto__": blob('{"config":{"Cmd":["/x"],"__proto__":{"Env":["A=1"]},"constructor":"x"}}'),
  "variables as an object": config({ Env: { A: "1" } }),
  "a folder as a number": config({ WorkingDir: 7, Cmd: ["/x"] }),
  "words that are none": config({ Cmd: ["/x", 1, true, null] }),
  "plain layers": one({ config: { Cmd: ["/x"] }, compression: "none", layers: [[{ path: "a", text: "a" }]] }),
  "layers of zstd": {
    ...one({ config: { Cmd: ["/x"] }, compression: "zstd", layers: [[{ path: "a", text: "a" }]] }),
    fails: true,
  },
  "no layer": one({ config: { Cmd: ["/x"] }, layers: [] }),
  "an empty layer": tree([], [{ path: "a", text: "a" }], []),
  "one layer twice": tree([{ path: "a", text: "a" }], [{ path: ".wh.a" }], [{ path: "a", text: "a" }]),
  "media types of OCI": one({ config: { Cmd: ["/x"] }, mediaTypes: "oci" }),
  "no platform": platform(),
  arm: platform("linux/arm"),
  "arm v7": platform("linux/arm/v7"),
  "arm v6": platform("linux/arm/v6"),
  arm64: platform("linux/arm64"),
  "arm64 v8": platform("linux/arm64/v8"),
  "386": platform("linux/386"),
  "another system": platform("windows/amd64"),
  "a platform that is not there": platform("linux/s390x"),
  "whiteouts of any form": tree(
    [
      { path: "d/" },
      { path: "d/a", text: "a" },
      { path: "d/b/" },
      { path: "d/b/c", text: "c" },
      { path: "e/" },
      { path: "e/f", text: "f" },
      { path: "g", text: "g" },
    ],
    [
      { path: "d/.wh.b" },
      { path: "d/.wh.none" },
      { path: "e/.wh..wh..opq" },
      { path: "e/new", text: "n" },
      { path: ".wh.g" },
      { path: "g/" },
      { path: "g/h", text: "h" },
    ],
  ),
  "a folder over a file and back": tree(
    [{ path: "a", text: "a" }, { path: "b/" }, { path: "b/c", text: "c" }],
    [{ path: ".wh.a" }, { path: "a/" }, { path: "a/x", text: "x" }, { path: ".wh.b" }, { path: "b", text: "b" }],
  ),
  "modes and owners of folders": tree(
    [
      { path: "./", mode: 0o750, owner: 5 },
      { path: "a/", mode: 0o700, owner: 1 },
      { path: "a/x", text: "x", mode: 0o4755 },
    ],
    [
      { path: "a/", mode: 0o1777, owner: 2 },
      { path: "proc/", mode: 0o555 },
      { path: "tmp/", mode: 0o1777 },
    ],
  ),
  "implied folders": tree([{ path: "deep/er/file", text: "x" }]),
  "var as a link": tree([{ path: "var", symlink: "mnt" }, { path: "mnt/" }]),
  "the emulator": tree([
    { path: "usr/" },
    { path: "usr/bin/" },
    { path: "usr/bin/qemu-arm-static", text: "x" },
    { path: "usr/bin/qemu-aarch64-static", text: "y" },
  ]),
  "hard links over layers": tree(
    [{ path: "a", text: "a" }],
    [{ path: "b", hardlink: "a" }],
    [{ path: "a", text: "new" }],
  ),
  "a container over another": over(lower, upper),
  "a container over the same": over(lower, lower),
  "a patch": over(lower, upper, true),
  "links over a base": over(
    [
      { path: "t1", text: "1" },
      { path: "t2", text: "1" },
      { path: "t3", text: "3" },
      { path: "same", symlink: "t1" },
      { path: "other", symlink: "t1" },
      { path: "differs", symlink: "t1" },
    ],
    [
      { path: "t1", text: "1" },
      { path: "t2", text: "1" },
      { path: "t3", text: "3" },
      { path: "same", symlink: "t1" },
      { path: "other", symlink: "t2" },
      { path: "differs", symlink: "t3" },
    ],
  ),
  "a file over a folder of the base": over([{ path: "a/" }, { path: "a/b", text: "b" }], [{ path: "a", text: "a" }]),
  "a folder over a file of the base": over([{ path: "a", text: "a" }], [{ path: "a/" }, { path: "a/b", text: "b" }]),
  "a link over a file of the base": over(
    [
      { path: "a", text: "a" },
      { path: "b", text: "a" },
      { path: "c", symlink: "b" },
    ],
    [
      { path: "a", symlink: "b" },
      { path: "b", text: "a" },
      { path: "c", text: "a" },
    ],
  ),
  "a link over a folder of the base": over(
    [{ path: "a/" }, { path: "b/" }],
    [{ path: "b/" }, { path: "a", symlink: "b" }],
  ),
  "links to folders over a base": over(
    [{ path: "a", symlink: "b" }, { path: "b/" }],
    [{ path: "b/" }, { path: "c/" }, { path: "a", symlink: "c" }],
  ),
  "the same link to a folder over a base": over(
    [{ path: "a", symlink: "b" }, { path: "b/" }],
    [{ path: "a", symlink: "b" }, { path: "b/" }],
  ),
  "a link to nothing over a base": over([{ path: "a", symlink: "b" }], [{ path: "a", symlink: "c" }]),
  "the same link to nothing over a base": over([{ path: "a", symlink: "b" }], [{ path: "a", symlink: "b" }]),
  "a device over a base": over(
    [
      { path: "null", device: [1, 3] },
      { path: "more", device: [1, 3] },
    ],
    [
      { path: "null", device: [1, 3] },
      { path: "more", text: "" },
    ],
  ),
  "hard links over a base": over(
    [
      { path: "a", text: "a" },
      { path: "b", hardlink: "a" },
      { path: "c", text: "c" },
    ],
    [
      { path: "a", text: "a" },
      { path: "b", hardlink: "a" },
      { path: "c", hardlink: "a" },
      { path: "d/" },
      { path: "d/e", hardlink: "a" },
      { path: "d/f", hardlink: "a" },
    ],
  ),
  "owners of folders over a base": over(
    [
      { path: "a/", owner: 4, mode: 0o700 },
      { path: "a/b", text: "b" },
    ],
    [
      { path: "a/", owner: 4, mode: 0o700 },
      { path: "a/b", text: "changed", owner: 5 },
      { path: "a/c/", owner: 6 },
    ],
  ),
  "var as a link to nothing": tree([{ path: "var", symlink: "mnt" }]),
  "var as a link through another": tree([
    { path: "var", symlink: "x/y" },
    { path: "x", symlink: "mnt" },
    { path: "mnt/" },
    { path: "mnt/y/" },
    { path: "mnt/y/run", symlink: "/run" },
  ]),
  "var as an absolute link": tree([{ path: "var", symlink: "/nowhere-here" }, { path: "nowhere-here/" }]),
  "run as a file": tree([
    { path: "run", text: "x" },
    { path: "tmp", symlink: "var" },
  ]),
  "volumes by flags": config(
    { Volumes: { "/data": {}, "/log/": {} }, Cmd: ["/x"] },
    {
      volumes: {
        "/data": "boot",
        "/log": "revision@disk1",
        "lxc-overlay": "permanent",
        "/ä": "permanent",
        "/a@b": "x@y@z",
      },
    },
  ),
  "arguments by flags": config(
    { Cmd: ["/x"] },
    {
      group: "app",
      args: {
        PV_LXC_EXTRA_CONF: "lxc.a = 1",
        PV_FILEIMPORTS: "a:b:c,d",
        PV_IMPORT_CONFIGVOLUMES: "v:w,x",
        PV_CONDITIONS: "text",
        PV_DRIVERS_REQUIRED: "wifi",
        PV_LXC_NETWORK_TYPE: "phys",
        PV_EXTRA_VOLUMES: "one.squashfs",
        UNKNOWN: '<&>"\u2028',
        PV_LXC_NETWORK_IPV4_ADDRESS: "1.2.3.4/24",
      },
    },
  ),
};
