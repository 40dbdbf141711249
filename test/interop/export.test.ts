/** Exports and deployed trees against the real pvr. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRevision } from "../../src/container/index.ts";
import { contentChunks, utf8 } from "../../src/core/internal.ts";
import { deploy, readExport, writeExport } from "../../src/export/index.ts";
import { directoryStore, fileSource, saveFile, writeDirectory } from "../../src/node/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { checkState, composeState, formatState } from "../../src/state/index.ts";
import { files } from "../../src/tree/index.ts";
import { describeWith, findTool } from "./tools.ts";

const init = { mode: 0o755, content: "#!/bin/sh\nexec sleep 1000\n" };

/** `mode  kind  links  size  hash  path` of everything below a folder but `.pvr/`. */
function listing(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path !== ".pvr" && !path.startsWith(".pvr/"))
    .map((path) => {
      const stat = lstatSync(join(root, path));
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isDirectory()) return `${mode} dir ${path}`;
      const hash = createHash("sha256")
        .update(readFileSync(join(root, path)))
        .digest("hex");
      return `${mode} file ${stat.nlink} ${stat.size} ${hash} ${path}`;
    })
    .toSorted();
}

describeWith(["pvparse"], "what we make, read by the device's own parser", () => {
  it("accepts a whole firmware", async () => {
    const revision = await createRevision({
      device: {},
      bsp: { linux: utf8("kernel"), initrd: utf8("initramfs"), drivers: { all: { wifi: ["brcmfmac"] } } },
      containers: {
        data: { from: files({}), status_goal: "MOUNTED", group: "data" },
        web: {
          from: files({ "/sbin/init": init }),
          roles: ["nobody"],
          auto_recovery: { policy: "on-failure", max_retries: 2 },
          drivers: { required: ["wifi"] },
          network: { mode: "host" },
          logs: [{ file: "/var/log/x", name: "x" }],
          volumes: { "/data": "revision" },
          provides: [{ name: "x", type: "unix", socket: "/run/x" }],
          services: { optional: [{ name: "y", type: "rest" }] },
        },
      },
    });
    const input = JSON.stringify({ id: 1, text: formatState(revision) });
    const { stdout } = spawnSync(findTool("pvparse")!, [], { input: `${input}\n`, encoding: "utf8" });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "accepted", log: [] });
  });
});

describeWith(["pvr"], "exports and deploy against pvr", () => {
  const folder = mkdtempSync(join(tmpdir(), "pv-export-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const pvr = (cwd: string, ...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(findTool("pvr")!, words, {
      cwd: join(folder, cwd),
      env: { ...process.env, HOME: join(folder, "home"), PVR_DISABLE_SELF_UPGRADE: "true" },
      encoding: "utf8",
    });
    expect(`${status} ${status === 0 ? "" : stderr}`).toBe("0 ");
    return stdout;
  };
  let revision: Revision;

  beforeAll(async () => {
    for (const name of ["home", "repo", "back"]) mkdirSync(join(folder, name));
    process.umask(0o022);
    revision = await createRevision(
      {
        device: { volumes: { "pv--devmeta": { persistence: "permanent" } } },
        bsp: {
          linux: utf8("kernel"),
          initrd: utf8("initramfs"),
          fdt: utf8("tree"),
          modules: files({ "modules.dep": "" }),
        },
        containers: {
          web: {
            from: files({ "/sbin/init": init }),
            group: "app",
            volumes: { "/data": "permanent", "/größe": "boot" },
            overlay: files({
              "/etc/motd": "grüße\n",
              "/etc/app.json": '{ "ratio": 1.50, "text": "<&>" }',
              "/etc/empty": "",
            }),
            services: { required: [{ name: "mq", type: "unix", target: "/run/mq" }] },
          },
          mq: { from: files({ "/sbin/init": init }), provides: [{ name: "mq", type: "unix", socket: "/run/mq" }] },
        },
      },
      { store: directoryStore(join(folder, "objects")) },
    );
    expect(checkState(revision)).toEqual([]);
  });

  it.each([
    ["gzip", "all.tgz", undefined],
    ["plain", "all.tar", false],
  ])("import, reset --canonical and json -c show our state (%s)", async (_, name, gzip) => {
    await saveFile(writeExport(revision, { gzip }), join(folder, name));
    rmSync(join(folder, "repo"), { recursive: true });
    mkdirSync(join(folder, "repo"));
    pvr("repo", "init");
    pvr("repo", "import", `../${name}`);
    expect(readFileSync(join(folder, "repo/.pvr/json"), "utf8")).toBe(formatState(revision));
    pvr("repo", "reset", "--canonical");
    expect(pvr("repo", "json", "-c").trim()).toBe(formatState(revision));
    expect(pvr("repo", "status").trim()).toBe("");
  });

  it("reads what pvr exports, whole and in parts", async () => {
    pvr("repo", "export", "../theirs.tgz");
    expect(formatState(await readExport(fileSource(join(folder, "theirs.tgz"))))).toBe(formatState(revision));
    pvr("repo", "export", "--parts", "web,_config/web", "../part.tgz");
    const part = formatState(await readExport(fileSource(join(folder, "part.tgz"))));
    const ours = await readExport(writeExport(revision, { parts: "web" }));
    expect(formatState(ours)).toBe(part);
  });

  it("leaves the same trails/0 as pvr deploy", async () => {
    mkdirSync(join(folder, "theirs/trails/0"), { recursive: true });
    mkdirSync(join(folder, "theirs/objects"));
    pvr("theirs/trails/0", "init", "--objects=../../objects");
    pvr("home", "deploy", join(folder, "theirs/trails/0"), join(folder, "repo/.pvr"));
    await writeDirectory(deploy(revision), join(folder, "ours"));
    expect(listing(join(folder, "ours/trails/0"))).toEqual(listing(join(folder, "theirs/trails/0")));
    expect(readFileSync(join(folder, "ours/trails/0/.pvr/json"), "utf8")).toBe(
      readFileSync(join(folder, "theirs/trails/0/.pvr/json"), "utf8"),
    );
    expect(listing(join(folder, "ours/objects"))).toEqual(listing(join(folder, "theirs/objects")));
    // One inode for a name in the trail, its object, and the boot loader's name.
    const inode = (path: string): number => lstatSync(join(folder, "ours", path)).ino;
    const kernel = `objects/${revision.state["bsp/kernel.img"]}`;
    expect([inode("trails/0/bsp/kernel.img"), inode("trails/0/.pv/pv-kernel.img")]).toEqual([
      inode(kernel),
      inode(kernel),
    ]);
  });

  it("leaves a repository that pvr works with", () => {
    expect(pvr("ours/trails/0", "status").trim()).toBe("");
    expect(pvr("ours/trails/0", "json", "-c").trim()).toBe(formatState(revision));
  });

  it("exports a state with an object twice as pvr reads it", async () => {
    const twice: Revision = {
      state: composeState(revision.state, { "web/copy.bin": revision.state["bsp/kernel.img"]! }),
      objects: revision.objects,
    };
    await saveFile(contentChunks(writeExport(twice)), join(folder, "twice.tgz"));
    pvr("back", "init");
    pvr("back", "import", "../twice.tgz");
    pvr("back", "reset");
    expect(readFileSync(join(folder, "back/web/copy.bin"), "utf8")).toBe("kernel");
  });
});
