import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../scripts/free-port.ts";
import { createContainer, dockerArchive, imageLayout, registryImage } from "../../src/container/index.ts";
import { directoryStore, fileSource, readDirectory } from "../../src/node/index.ts";
import { describeWith, findTool } from "./tools.ts";

/** A real registry, a real image of three layers, and what another tool unpacks of it. */
const work = mkdtempSync(join(tmpdir(), "pv-oci-"));
const tool = (name: string, ...args: string[]): string =>
  execFileSync(findTool(name)!, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
const sh = (script: string): string => execFileSync("sh", ["-ec", script], { encoding: "utf8", cwd: work });

/** Everything of a tree that a container could notice; hard links as groups of names. */
function describeTree(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const groups = new Map<string, string[]>();
  const names = ["", ...(readdirSync(root, { recursive: true, encoding: "utf8" }) as string[])];
  const xattrs = new Map<string, string>();
  const dump = spawnSync(
    findTool("getfattr")!,
    ["-R", "-h", "-d", "-m", "^(user|security|trusted)\\.", "-e", "hex", "."],
    { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 },
  ).stdout;
  for (const block of dump.split("\n\n")) {
    const [head, ...values] = block.trim().split("\n");
    if (head?.startsWith("# file: "))
      xattrs.set(
        head.slice(8),
        values
          .filter((line) => !line.startsWith("user.rootlesscontainers"))
          .toSorted()
          .join(),
      );
  }
  for (const name of names) {
    const path = join(root, name);
    const stat = lstatSync(path);
    const content = stat.isFile()
      ? createHash("sha256").update(readFileSync(path)).digest("hex")
      : stat.isSymbolicLink()
        ? readlinkSync(path)
        : stat.isCharacterDevice() || stat.isBlockDevice()
          ? String(stat.rdev)
          : "";
    found[name] = [
      stat.mode.toString(8),
      stat.uid,
      stat.gid,
      stat.isSymbolicLink() ? "" : Math.floor(stat.mtimeMs / 1000),
      content,
      xattrs.get(name) ?? "",
    ].join(" ");
    if (stat.isFile() && stat.nlink > 1)
      groups.set(`${stat.dev}:${stat.ino}`, [...(groups.get(`${stat.dev}:${stat.ino}`) ?? []), name]);
  }
  for (const links of groups.values()) found[`links of ${links.toSorted()[0]}`] = links.toSorted().join();
  return found;
}

describeWith(
  ["docker-registry", "skopeo", "umoci", "getfattr", "setfattr", "setcap", "mount"],
  "images of a real registry",
  () => {
    let server: ReturnType<typeof spawn>;
    let reference: string;
    let expected: Record<string, string>;

    beforeAll(async () => {
      const port = await freePort();
      mkdirSync(join(work, "registry"));
      writeFileSync(
        join(work, "registry.yml"),
        `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${work}/registry } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
      );
      server = spawn(findTool("docker-registry")!, ["serve", join(work, "registry.yml")], { stdio: "ignore" });
      sh("umoci init --layout l && umoci new --image l:one && umoci unpack --image l:one b1");
      sh(`cd b1/rootfs
      mkdir -p etc usr/bin var/lib/data opq/deep proc dev
      echo low > etc/low; echo gone > etc/gone; echo a > opq/a; echo b > opq/deep/b; echo shadow > etc/shadow; chmod 640 etc/shadow; chown 0:42 etc/shadow
      head -c 300000 /dev/urandom > usr/bin/tool; chmod 4755 usr/bin/tool; ln usr/bin/tool usr/bin/tool2; ln -s tool usr/bin/link
      ln usr/bin/tool usr/bin/tool3; mknod dev/null c 1 3; mkfifo var/fifo; echo file > becomes-dir; mkdir becomes-file; echo x > becomes-file/x
      setfattr -n user.note -v hello etc/low; setcap cap_net_raw+ep usr/bin/tool; touch -d @1000000000 etc/low`);
      sh("umoci repack --image l:one b1 && umoci unpack --image l:one b2");
      sh(`cd b2/rootfs
      rm etc/gone; rm -r opq; mkdir opq; echo new > opq/new; rm usr/bin/tool; rm becomes-dir; mkdir becomes-dir; echo in > becomes-dir/in
      rm -r becomes-file; echo now > becomes-file; ln usr/bin/tool2 usr/bin/tool4; chmod 700 var/lib/data`);
      sh("umoci repack --image l:one b2 && umoci unpack --image l:one b3");
      sh(
        "cd b3/rootfs; echo again > etc/gone; rm usr/bin/tool3; mkdir -p run tmp sys var/run var/tmp; chmod 1777 tmp; echo top > 'a b'; echo u > ü",
      );
      sh(
        "umoci repack --image l:one b3 && umoci config --image l:one --config.entrypoint /usr/bin/tool2 --config.env A=1",
      );
      for (
        let tried = 0;
        spawnSync(findTool("skopeo")!, [
          "copy",
          "--dest-tls-verify=false",
          `oci:${work}/l:one`,
          `docker://127.0.0.1:${port}/team/app:1`,
        ]).status !== 0;
        tried++
      ) {
        if (tried > 20) throw new Error("the registry does not answer");
        await new Promise((wait) => setTimeout(wait, 250));
      }
      reference = `127.0.0.1:${port}/team/app:1`;
      sh("umoci unpack --image l:one theirs");
      expected = describeTree(join(work, "theirs/rootfs"));
    }, 120_000);
    afterAll(() => {
      server?.kill();
      rmSync(work, { recursive: true, force: true });
    });

    async function check(from: Parameters<typeof createContainer>[1]["from"]): Promise<void> {
      const objects = join(work, "objects");
      const web = await createContainer("web", { from, group: "app", store: directoryStore(objects) });
      const image = join(objects, web.state["web/root.squashfs"] as string);
      const mounted = join(work, "mounted");
      mkdirSync(mounted, { recursive: true });
      tool("mount", "-t", "squashfs", "-o", "loop,ro", image, mounted);
      try {
        const found = describeTree(mounted);
        // What no layer says of the root, and when a folder changed that a layer only passes through, is nobody's.
        const timeless = (tree: Record<string, string>): Record<string, string> =>
          Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, name === "" ? "" : text]));
        expect(timeless(found)).toEqual(timeless(expected));
      } finally {
        tool("umount", mounted);
      }
      expect(web.state["web/src.json"]).toMatchObject({
        docker_config: { Entrypoint: ["/usr/bin/tool2"], Env: ["A=1"] },
      });
    }

    it("become the tree that umoci unpacks, from the registry", () => check(registryImage(reference)), 60_000);
    it("and from the layout, as a folder and as a tar", async () => {
      await check(imageLayout(readDirectory(join(work, "l")), { tag: "one" }));
      sh("tar cf l.tar -C l .");
      await check(imageLayout(fileSource(join(work, "l.tar")), { tag: "one" }));
    }, 60_000);
    it("and from what docker save would write", async () => {
      tool("skopeo", "copy", "-q", `oci:${work}/l:one`, `docker-archive:${work}/save.tar:team/app:1`);
      await check(dockerArchive(fileSource(join(work, "save.tar"))));
    }, 60_000);
  },
);
