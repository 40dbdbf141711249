import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGateway } from "../../examples/gateway/build.ts";
import { partTable } from "../../examples/gateway/table.ts";
import type { RevisionLock } from "../../src/container/index.ts";
import { checkState, formatState, listParts, type Revision, readExport } from "../../src/index.ts";
import { fileSource } from "../../src/node/index.ts";
import { type MadeImage, type MadeTag, writeImages } from "../container/made-images.ts";
import { describeWith, findTool } from "../interop/tools.ts";
import { startRegistry } from "../sources/registry-server.ts";

const out = mkdtempSync(join(tmpdir(), "pv-gateway-"));
let gateway: Revision;
beforeAll(async () => {
  gateway = await buildGateway({ out, keys: join(out, "keys"), help: false });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const trail = join(out, "storage/trails/0");
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());

describe("the gateway", () => {
  it("has every part, and nothing that a device would mind", () => {
    expect(checkState(gateway)).toEqual([]);
    expect(listParts(gateway).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["bsp", "edge-app", "modbus", "mqtt-broker", "platform", "tailscale"]),
    );
    expect(gateway.state["bsp/kernel.img"]).toBeDefined();
    expect(gateway.state["bsp/pantavisor"]).toBeDefined();
    expect(gateway.state["_config/modbus/etc/modbus/modbus.conf"]).toBeDefined();
  });

  it("shows each part in a table", async () => {
    const table = await partTable(gateway);
    for (const name of ["bsp", "edge-app", "modbus", "mqtt-broker", "platform", "tailscale"])
      expect(table).toMatch(new RegExp(`^${name} `, "m"));
  });

  it("comes back from its export as it was", async () => {
    const back = await readExport(fileSource(join(out, "gateway.pvrexport.tgz")));
    expect(formatState(back)).toBe(formatState(gateway));
  });

  it("leaves a storage that a device boots: links, and documents byte for byte", () => {
    const text = readFileSync(join(trail, ".pvr/json"), "utf8");
    expect(text).toBe(formatState(gateway));
    for (const [path, value] of Object.entries(gateway.state)) {
      if (path === "#spec") continue;
      if (typeof value === "string") {
        const object = join(out, "storage/objects", value);
        expect(createHash("sha256").update(readFileSync(object)).digest("hex")).toBe(value);
        expect(statSync(join(trail, path)).ino).toBe(statSync(object).ino);
      } else expect(text).toContain(`${JSON.stringify(path)}:${readFileSync(join(trail, path), "utf8")}`);
    }
    expect(readFileSync(join(out, "storage/boot/uboot.txt"), "latin1")).toBe("pv_rev=0\0\0");
    expect(files(join(trail, ".pv")).toSorted()).toEqual(["pv-initrd.img", "pv-kernel.img"]);
  });

  it("is the same bytes when it is built again", async () => {
    const again = join(out, "again");
    mkdirSync(again);
    copyFileSync(join(out, "pv.lock.json"), join(again, "pv.lock.json"));
    await buildGateway({ out: again, keys: join(out, "keys"), help: false, frozen: true });
    for (const name of ["gateway.pvrexport.tgz", "storage/trails/0/.pvr/json", "ca.pem", "pv.lock.json"]) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(out, name))), name).toBe(true);
    }
  });
});

describe("the gateway with a broker from a registry", () => {
  it("is built by its lock to the same bytes, and not where the tag was moved", async () => {
    const place = mkdtempSync(join(tmpdir(), "pv-gateway-registry-"));
    const images = join(place, "images");
    const broker = (text: string): MadeImage => ({
      blob: JSON.stringify({ os: "linux", architecture: "arm64", config: { Entrypoint: ["/bin/broker"] } }),
      layers: [
        [{ path: "bin/" }, { path: "bin/broker", text, mode: 0o755 }],
        [{ path: "etc/" }, { path: "etc/x", text: "x" }],
      ],
    });
    const tag = (text: string): MadeTag => ({
      list: [
        ["linux/amd64", broker("amd64")],
        ["linux/arm64/v8", broker(text)],
      ],
    });
    await writeImages(images, { "team/broker:2": tag("one") });
    let registry = await startRegistry(images);
    const { port } = new URL(`http://${registry.host}`);
    const build = (name: string, frozen: boolean): Promise<Revision> => {
      mkdirSync(join(place, name), { recursive: true });
      if (frozen) copyFileSync(join(place, "first/pv.lock.json"), join(place, name, "pv.lock.json"));
      const reference = `127.0.0.1:${port}/team/broker:2`;
      return buildGateway({
        out: join(place, name),
        keys: join(out, "keys"),
        help: false,
        registry: reference,
        frozen,
      });
    };
    try {
      const first = await build("first", false);
      const lock = JSON.parse(readFileSync(join(place, "first/pv.lock.json"), "utf8")) as RevisionLock;
      expect(lock.sources["containers/mqtt-broker"]).toMatchObject({ kind: "registry", platform: "linux/arm64" });
      expect(formatState(await build("second", true))).toBe(formatState(first));
      for (const name of ["gateway.pvrexport.tgz", "storage/trails/0/.pvr/json", "pv.lock.json"])
        expect(readFileSync(join(place, "second", name)).equals(readFileSync(join(place, "first", name))), name).toBe(
          true,
        );
      await registry.close();
      rmSync(images, { recursive: true });
      await writeImages(images, { "team/broker:2": tag("moved") });
      registry = await startRegistry(images, undefined, undefined, Number(port));
      await expect(build("third", true)).rejects.toThrow(
        expect.objectContaining({
          code: "LOCK_CHANGED",
          data: expect.objectContaining({ path: "containers/mqtt-broker" }),
        }),
      );
    } finally {
      await registry.close();
      rmSync(place, { recursive: true, force: true });
    }
  });
});

describeWith(["unsquashfs", "mount"], "the gateway's images", () => {
  it("open with unsquashfs and mount", () => {
    const images = files(trail).filter((name) => name.endsWith(".squashfs"));
    expect(images.length).toBe(7);
    const folder = mkdtempSync(join(tmpdir(), "pv-mount-"));
    for (const image of images) {
      expect(spawnSync(findTool("unsquashfs")!, ["-l", join(trail, image)]).status, image).toBe(0);
      expect(spawnSync("mount", ["-o", "loop,ro", join(trail, image), folder]).status, image).toBe(0);
      expect(spawnSync("umount", [folder]).status).toBe(0);
    }
    rmSync(folder, { recursive: true });
  });
});

describeWith(["pvr"], "the gateway and the real pvr", () => {
  it("imports, resets, and verifies with nothing unseen", () => {
    const home = mkdtempSync(join(tmpdir(), "pv-home-"));
    const pvr = (...args: string[]): string => {
      const done = spawnSync(findTool("pvr")!, args, {
        cwd: join(home, "work"),
        encoding: "utf8",
        env: { ...process.env, HOME: home, PVR_DISABLE_SELF_UPGRADE: "true" },
      });
      expect(done.status, done.stderr).toBe(0);
      return done.stdout;
    };
    mkdirSync(join(home, "work"));
    pvr("init");
    pvr("import", join(out, "gateway.pvrexport.tgz"));
    pvr("reset", "--canonical");
    expect(pvr("json", "-c").trim()).toBe(formatState(gateway));
    const report = JSON.parse(pvr("sig", "--cacerts", join(out, "ca.pem"), "ls")) as {
      protected: string[];
      notseen?: string[];
    };
    expect(report.notseen ?? []).toEqual([]);
    expect(report.protected).toContain("#spec");
    rmSync(home, { recursive: true, force: true });
  });
});
