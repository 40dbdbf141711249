/** One working copy, pvsdk and the real pvr in turn. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Sandbox } from "../cli/sandbox.ts";
import { describeWith, findTool } from "./tools.ts";

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

function pvr(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(findTool("pvr")!, args, {
    cwd: box.path(cwd),
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, HOME: box.path("home"), PVR_DISABLE_SELF_UPGRADE: "true" },
  });
  expect(status, `pvr ${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout;
}
async function pvsdk(cwd: string, ...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await box.run(args, cwd);
  expect(exit, `pvsdk ${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout.toString();
}
const sorted = (text: string): string[] => text.split("\n").filter(Boolean).sort();
const keyFile = (name: string): string => new URL(`../vectors/sign/keys/${name}`, import.meta.url).pathname;

function writeTree(): void {
  box.write("repo/device.json", '{"groups":[{"name":"app","restart_policy":"container"}],"n":1.50}');
  box.write("repo/web/run.json", '{"name":"web","type":"lxc","config":"lxc.container.conf","note":"<é>"}');
  box.write("repo/web/root.squashfs", "web-rootfs");
  box.write("repo/web/lxc.container.conf", "lxc.uts.name = web\n");
  box.write("repo/_config/web/etc/empty", "");
  box.write("repo/bsp/run.json", '{"linux":"kernel.img","initrd":"pantavisor"}');
  box.write("repo/bsp/kernel.img", "kernel");
  box.write("repo/bsp/pantavisor", "initrd");
}

describeWith(["pvr"], "one working copy, both tools in turn", () => {
  it("is made, filled, committed, exported, imported, deployed", { timeout: 120_000 }, async () => {
    writeTree();
    await pvsdk("repo", "init");
    pvr("repo", "add", ".");
    expect(sorted(await pvsdk("repo", "status"))).toEqual(sorted(pvr("repo", "status")));
    expect(await pvsdk("repo", "json", "-c")).toBe(pvr("repo", "json", "-c"));
    expect(await pvsdk("repo", "json")).toBe(pvr("repo", "json"));
    expect(await pvsdk("repo", "diff")).toBe(pvr("repo", "diff"));
    await pvsdk("repo", "commit", "-m", "by pvsdk");
    expect(pvr("repo", "status") + (await pvsdk("repo", "status"))).toBe("");
    expect(await pvsdk("repo", "inspect")).toBe(pvr("repo", "inspect"));

    box.write("repo/web/root.squashfs", "changed");
    rmSync(box.path("repo/_config/web/etc/empty"));
    box.write("repo/web/extra.json", '{"a":[1,2]}');
    await pvsdk("repo", "add", ".");
    expect(sorted(await pvsdk("repo", "status"))).toEqual(sorted(pvr("repo", "status")));
    pvr("repo", "commit", "-m", "by pvr");
    expect(await pvsdk("repo", "status")).toBe("");
    expect(box.read("repo/.pvr/commitmsg")).toBe("by pvr");

    await pvsdk("repo", "export", "../ours.tgz");
    pvr("repo", "export", "../theirs.tgz");
    for (const [file, first, second] of [
      ["ours.tgz", pvr, pvsdk],
      ["theirs.tgz", pvsdk, pvr],
    ] as const) {
      const folder = `in-${file}`;
      box.write(`${folder}/x`, "");
      await first(folder, "init");
      await second(folder, "import", `../${file}`);
      await first(folder, "reset");
      expect(box.read(`${folder}/.pvr/json`)).toBe(box.read("repo/.pvr/json"));
      expect(sorted(await pvsdk(folder, "status"))).toEqual(["? x"]);
      expect(sorted(pvr(folder, "status"))).toEqual(["? x"]);
      expect(box.read(`${folder}/web/run.json`)).toBe(box.read("in-ours.tgz/web/run.json"));
    }

    pvr(".", "deploy", "by-pvr/0", "ours.tgz");
    await pvsdk(".", "deploy", "by-pvsdk/0", "ours.tgz");
    const plain = (folder: string): string[] =>
      box
        .tree(folder)
        .filter((line) => !/\.pvr\/(?:config|commitmsg)$/.test(line))
        .map((line) => line.replace(/nlink=\d+/, ""));
    expect(plain("by-pvsdk/0")).toEqual(plain("by-pvr/0"));
    // Each goes on where the other was.
    await pvsdk(".", "deploy", "by-pvr/0", "ours.tgz");
    pvr(".", "deploy", "by-pvsdk/0", "ours.tgz");
    expect(plain("by-pvsdk/0")).toEqual(plain("by-pvr/0"));
  });

  it("is cloned and merged from by the other", { timeout: 120_000 }, async () => {
    writeTree();
    pvr("repo", "init");
    await pvsdk("repo", "add", ".");
    pvr("repo", "commit", "-m", "first");
    pvr(".", "clone", "repo/.pvr", "by-pvr");
    await pvsdk(".", "clone", "repo/.pvr", "by-pvsdk");
    expect(box.tree("by-pvsdk").filter((line) => !line.includes(".pvr/"))).toEqual(
      box.tree("by-pvr").filter((line) => !line.includes(".pvr/")),
    );
    expect(box.read("by-pvsdk/.pvr/json")).toBe(box.read("by-pvr/.pvr/json"));
    expect(box.read("by-pvsdk/.pvr/config")).toBe(box.read("by-pvr/.pvr/config"));
    box.write("other/db/run.json", '{"name":"db"}');
    await pvsdk("other", "init");
    pvr("other", "add", ".");
    await pvsdk("other", "commit");
    pvr("by-pvr", "merge", "../other/.pvr");
    await pvsdk("by-pvsdk", "merge", "../other/.pvr");
    expect(box.read("by-pvsdk/.pvr/json")).toBe(box.read("by-pvr/.pvr/json"));
  });

  it("is signed by pvsdk and read by pvr", { timeout: 120_000 }, async () => {
    const [key, trusted] = [keyFile("p256.key.pem"), keyFile("p256.pub.pem")];
    writeTree();
    await pvsdk("repo", "init");
    pvr("repo", "add", ".");
    await pvsdk("repo", "commit");
    await pvsdk("repo", "sig", "--key", key, "--x5c", "no", "add", "--part", "web");
    pvr("repo", "add", ".");
    pvr("repo", "commit", "-m", "signed");
    const ours = await pvsdk("repo", "sig", "--pubkey", trusted, "ls");
    const theirs = pvr("repo", "sig", "--pubkey", trusted, "ls");
    expect(JSON.parse(ours)).toEqual(JSON.parse(theirs));
    expect(JSON.parse(ours)).toMatchObject({ protected: expect.arrayContaining(["web/run.json"]) });
  });

  it("keeps a file of pvr's settings and logins that both can read", async () => {
    await pvsdk("repo", "global-config", "AutoUpgrade=false");
    expect(JSON.parse(pvr("repo", "global-config"))).toMatchObject({ AutoUpgrade: false });
    expect(box.read("home/.pvr/config.json")).toContain('"AutoUpgrade": false');
  });
});
