import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ContainerOptions,
  createContainer,
  createRevision,
  imageLayout,
  knownImage,
  packageArchive,
  revisionPart,
  rootfs,
  type SourceDocument,
  updateContainer,
} from "../../src/container/index.ts";
import { isPvError, type JsonObject, type Progress, readBytes } from "../../src/core/index.ts";
import { utf8 } from "../../src/core/internal.ts";
import { writeExport } from "../../src/export/index.ts";
import { memoryStore, type ObjectStore, sha256 } from "../../src/objects/index.ts";
import { compose, missingObjects, type Revision } from "../../src/revision/index.ts";
import { canonicalJson, checkState, composeState, device, formatState, parseJson } from "../../src/state/index.ts";
import { type FileSpec, files, type Tree, type TreeEntry } from "../../src/tree/index.ts";
import { openSquashfs } from "../../src/wasm-squashfs/index.ts";
import { linesOf } from "./listing.ts";
import { casesOf, expected, replay } from "./replay.ts";

const images = join(import.meta.dirname, "../vectors/app/images");
const text = async (revision: Revision, key: string): Promise<string> =>
  new TextDecoder().decode(await readBytes(revision.objects.get(revision.state[key] as string)));
const document = <T extends object = JsonObject>(revision: Revision, key: string): T => revision.state[key] as T;
const program = { mode: 0o755, content: "#!/bin/sh\n" };

function folder(path: string): Tree {
  const entries: Record<string, Uint8Array> = {};
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }))
    if (statSync(join(path, name)).isFile()) entries[relative(path, join(path, name))] = readFileSync(join(path, name));
  return files(entries);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return "fine";
  if (!isPvError(error)) throw error;
  return isPvError(error, "CONTAINER_INVALID") ? `CONTAINER_INVALID ${error.data.option}` : error.code;
}

async function listing(revision: Revision, key: string): Promise<Map<string, TreeEntry>> {
  const found = new Map<string, TreeEntry>();
  for await (const entry of await openSquashfs(revision.objects.get(revision.state[key] as string)))
    found.set(entry.path, entry);
  return found;
}

describe("createContainer", () => {
  it("makes all of a container from a tree", async () => {
    const web = await createContainer("web", {
      from: files({ "/bin/web": program }),
      config: { Entrypoint: ["/bin/web", "a b"], Env: ["PORT=80"] },
      group: "app",
      restart_policy: "container",
      status_goal: "READY",
      roles: ["mgmt"],
      auto_recovery: { policy: "on-failure", max_retries: 3 },
      drivers: { required: ["wifi"] },
      network: { pool: "pvcnet", hostname: "web" },
      services: { required: [{ name: "mqtt", type: "unix", target: "/run/mqtt.sock" }] },
      provides: [{ name: "http", type: "rest", socket: "/run/http.sock" }],
      volumes: { "/data": "permanent", "lxc-overlay": "permanent@flash" },
      logs: [{ file: "/var/log/x", name: "x" }],
      exports: ["/run/export"],
      mdev: [".* 0:0 666"],
      resources: { memoryBytes: 64 * 2 ** 20, cpuShares: 512, pids: 100 },
      args: { PV_SECURITY_WITH_STORAGE: "yes" },
      overlay: files({ "/etc/motd": "hi\n", "/etc/app.json": '{ "a": 1.50 }' }),
    });
    expect(Object.keys(web.state).toSorted()).toEqual([
      "#spec",
      "_config/web/etc/app.json",
      "_config/web/etc/motd",
      "web/lxc.container.conf",
      "web/mdev.json",
      "web/root.squashfs",
      "web/root.squashfs.rootfs-digest",
      "web/run.json",
      "web/services.json",
      "web/src.json",
    ]);
    expect(document(web, "web/run.json")).toMatchObject({
      name: "web",
      type: "lxc",
      config: "lxc.container.conf",
      group: "app",
      restart_policy: "container",
      status_goal: "READY",
      roles: ["mgmt"],
      auto_recovery: { policy: "on-failure", max_retries: 3 },
      drivers: { required: ["wifi"] },
      network: { pool: "pvcnet", hostname: "web" },
      services: { required: [{ name: "mqtt", type: "unix", target: "/run/mqtt.sock" }] },
      storage: {
        "docker--data": { persistence: "permanent" },
        "lxc-overlay": { persistence: "permanent", disk: "flash" },
      },
      exports: ["/run/export"],
      "root-volume": "root.squashfs",
    });
    const conf = await text(web, "web/lxc.container.conf");
    for (const line of [
      'lxc.init.cmd = /bin/web "a b"',
      "lxc.environment = PORT=80",
      "lxc.cgroup.memory.limit_in_bytes = 67108864",
      "lxc.cgroup.cpu.shares = 512",
      "lxc.cgroup.pids.max = 100",
      "lxc.mount.entry = /storage storage none bind,rw,create=dir 0 0",
      "lxc.mount.entry = /volumes/web/docker--data data none bind,rw,create=dir 0 0",
    ])
      expect(conf.split("\n")).toContain(line);
    expect(await text(web, "web/root.squashfs.rootfs-digest")).toBe(`sha256:${web.state["web/root.squashfs"]}`);
    expect(document(web, "web/src.json")).toMatchObject({ docker_config: { Entrypoint: ["/bin/web", "a b"] } });
    const root = await listing(web, "web/root.squashfs");
    for (const path of ["proc", "sys", "dev", "tmp", "var/tmp", "run", "var/run"])
      expect(root.get(path)).toMatchObject({ kind: "directory", mode: 0o755 });
    expect(root.get("")).toMatchObject({ mode: 0o755 });
    expect(await missingObjects(web)).toEqual([]);
    const whole = compose(
      device({
        disks: [{ name: "flash", type: "volume-disk", path: "/dev/x" }],
        network: { pools: { pvcnet: { bridge: "lxcbr0", subnet: "10.0.3.0/24", gateway: "10.0.3.1" } } },
      }),
      web,
      await createContainer("mq", {
        from: files({ "/sbin/init": program }),
        provides: [{ name: "mqtt", type: "unix", socket: "/x" }],
      }),
    );
    expect(checkState(whole).filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("adds no folder where a link or a file stands", async () => {
    const web = await createContainer("web", {
      from: files({
        "/var": { symlink: "mnt" },
        "/run": { symlink: "mnt" },
        "/tmp/": { mode: 0o1777 },
        "/sbin/init": program,
      }),
    });
    const root = await listing(web, "web/root.squashfs");
    expect(root.get("var")).toMatchObject({ kind: "symlink" });
    expect(root.get("run")).toMatchObject({ kind: "symlink" });
    expect(root.get("tmp")).toMatchObject({ mode: 0o1777 });
    expect([...root.keys()].filter((path) => path.startsWith("var/"))).toEqual([]);
  });

  it("makes the folders below a link to another folder there, and never outside", async () => {
    const below = async (target: string, more: Record<string, object>): Promise<string[]> => {
      const from = files({ "/var": { symlink: target }, "/sbin/init": program, ...more });
      const root = await listing(await createContainer("web", { from }), "web/root.squashfs");
      return [...root.keys()].filter((path) => /(?:run|tmp)$/.test(path));
    };
    const own = ["run", "tmp"];
    expect(await below("mnt", { "/mnt/": {} })).toEqual(["mnt/run", "mnt/tmp", ...own]);
    expect(await below("/a/b", { "/a/b/": {} })).toEqual(["a/b/run", "a/b/tmp", ...own]);
    expect(await below("../../x/y", { "/x": { symlink: "mnt" }, "/mnt/y/": {} })).toEqual([
      "mnt/y/run",
      "mnt/y/tmp",
      ...own,
    ]);
    expect(await below(".", {})).toEqual(own);
    expect(await below("nowhere", {})).toEqual(own);
    expect(await below("var", {})).toEqual(own);
    expect(await below("x", { "/x": { symlink: "var" } })).toEqual(own);
    expect(await below("sbin/init", {})).toEqual(own);
  });

  it("makes the same of the same, whatever the store", async () => {
    const options = { from: files({ "/sbin/init": program }) };
    const { sink: _, ...plain } = memoryStore();
    const [a, b] = [
      await createContainer("web", options),
      await createContainer("web", { ...options, store: plain as ObjectStore }),
    ];
    expect(formatState(a)).toBe(formatState(b));
  });

  it("protects the root with dm-verity, anew with each root, until told otherwise", async () => {
    const from = (content: string): Tree => files({ "/sbin/init": { mode: 0o755, content } });
    const web = await createContainer("web", { from: from("1"), verity: true });
    expect(document(web, "web/run.json")["root-volume"]).toBe("dm:root.squashfs");
    expect(document(web, "web/src.json")["dm_enabled"]).toEqual({ "root.squashfs": true });
    const verity = document(web, "web/_dm/root.squashfs.json");
    expect(verity).toMatchObject({
      type: "dm-verity",
      data_device: "root.squashfs",
      hash_device: "root.squashfs.hash",
    });
    const tree = await readBytes(web.objects.get(web.state["web/root.squashfs.hash"] as string));
    expect(new TextDecoder().decode(tree.subarray(0, 6))).toBe("verity");
    const group = await updateContainer(web, "web", { status_goal: "STARTED" });
    expect(group.state["web/_dm/root.squashfs.json"]).toEqual(verity);
    const next = await updateContainer(web, "web", { from: from("2") });
    expect(document(next, "web/run.json")["root-volume"]).toBe("dm:root.squashfs");
    expect(document(next, "web/_dm/root.squashfs.json")["root_hash"]).not.toBe(verity["root_hash"]);
    expect(await missingObjects(next)).toEqual([]);
    const off = await updateContainer(next, "web", { verity: false });
    expect(document(off, "web/run.json")["root-volume"]).toBe("root.squashfs");
    expect(Object.keys(off.state).filter((key) => /_dm|hash/.test(key))).toEqual([]);
    const on = await updateContainer(off, "web", { verity: true });
    expect(canonicalJson(document(on, "web/_dm/root.squashfs.json"))).toBe(
      canonicalJson(document(next, "web/_dm/root.squashfs.json")),
    );
    const elsewhere = createContainer("web", { from: knownImage(await sha256("an image")), verity: true });
    await expect(elsewhere).rejects.toMatchObject({ code: "OBJECT_MISSING", data: { path: "web/root.squashfs" } });
  });

  it("makes a partial container of an image that is elsewhere", async () => {
    const id = await sha256("an image");
    const web = await createContainer("web", { from: knownImage(id, { Entrypoint: ["/bin/web"] }), group: "app" });
    expect(web.state["web/root.squashfs"]).toBe(id);
    expect(await missingObjects(web)).toEqual([id]);
    expect(await text(web, "web/lxc.container.conf")).toContain("lxc.init.cmd = /bin/web\n");
    expect(() => knownImage("x")).toThrow(/object id/);
  });

  it("reports progress by file and stops when it is told to", async () => {
    const events: Progress[] = [];
    await createContainer("web", { from: files({ "/sbin/init": program }), onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ task: "squashfs", subject: "web/root.squashfs" });
    const reason = new Error("enough");
    await expect(createContainer("web", { from: files({}), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each<[string, Partial<ContainerOptions> & { name?: string }, string]>([
    ["a reserved name", { name: "bsp" }, "CONTAINER_INVALID name"],
    ["a name with a slash", { name: "a/b" }, "CONTAINER_INVALID name"],
    ["..", { name: ".." }, "CONTAINER_INVALID name"],
    ["_config", { name: "_config" }, "CONTAINER_INVALID name"],
    ["device.json", { name: "device.json" }, "CONTAINER_INVALID name"],
    ["an injected line", { config: { Env: ["A=1\nlxc.cap.keep = all"] } }, "CONTAINER_INVALID config.Env"],
    [
      "an injected argument",
      { args: { PV_LXC_EXTRA_ENV: ["A=1\nlxc.x = y"] } },
      "CONTAINER_INVALID args.PV_LXC_EXTRA_ENV",
    ],
    ["no memory at all", { resources: { memoryBytes: 0 } }, "CONTAINER_INVALID resources.memoryBytes"],
    ["a group that is not there", { group: "nogroup", within: compose(device({})) }, "CONTAINER_INVALID group"],
    [
      "a pool and an own network",
      { network: { pool: "p" }, args: { PV_LXC_NETWORK_TYPE: "veth" } },
      "CONTAINER_INVALID network",
    ],
    ["a base that is not there", { base: "other" }, "CONTAINER_INVALID base"],
    ["a container in the overlay", { overlay: files({ "x/run.json": "{}" }) }, "CONTAINER_INVALID overlay"],
    ["an empty log", { logs: [{}] }, "STATE_INVALID"],
  ])("refuses %s", async (_, { name = "web", ...options }, code) => {
    expect(await codeOf(createContainer(name, { from: files({ "/sbin/init": program }), ...options }))).toBe(code);
  });
});

describe("the recorded cases through createContainer", () => {
  const layout = folder(images);
  const cases = casesOf("docker").filter(({ name }) => !/^d(?:15|22|31)/.test(name));
  it.each(cases)("$name", async (one) => {
    const { sources, groups } = replay(one);
    const state =
      groups.length > 0 ? composeState({ "groups.json": groups.map((name) => ({ name })) }) : composeState();
    let within: Revision = { state, objects: memoryStore() };
    for (const [app, source] of sources as ReadonlyMap<string, SourceDocument>) {
      const name = source.docker_name!.replace(/^[^/]*\//, "");
      const image = name.endsWith("@sha256") ? `sha256:${source.docker_tag}` : `${name}:${source.docker_tag}`;
      const container = await createContainer(app, {
        from: imageLayout(layout, { tag: image, platform: source.docker_platform }),
        args: source.args,
        config: source.config as never,
        volumes: source.persistence as never,
        logs: source.logs,
        exports: source.exports,
        base: source.base,
        compat: "pvr-2023",
        within,
        ...(source.dm_enabled ? { verity: true } : {}),
      });
      within = compose(within, container);
      const run = canonicalJson(parseJson(expected("docker", one, app, "run.json")!));
      expect(canonicalJson(document(container, `${app}/run.json`))).toBe(run);
      const file = source.base ? "root.ovl.squashfs" : "root.squashfs";
      const [, ...theirs] = expected("docker", one, app, `${file}.lst`)!.trim().split("\n");
      // Without the root, whose mode is a quirk.
      const ours = new Map(await listing(container, `${app}/${file}`));
      ours.delete("");
      expect(linesOf(ours)).toEqual(theirs.toSorted());
      const conf = expected("docker", one, app, "lxc.container.conf");
      expect(container.state[`${app}/lxc.container.conf`]).toBe(conf === undefined ? undefined : await sha256(conf));
    }
  });
});

describe("packages and parts", () => {
  const make = (name: string, more: Partial<ContainerOptions> = {}): Promise<Revision> =>
    createContainer(name, { from: files({ "/sbin/init": program }), group: "platform", ...more });
  const archive = async (...parts: Revision[]): Promise<Uint8Array> => readBytes(writeExport(compose(...parts)));

  it("are taken as they are, with overlay and signature", async () => {
    const signed = compose(await make("web", { overlay: files({ "/etc/motd": "hi" }) }), {
      "_sigs/web.json": { "#spec": "pvs@2" },
    });
    const web = await createContainer("web", { from: packageArchive(await archive(signed)) });
    expect(formatState(web)).toBe(formatState(signed));
    expect(await missingObjects(web)).toEqual([]);
    const part = await createContainer("web", { from: revisionPart(compose(device({}), signed), "web") });
    expect(formatState(part)).toBe(formatState(signed));
  });

  it("lose their signature and nothing else to a setting", async () => {
    const plain = await make("web", { volumes: { "/data": "permanent" } });
    const bytes = await archive(compose(plain, { "_sigs/web.json": { "#spec": "pvs@2" } }));
    const web = await createContainer("web", { from: packageArchive(bytes), group: "app" });
    expect(document(web, "web/run.json")).toMatchObject({ group: "app", storage: { "docker--data": {} } });
    expect(document(web, "web/src.json")).toMatchObject({ args: { PV_GROUP: "app" } });
    expect(web.state["_sigs/web.json"]).toBeUndefined();
    for (const key of ["web/lxc.container.conf", "web/root.squashfs"]) expect(web.state[key]).toBe(plain.state[key]);
    expect(await missingObjects(web)).toEqual([]);
  });

  it("can be called otherwise when the template made them", async () => {
    const plain = await make("web", { overlay: files({ "/etc/motd": "hi" }) });
    const shop = await createContainer("shop", { from: packageArchive(await archive(plain)) });
    expect(Object.keys(shop.state).some((key) => key.includes("web"))).toBe(false);
    expect(document(shop, "shop/run.json")).toMatchObject({ name: "shop" });
    expect(await text(shop, "shop/lxc.container.conf")).toContain(
      "overlayfs:/volumes/shop/root.squashfs:/volumes/shop/",
    );
    expect(shop.state["_config/shop/etc/motd"]).toBe(plain.state["_config/web/etc/motd"]);
  });

  it("without a src.json take settings of run.json only", async () => {
    const { "web/src.json": _, ...state } = (await make("web")).state;
    const from = revisionPart({ state: composeState(state), objects: memoryStore() }, "web");
    const web = await createContainer("web", { from, group: "app", mdev: ["x"] });
    expect([document(web, "web/run.json")["group"], document(web, "web/mdev.json")]).toEqual(["app", { rules: ["x"] }]);
    expect(web.state["web/lxc.container.conf"]).toBe(state["web/lxc.container.conf"]);
    expect(await codeOf(createContainer("web", { from, volumes: { "/x": "boot" } }))).toBe("CONTAINER_INVALID volumes");
    expect(await codeOf(createContainer("shop", { from }))).toBe("CONTAINER_INVALID name");
  });

  it("are picked by name, refused by hash", async () => {
    const bytes = await archive(await make("web"), await make("db"));
    expect(Object.keys((await createContainer("db", { from: packageArchive(bytes) })).state)).toContain("db/run.json");
    expect(await codeOf(createContainer("other", { from: packageArchive(bytes) }))).toBe("PART_UNKNOWN");
    expect(await codeOf(createContainer("other", { from: packageArchive(bytes, { part: "nope" }) }))).toBe(
      "PART_UNKNOWN",
    );
    expect(
      Object.keys((await createContainer("other", { from: packageArchive(bytes, { part: "db" }) })).state),
    ).toContain("other/run.json");
    expect(await codeOf(createContainer("db", { from: packageArchive(bytes, { sha256: await sha256(bytes) }) }))).toBe(
      "fine",
    );
    expect(await codeOf(createContainer("db", { from: packageArchive(bytes, { sha256: "0".repeat(64) }) }))).toBe(
      "OBJECT_HASH_MISMATCH",
    );
    const nothing = await readBytes(writeExport({ state: composeState(device({})), objects: memoryStore() }));
    expect(await codeOf(createContainer("db", { from: packageArchive(nothing) }))).toBe("CONTAINER_INVALID from");
  });

  it("come from a URL", async () => {
    const bytes = await archive(await make("web"));
    const get = (status: number) =>
      (async () => new Response(status === 200 ? (bytes as BodyInit) : "no", { status })) as typeof fetch;
    const url = new URL("https://packages.example/web.pvrexport.tgz?token=secret");
    expect(await codeOf(createContainer("web", { from: packageArchive(url, { fetch: get(200) }) }))).toBe("fine");
    expect(await codeOf(createContainer("web", { from: packageArchive(url, { fetch: get(404) }) }))).toBe(
      "CONTENT_HTTP",
    );
    const failing = packageArchive(url, {
      fetch: (async () => Promise.reject(new TypeError("no route"))) as typeof fetch,
    });
    const error = await createContainer("web", { from: failing }).catch((reason: unknown) => reason);
    expect(isPvError(error, "CONTENT_HTTP") && JSON.stringify(error)).not.toContain("secret");
  });
});

describe("updateContainer", () => {
  const root = (content: string, more: Record<string, string | FileSpec> = {}): Tree =>
    files({ "/sbin/init": { mode: 0o755, content }, ...more });
  const start = async (): Promise<Revision> =>
    compose(
      device({}),
      await createContainer("web", {
        from: rootfs(root("1"), { Entrypoint: ["/sbin/init"], Env: ["A=1"] }),
        config: { WorkingDir: "/srv" },
        args: { PV_DEBUG_MODE: "yes" },
        volumes: { "/data": "permanent" },
        provides: [{ name: "http", type: "rest", socket: "/run/http" }],
        overlay: files({ "/etc/motd": "hi" }),
        resources: { memoryBytes: 1000, pids: 5 },
      }),
      await createContainer("db", { from: root("db") }),
      { "_sigs/web.json": { "#spec": "pvs@2" }, "_sigs/db.json": { "#spec": "pvs@2" } },
    );

  it("takes a new source and keeps the rest", async () => {
    const before = await start();
    const after = await updateContainer(before, "web", { from: root("2") });
    const changed = Object.keys({ ...before.state, ...after.state }).filter(
      (key) => canonicalJson(before.state[key] ?? null) !== canonicalJson(after.state[key] ?? null),
    );
    expect(changed.toSorted()).toEqual([
      "_sigs/web.json",
      "web/root.squashfs",
      "web/root.squashfs.rootfs-digest",
      "web/run.json",
      "web/src.json",
    ]);
    // device.json is known now, and with it the group that the container lands in.
    expect({ ...document(after, "web/run.json"), group: undefined }).toEqual({
      ...document(before, "web/run.json"),
      group: undefined,
    });
    expect(await missingObjects(after)).toEqual([]);
    expect((await listing(after, "web/root.squashfs")).get("sbin/init")).toMatchObject({ sizeBytes: 1 });
  });

  it("changes settings one by one", async () => {
    const before = await start();
    const after = await updateContainer(before, "web", {
      group: "root",
      args: { PV_DEBUG_MODE: null, PV_DISABLE_AUTODEV: "yes" },
      config: { Env: ["B=2"] },
      volumes: { "/more": "boot" },
      resources: { memoryBytes: 2000 },
    });
    const conf = await text(after, "web/lxc.container.conf");
    expect(conf).not.toContain("lxc.log.file");
    expect(conf.match(/^lxc\.(?:environment|init\.cwd|autodev|cgroup\.[mp].*) .*$/gm)).toEqual([
      "lxc.cgroup.memory.limit_in_bytes = 2000",
      "lxc.cgroup.pids.max = 5",
      "lxc.init.cwd = /srv",
      "lxc.environment = B=2",
      "lxc.autodev = 0",
    ]);
    expect(Object.keys(document(after, "web/run.json")["storage"] as object)).toEqual([
      "docker--data",
      "docker--more",
      "lxc-overlay",
    ]);
    expect(document(after, "web/run.json")["group"]).toBe("root");
    expect(after.state["web/root.squashfs"]).toBe(before.state["web/root.squashfs"]);
    expect(after.state["web/services.json"]).toEqual(before.state["web/services.json"]);
    expect([after.state["_sigs/web.json"], after.state["_sigs/db.json"]]).toEqual([
      undefined,
      before.state["_sigs/db.json"],
    ]);
  });

  it("keeps what was written in by hand", async () => {
    const before = await start();
    const run = {
      ...document(before, "web/run.json"),
      automodfw: "no",
      restart_policy: "system",
      network: { mode: "host" },
    };
    const edited: Revision = { state: composeState({ ...before.state, "web/run.json": run }), objects: before.objects };
    const after = await updateContainer(edited, "web", { status_goal: "STARTED" });
    expect(document(after, "web/run.json")).toMatchObject({
      automodfw: "no",
      restart_policy: "system",
      network: { mode: "host" },
      status_goal: "STARTED",
    });
    const set = await updateContainer(edited, "web", { restart_policy: "container" });
    expect(document(set, "web/run.json")["restart_policy"]).toBe("container");
  });

  it("leaves pvr's own bytes where nothing changes them", async () => {
    const config = { Entrypoint: ["/e"], Cmd: ["a", "b"] };
    const before = compose(
      device({}),
      await createContainer("web", { from: rootfs(root("1"), config), compat: "pvr-2023" }),
    );
    const same = await updateContainer(before, "web", { group: "root" });
    expect(same.state["web/lxc.container.conf"]).toBe(before.state["web/lxc.container.conf"]);
    const other = await updateContainer(before, "web", { config: { Cmd: ["c", "d"] } });
    expect(await text(other, "web/lxc.container.conf")).toContain('lxc.init.cmd = /e "c" "d"\n');
  });

  it("patches: what differs is laid over the root that stays", async () => {
    const layout = folder(images);
    const image = (tag: string) => imageLayout(layout, { tag });
    const before = await createContainer("p", { from: image("vec/base:1"), compat: "pvr-2023" });
    const one = casesOf("docker").find(({ name }) => name.startsWith("d22"))!;
    const patched = await updateContainer(before, "p", {
      from: image("vec/derived:1"),
      patch: true,
      compat: "pvr-2023",
    });
    expect(await text(patched, "p/lxc.container.conf")).toBe(expected("docker", one, "p", "lxc.container.conf"));
    expect(canonicalJson(document(patched, "p/run.json"))).toBe(
      canonicalJson(parseJson(expected("docker", one, "p", "run.json")!)),
    );
    for (const key of ["p/root.squashfs", "p/root.squashfs.docker-digest"])
      expect(patched.state[key]).toBe(before.state[key]);
    const { docker_digest, docker_ovl_digest } = document(patched, "p/src.json");
    expect(docker_digest).toBe(document(before, "p/src.json")["docker_digest"]);
    expect(await text(patched, "p/root.ovl.squashfs.docker-digest")).toBe(docker_ovl_digest);
    const whole = await updateContainer(patched, "p", { from: image("vec/derived:1"), compat: "pvr-2023" });
    expect(Object.keys(whole.state).filter((key) => key.includes("ovl"))).toEqual([]);
    expect(document(whole, "p/run.json")["volumes"]).toEqual([]);
    const tree = await updateContainer(await start(), "web", { from: root("2", { "/etc/new": "n" }), patch: true });
    expect([...(await listing(tree, "web/root.ovl.squashfs")).keys()]).toEqual([
      "",
      "etc",
      "etc/new",
      "sbin",
      "sbin/init",
    ]);
    expect(await missingObjects(tree)).toEqual([]);
    expect(await codeOf(updateContainer(tree, "web", { patch: true }))).toBe("CONTAINER_INVALID patch");
  });

  it("refuses a container that is not there", async () => {
    expect(await codeOf(updateContainer(await start(), "nope", {}))).toBe("PART_UNKNOWN");
    expect(await codeOf(updateContainer(await start(), "web", { group: "nogroup" }))).toBe("CONTAINER_INVALID group");
  });
});

describe("createRevision", () => {
  const init = { "/sbin/init": program };

  it("makes a firmware that a device takes", async () => {
    const tailscale = await readBytes(
      writeExport(await createContainer("tailscale", { from: files(init), group: "platform" })),
    );
    const revision = await createRevision({
      device: { volumes: { "pv--devmeta": { persistence: "permanent" } } },
      bsp: {
        linux: utf8("kernel"),
        initrd: utf8("initramfs"),
        fdt: utf8("tree"),
        modules: files({ "modules.dep": "x" }),
        firmware: files({}),
        drivers: { all: { wifi: ["brcmfmac"] } },
      },
      containers: {
        platform: { from: files(init), group: "root" },
        tailscale: { from: packageArchive(tailscale) },
        app: { from: files(init), provides: [{ name: "x", type: "unix", socket: "/run/x" }] },
      },
    });
    expect(checkState(revision)).toEqual([]);
    expect(document(revision, "bsp/run.json")).toEqual({
      addons: [],
      fdt: "board.dtb",
      initrd: "pantavisor",
      linux: "kernel.img",
      modules: "modules.squashfs",
    });
    expect(document(revision, "app/run.json")["group"]).toBe("app");
    expect(revision.state["bsp/drivers.json"]).toEqual({ "#spec": "driver-aliases@1", all: { wifi: ["brcmfmac"] } });
    expect([...(await listing(revision, "bsp/modules.squashfs")).keys()]).toEqual(["", "modules.dep"]);
    expect(await missingObjects(revision)).toEqual([]);
  });

  it("names the boot files by what they are", async () => {
    const bsp = async (spec: object): Promise<JsonObject> =>
      document(await createRevision({ bsp: spec }), "bsp/run.json");
    expect(await bsp({ fit: utf8("fit") })).toEqual({ addons: [], fit: "pantavisor.fit" });
    expect(await bsp({ rpiab: utf8("image") })).toEqual({ addons: [], rpiab: "pantavisor-rpi.img" });
    expect(await bsp({ rpiab: new Uint8Array([0x1f, 0x8b, 8]) })).toEqual({
      addons: [],
      rpiab: "pantavisor-rpi.img.gz",
    });
    expect(await codeOf(bsp({ linux: utf8("x") }))).toBe("CONTAINER_INVALID initrd");
    expect(await codeOf(bsp({}))).toBe("CONTAINER_INVALID linux");
    expect(await codeOf(bsp({ fit: utf8("x"), rpiab: utf8("x") }))).toBe("CONTAINER_INVALID rpiab");
    expect(await codeOf(bsp({ fit: utf8("x"), modules: utf8("no image") }))).toBe("CONTAINER_INVALID modules");
  });

  it("lays a container over its base, whatever their order", async () => {
    const shared = {
      "/lib/big": "x".repeat(10_000),
      "/etc/keep": "k",
      "/etc/mode": "m",
      "/gone/a": "a",
      "/gone/b": "b",
      "/was/folder/x": "x",
      "/link": { hardlink: "/lib/big" },
    };
    const revision = await createRevision({
      containers: {
        derived: {
          from: files({
            ...init,
            "/lib/big": "x".repeat(10_000),
            "/etc/keep": "k",
            "/etc/mode": { content: "m", mode: 0o600 },
            "/etc/new": "n",
            "/was": "a file now",
            "/link": { hardlink: "/lib/big" },
          }),
          base: "base",
        },
        base: { from: files({ ...init, ...shared }) },
      },
    });
    const overlay = await listing(revision, "derived/root.ovl.squashfs");
    const kinds = Object.fromEntries(
      [...overlay].map(([path, entry]) => [
        path,
        entry.kind === "char" ? `whiteout ${entry.major}:${entry.minor}` : entry.kind,
      ]),
    );
    expect(kinds).toEqual({
      "": "directory",
      etc: "directory",
      "etc/mode": "file",
      "etc/new": "file",
      was: "file",
      gone: "whiteout 0:0",
    });
    expect(document(revision, "derived/run.json")).toMatchObject({ "root-volume": "root.ovl.squashfs", volumes: [] });
    expect(await text(revision, "derived/lxc.container.conf")).toContain(
      "overlayfs:/volumes/derived/root.ovl.squashfs:/volumes/base/root.squashfs:/volumes/derived/lxc-overlay/upper\n",
    );
    expect(
      await codeOf(
        createRevision({ containers: { a: { from: files(init), base: "b" }, b: { from: files(init), base: "a" } } }),
      ),
    ).toBe("CONTAINER_INVALID base");
  });
});
