import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readBytes } from "../../src/core/index.ts";
import { fileSource } from "../../src/node/index.ts";
import { sha256 } from "../../src/objects/index.ts";
import { files, writeTar } from "../../src/tree/index.ts";
import { openSquashfs, verifyVerity } from "../../src/wasm-squashfs/index.ts";
import { startRegistry, type TestRegistry } from "../sources/registry-server.ts";
import { type Desk, openDesk } from "./app-run.ts";

let registry: TestRegistry;
let desk: Desk;
beforeAll(async () => {
  registry = await startRegistry(join(import.meta.dirname, "../vectors/app/images"));
});
afterAll(() => registry.close());
beforeEach(async () => {
  desk = openDesk();
  await desk.pvsdk("init");
});
afterEach(() => desk.close());

const here = (path: string): string => join(desk.folder, path);
const read = (path: string): string => readFileSync(here(path), "utf8");
const json = (path: string): Record<string, unknown> => JSON.parse(read(path)) as Record<string, unknown>;
const image = (name: string): string => `${registry.host}/vec/${name}`;

/** Runs a command that must succeed. */
async function ok(...args: string[]): Promise<string> {
  const { rc, stdout, stderr } = await desk.pvsdk(...args);
  expect(rc, `${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout + stderr;
}

/** A folder that can be a root. */
function root(name = "root", files: Record<string, string> = { "sbin/init": "#!/bin/sh\n" }): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(here(".."), name, path, ".."), { recursive: true });
    writeFileSync(join(here(".."), name, path), text, { mode: 0o755 });
  }
  return `../${name}`;
}

async function paths(file: string): Promise<string[]> {
  const found: string[] = [];
  await using opened = await openSquashfs(fileSource(here(file)));
  for await (const { path } of opened) found.push(path);
  return found;
}

describe("app add", () => {
  it("refuses a part that has no src.json, and leaves nothing behind", async () => {
    mkdirSync(here("db"));
    writeFileSync(here("db/run.json"), "{}");
    await ok("commit", "--all");
    await ok("export", "../db.tgz");
    await ok("app", "rm", "db");
    await ok("commit");
    const { rc, stderr } = await desk.pvsdk("app", "add", "--type", "pvr", "--from", "../db.tgz#db", "db");
    expect([rc, stderr]).toEqual([3, expect.stringContaining("db has no src.json")]);
    expect(existsSync(here("db"))).toBe(false);
  });

  it("gives a container that a device takes, once it is added and committed", async () => {
    await ok("app", "add", "--from", image("full:2.1"), "--status-goal", "READY", "web");
    expect((await desk.pvsdk("status")).stdout).toMatch(/^\? web\/lxc\.container\.conf\n/);
    await ok("add", ".");
    await ok("commit");
    expect((await desk.pvsdk("status")).stdout).toBe("");
    expect(json("web/run.json")).toMatchObject({ name: "web", status_goal: "READY", type: "lxc" });
    expect(json("web/src.json")).toMatchObject({ docker_source: "remote,local", docker_name: image("full") });
    // Right where pvr's template is not: each argument a word of its own.
    expect(read("web/lxc.container.conf")).toContain('"--mode" "prod" "serve" "--port" "80"\n');
  });

  it("reads references as docker does: a port is no tag (d31)", async () => {
    await ok("app", "add", "--from", image("quoting"), "--force", "q").catch(() => undefined);
    vi.stubEnv("PV_COMPAT", "pvr-2023");
    await ok("app", "add", "--from", image("quoting"), "--force", "q");
    expect(json("q/src.json")).toMatchObject({ docker_name: image("quoting"), docker_tag: "latest" });
    expect(read("q/root.squashfs.docker-digest")).toMatch(/^127\.0\.0\.1:\d+\/vec\/quoting@sha256:[0-9a-f]{64}$/);
  });

  it("writes JSON with two volumes (d15)", async () => {
    vi.stubEnv("PV_COMPAT", "pvr-2023");
    const volumes = ["--arg", "PV_EXTRA_VOLUMES=one.squashfs,two.squashfs"];
    await ok("app", "add", "--from", image("minimal:1.0"), ...volumes, "c");
    expect(json("c/run.json")["volumes"]).toEqual(["one.squashfs", "two.squashfs"]);
  });

  it("takes no other platform instead, and several of a device in turn", async () => {
    const none = await desk.pvsdk("app", "add", "--from", image("multi:1.2"), "--platform", "linux/riscv64", "m");
    expect([none.rc, none.stderr]).toEqual([3, expect.stringMatching(/has no linux\/riscv64.*linux\/amd64.*OCI_PL/)]);
    expect(existsSync(here("m"))).toBe(false);
    mkdirSync(here("_hostconfig/pvr"), { recursive: true });
    writeFileSync(here("_hostconfig/pvr/docker.json"), '{"platforms":["linux/riscv64","linux/arm/v7"]}');
    await ok("add", ".");
    await ok("commit");
    await ok("app", "add", "--from", image("multi:1.2"), "m");
    expect(json("m/src.json")["docker_platform"]).toBe("linux/arm/v7");
  });

  it("takes what newer pvr takes", async () => {
    writeFileSync(here("../args.json"), '{"PV_ROLES":["mgmt"],"PV_DEBUG_MODE":true}');
    const said = await ok(
      ...["app", "add", "--from", image("minimal:1.0"), "--arg-json", "../args.json", "--arg", "LXC_TTY_MAX=3"],
      ...["--config=Entrypoint=/bin/x", '--config=Env=["A=1"]', "--volume", "ovl:/var:permanent", "new"],
    );
    expect(said).toContain("/var: a volume of its own");
    expect(json("new/src.json")).toMatchObject({
      args: { PV_ROLES: ["mgmt"], PV_DEBUG_MODE: true, LXC_TTY_MAX: "3" },
      config: { Entrypoint: "/bin/x", Env: ["A=1"] },
      persistence: { "/var": "permanent" },
    });
    expect(json("new/run.json")["roles"]).toEqual(["mgmt"]);
    expect(read("new/lxc.container.conf")).toContain("lxc.init.cmd = /bin/x\n");
    const again = await desk.pvsdk("app", "add", "--from", image("minimal:1.0"), "new");
    expect([again.rc, again.stderr]).toEqual([3, expect.stringContaining("--force")]);
    await ok("app", "add", "--from", image("minimal:1.0"), "--runlevel", "data", "--force", "new");
    expect(json("new/src.json")["config"]).toBeUndefined();
    expect(existsSync(here("new/lxc.container.conf"))).toBe(false);
  });

  it("reads lists from variables", async () => {
    vi.stubEnv("PVR_TEMPLATE_ARG", "A=1,B=2");
    vi.stubEnv("PVR_PERSISTENCE_VOLUME", "/a:boot,/b:permanent@dm-flash");
    vi.stubEnv("PVR_FROM", image("minimal:1.0"));
    await ok("app", "add", "e");
    expect(json("e/src.json")).toMatchObject({
      args: { A: "1", B: "2" },
      persistence: { "/a": "boot", "/b": "permanent@dm-flash" },
    });
  });

  it("packs as the options of mksquashfs say", async () => {
    const from = root("tree", { "sbin/init": "x", "lib/modules/1": "m", "lib/firmware/f": "f" });
    const said = await ok(
      ...["app", "add", "--type", "rootfs", "--from", from, "os"],
      "--format-options=-comp gzip -b 64K -e lib/modules -e lib/firmware -processors 2 -all-root",
    );
    expect(said).toContain("-processors 2 has no meaning here");
    expect((await paths("os/root.squashfs")).filter((path) => path.startsWith("lib"))).toEqual(["lib"]);
    expect(statSync(here("os/root.squashfs")).size % 4096).toBe(0);
    expect(readFileSync(here("os/root.squashfs")).readUInt32LE(12)).toBe(65536);
    const wrong = await desk.pvsdk("app", "add", "-t", "rootfs", "--from", from, "-o", "-comp rar", "x");
    expect([wrong.rc, wrong.stderr]).toEqual([3, expect.stringContaining("no compressor is called rar")]);
  });

  it.each([
    [2, ["--from", "x"]],
    [2, ["--from", "x", "a", "b"]],
    [4, ["a"]],
    [5, ["--from", "x", "--group", "g", "--runlevel", "r", "a"]],
    [3, ["--from", "x", "--source", "engine", "a"]],
    [3, ["--from", "x", "--source", "local", "a"]],
    [3, ["--from", "x", "--type", "oci", "a"]],
    [3, ["--from", "x", "--volume", "/data", "a"]],
    [3, ["--from", "x", "--base", "nothere", "a"]],
    [3, ["--from", "https://127.0.0.1/x", "a"]],
    [3, ["--from", "x", "a/b"]],
    [3, ["--type", "rootfs", "--from", "nothere", "a"]],
    [3, ["--type", "pvr", "--from", "nothere.tgz#a", "a"]],
  ])("exits with %i for %j, and leaves nothing", async (rc, args) => {
    const ran = await desk.pvsdk("app", "add", ...args.map((arg) => (arg === "x" ? image("minimal:1.0") : arg)));
    expect([ran.rc, ran.stdout], ran.stderr).toEqual([rc, ""]);
    expect(ran.stderr.trimEnd().split("\n").at(-1)).toMatch(/^pvsdk: /);
    expect(readdirSync(desk.folder)).toEqual([".pvr"]);
  });

  it("takes a text for a list of one, which pvr fails over and leaves half of it behind", async () => {
    const args = ["app", "add", "--from", image("minimal:1.0"), "--arg", "PV_LXC_CAP_DROP=NET_RAW", "a"];
    vi.stubEnv("PV_COMPAT", "pvr-2023");
    expect((await desk.pvsdk(...args)).rc).toBe(3);
    expect(readdirSync(desk.folder)).toEqual([".pvr"]);
    vi.stubEnv("PV_COMPAT", "");
    await ok(...args);
    expect(read("a/lxc.container.conf")).toContain("lxc.cap.drop = net_raw\n");
  });

  it("says what a registry says", async () => {
    const ran = await desk.pvsdk("app", "add", "--from", image("nothere:1"), "a");
    expect([ran.rc, ran.stderr]).toEqual([3, expect.stringContaining("CONTENT_HTTP")]);
  });

  it("takes what docker save wrote", async () => {
    const layer = await readBytes(writeTar(files({ "bin/a": "a" })));
    const config = JSON.stringify({
      architecture: "arm64",
      os: "linux",
      config: { Cmd: ["/bin/a"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${await sha256(layer)}`] },
    });
    const path = `blobs/sha256/${await sha256(config)}`;
    const manifest = JSON.stringify([{ Config: path, RepoTags: ["app:1"], Layers: ["layer.tar"] }]);
    const saved = writeTar(files({ "layer.tar": layer, [path]: config, "manifest.json": manifest }));
    writeFileSync(here("../saved.tar"), await readBytes(saved));
    await ok("app", "add", "--from", "../saved.tar", "--source", "local", "a");
    expect(json("a/src.json")).toMatchObject({ docker_name: "app", docker_tag: "1", docker_source: "local" });
    expect(await paths("a/root.squashfs")).toContain("bin/a");
  });
});

describe("parts of other revisions", () => {
  async function other(): Promise<string> {
    await ok("app", "add", "--from", image("full:2.1"), "--group", "g", "--volume", "/old:boot", "web");
    await ok("add", ".");
    await ok("commit");
    await ok("export", "../web.pvrexport.tgz");
    rmSync(here("web"), { recursive: true });
    rmSync(here(".pvr"), { recursive: true });
    await ok("init");
    return "../web.pvrexport.tgz";
  }

  it("come under their own name or another", async () => {
    const from = await other();
    await ok("app", "add", "--type", "pvr", "--from", `${from}#web`, "--volume", "/data:permanent", "shop");
    expect(json("shop/run.json")).toMatchObject({ name: "shop", group: "g" });
    expect(json("shop/src.json")).toMatchObject({ pvr: `${from}#web`, persistence: { "/data": "permanent" } });
    expect(read("shop/lxc.container.conf")).toContain("overlayfs:/volumes/shop/root.squashfs");
    expect(await paths("shop/root.squashfs")).toContain("proc");
    await ok("app", "update", "shop");
    expect(json("shop/src.json")["persistence"]).toEqual({ "/data": "permanent" });
    const none = await desk.pvsdk("app", "add", "-t", "pvr", "--from", `${from}#db`, "db");
    expect([none.rc, none.stderr]).toEqual([3, expect.stringContaining("#part: web")]);
  });

  it("come from a URL of an export", async () => {
    const archive = readFileSync(here(await other()));
    const server = createServer((_, response) => void response.end(archive));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/web.pvrexport.tgz`;
    try {
      await ok("app", "add", "--type", "pvr", "--from", `${url}#web`, "web");
      await ok("app", "update", "--from", `${url}#web`, "web");
      expect(json("web/src.json")["pvr"]).toBe(`${url}#web`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("app update", () => {
  it("fetches the source again, or another one; the settings stay", async () => {
    await ok("app", "add", "--from", image("base:1"), "--source", "remote", "--arg", "PV_DEBUG_MODE=1", "p");
    await ok("app", "update", "p");
    await ok("app", "update", "--from", image("derived:1"), "p");
    expect(json("p/src.json")).toMatchObject({
      args: { PV_DEBUG_MODE: "1" },
      docker_name: image("derived"),
      docker_source: "remote",
    });
    expect(read("p/lxc.container.conf")).toContain("lxc.environment = WHO=derived");
  });

  it("keeps an overlay one, until it is packed whole", async () => {
    await ok("app", "add", "--from", image("base:1"), "p");
    await ok("app", "update", "--patch", "--from", image("derived:1"), "p");
    expect(existsSync(here("p/root.ovl.squashfs"))).toBe(true);
    await ok("app", "update", "p");
    expect(json("p/run.json")["volumes"]).toEqual(["root.ovl.squashfs"]);
    await ok("app", "update", "--newbase", "p");
    expect(json("p/run.json")["volumes"]).toEqual([]);
    expect(readdirSync(here("p")).filter((name) => name.includes("ovl"))).toEqual([]);
  });

  it("takes a root file system's new content and says so in src.json, volumes kept", async () => {
    const [one, two] = [root("one"), root("two", { "sbin/init": "2" })];
    await ok("app", "add", "-t", "rootfs", "--from", one, "--volume", "/data:permanent", "os");
    const before = read("os/root.squashfs.rootfs-digest");
    await ok("app", "update", "--from", two, "os");
    expect(json("os/src.json")).toMatchObject({ rootfs_url: two, persistence: { "/data": "permanent" } });
    expect(read("os/root.squashfs.rootfs-digest")).not.toBe(before);
    writeFileSync(here("../two/sbin/init"), "1");
    await ok("app", "update", "os");
    expect(json("os/src.json")["rootfs_digest"]).toBe(read("os/root.squashfs.rootfs-digest"));
    expect((await desk.pvsdk("app", "update", "nothere")).rc).toBe(2);
  });
});

describe("app install", () => {
  it("makes a container of its src.json alone, and mends what is missing", async () => {
    await ok("app", "add", "--from", image("minimal:1.0"), "web");
    const files = readdirSync(here("web")).sort();
    const source = read("web/src.json");
    const digest = read("web/root.squashfs.docker-digest");
    for (const name of files) if (name !== "src.json") rmSync(here(`web/${name}`));
    await ok("app", "install", "web");
    expect(readdirSync(here("web")).sort()).toEqual(files);
    expect([read("web/src.json"), read("web/root.squashfs.docker-digest")]).toEqual([source, digest]);
    rmSync(here("web/root.squashfs"));
    await ok("app", "install", "web");
    expect(await ok("app", "install", "web")).toContain("root.squashfs: already up to date.");
    writeFileSync(here("web/src.json"), source.replace('"template"', '"args": {"PV_RUNLEVEL": "data"}, "template"'));
    await ok("app", "install", "web");
    expect(json("web/run.json")["runlevel"]).toBe("data");
    expect(existsSync(here("web/lxc.container.conf"))).toBe(false);
  });

  it("makes an overlay and its base again", async () => {
    await ok("app", "add", "--from", image("base:1"), "base");
    await ok("app", "add", "--from", image("derived:1"), "--base", "base", "over");
    const before = read("over/src.json");
    rmSync(here("over/root.ovl.squashfs"));
    await ok("app", "install", "over");
    expect(await paths("over/root.ovl.squashfs")).not.toEqual([]);
    expect(read("over/src.json")).toBe(before);
  });
});

describe("app ls, info, rm", () => {
  it("list, show and delete", async () => {
    await ok("app", "add", "-t", "rootfs", "--from", root(), "b");
    await ok("app", "add", "-t", "rootfs", "--from", root(), "a");
    mkdirSync(here("c"));
    expect((await desk.pvsdk("app", "ls")).stdout).toBe("a\nb\n");
    const { stdout } = await desk.pvsdk("app", "info", "a/");
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 4)}\n`);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(["#spec", "rootfs_digest", "rootfs_url", "template"]);
    await ok("app", "rm", "a");
    expect(readdirSync(desk.folder)).toEqual([".pvr", "b", "c"]);
    for (const verb of ["rm", "info", "install"]) {
      const ran = await desk.pvsdk("app", verb, "a");
      const rc = verb === "install" ? 2 : 3;
      expect([ran.rc, ran.stderr]).toEqual([rc, expect.stringContaining("App 'a' doesn't exist")]);
      expect((await desk.pvsdk("app", verb)).rc).toBe(2);
      expect((await desk.pvsdk("app", verb, "..")).rc).toBe(3);
    }
  });
});

describe("dm-verity", () => {
  it("protects a volume, and makes the tree again from salt and UUID", async () => {
    await ok("app", "add", "-t", "rootfs", "--from", root(), "web");
    await ok("app", "add", "-t", "rootfs", "--from", root(), "web2");
    await ok("add", ".");
    await ok("commit");
    await ok("dm-convert", "web", "root.squashfs");
    await ok("dm-convert", "web2/root.squashfs");
    expect((await desk.pvsdk("status")).stdout).toMatch(
      /^A web\/_dm\/root\.squashfs\.json\nA web\/root\.squashfs\.hash$/m,
    );
    expect(json("web/run.json")["root-volume"]).toBe("dm:root.squashfs");
    expect(json("web/src.json")["dm_enabled"]).toEqual({ "root.squashfs": true });
    expect(statSync(here("web/root.squashfs.hash")).mode & 0o777).toBe(0o600);
    const document = json("web/_dm/root.squashfs.json");
    expect(read("web/_dm/root.squashfs.json")).toMatch(
      /^\{"data_device":"root.squashfs","hash_device":"root\.squashfs\.hash",/,
    );
    const [data, hash] = ["web/root.squashfs", "web/root.squashfs.hash"].map((path) => readFileSync(here(path)));
    const rootHash = String(document["root_hash"]);
    expect((await verifyVerity(data!, { hashTree: hash!, rootHash })).verdict).toBe("intact");

    for (const app of ["web", "web2"]) writeFileSync(here(`${app}/root.squashfs.hash`), "lost");
    await ok("dm-apply", "web");
    expect(readFileSync(here("web/root.squashfs.hash")).equals(hash!)).toBe(true);
    expect(json("web/_dm/root.squashfs.json")).toEqual(document);
    expect(read("web2/root.squashfs.hash")).toBe("lost");
    await ok("dm-apply");
    expect(read("web2/root.squashfs.hash")).not.toBe("lost");

    await ok("app", "update", "--from", root("next", { "sbin/init": "next" }), "web");
    expect(json("web/run.json")["root-volume"]).toBe("dm:root.squashfs");
    expect(json("web/_dm/root.squashfs.json")["root_hash"]).not.toBe(document["root_hash"]);
    expect((await desk.pvsdk("dm-convert")).rc).toBe(2);
    expect((await desk.pvsdk("dm-convert", "web")).rc).toBe(3);
    expect((await desk.pvsdk("dm-convert", "web", "nothere.squashfs")).rc).toBe(4);
    expect(readdirSync(here("web/_dm"))).toEqual(["root.squashfs.json"]);
    expect((await desk.pvsdk("dm-convert", "web", "../x")).rc).toBe(4);
  });
});
