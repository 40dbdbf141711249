/**
 * One suite for every runtime: no framework, only the published modules. Each case gives a value; the runner compares
 * the values of all runtimes with each other, so what must be the same bytes everywhere is.
 */
import {
  canonicalJson,
  composeState,
  container,
  createDeveloperCa,
  createSigner,
  device,
  diffStates,
  files,
  formatState,
  memorySink,
  parseState,
  planUpdate,
  readBytes,
  readExport,
  readTar,
  sha256,
  signState,
  verifyState,
  writeExport,
  writeTar,
} from "@pv/sdk";
import { createRevision } from "@pv/sdk/container";
import { createVerity, openSquashfs, writeSquashfs } from "@pv/sdk/squashfs";

function pattern(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = at % 64 < 40 ? 0x61 + (at % 23) : state >>> 24;
  }
  return bytes;
}

const tree = files({
  "/etc/hello": "hello\n",
  "/bin/run": { mode: 0o755, content: pattern(300_000, 1) },
  "/bin/again": { hardlink: "bin/run" },
  "/lib/data": { content: pattern(1_000_000, 2), xattrs: { "user.note": new Uint8Array([1, 2, 3]) } },
  "/lib/zeros": { content: new Uint8Array(400_000) },
  "/dev/null": { device: ["char", 1, 3] },
  "/link": { symlink: "etc/hello" },
  "/many/": {},
  ...Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`/many/file-${at}`, `content ${at}\n`])),
});

async function portableImage(): Promise<Uint8Array> {
  const sink = memorySink();
  await writeSquashfs(tree, sink, { portable: true });
  return readBytes(sink.written);
}

const state = composeState(
  device({}),
  container(
    { name: "web", type: "lxc", config: "lxc.container.conf", "root-volume": "root.squashfs", group: "app" },
    { "root.squashfs": "1".repeat(64), "lxc.container.conf": "2".repeat(64) },
  ),
);

/** Name and value of each case; a value must be the same on every runtime. */
export const cases: Readonly<Record<string, () => Promise<string>>> = {
  "sha256 of bytes": () => sha256(pattern(3_000_000, 7)),
  "canonical JSON": async () =>
    canonicalJson(new TextEncoder().encode('{"\u{1f600}":1.50,"\uff01":12345678901234567890,"a":[1e3]}')),
  "lossless state": async () =>
    formatState(parseState('{"#spec":"pantavisor-service-system@1","x.json":{"n":0.10000000000000000001}}')),
  "portable squashfs": async () => sha256(await portableImage()),
  "squashfs read back": async () => {
    const image = await openSquashfs(await portableImage());
    const seen: string[] = [];
    for await (const entry of image)
      seen.push(`${entry.path} ${entry.kind} ${entry.kind === "file" ? await sha256(entry.open()) : ""}`);
    return sha256(seen.join("\n"));
  },
  "dm-verity": async () =>
    (await createVerity(await portableImage(), { salt: "00".repeat(32), uuid: "00000000-0000-0000-0000-000000000000" }))
      .rootHash,
  "tar there and back": async () => {
    const tar = await readBytes(writeTar(tree));
    const again = await readBytes(writeTar(readTar(tar)));
    if ((await sha256(tar)) !== (await sha256(again))) throw new Error("the second tar differs");
    return sha256(tar);
  },
  "export there and back": async () => {
    const revision = await createRevision({
      device: {},
      containers: {
        web: { from: tree, config: { Entrypoint: ["/bin/run"] }, group: "app", squashfs: { portable: true } },
      },
    });
    const back = await readExport(await readBytes(writeExport(revision)));
    if (formatState(back) !== formatState(revision)) throw new Error("another state came back");
    return sha256(formatState(back));
  },
  plan: async () => {
    const next = parseState(formatState(state).replace("1".repeat(64), "3".repeat(64)));
    return `${planUpdate(state, next).transition} ${diffStates(state, next)
      .parts.map((part) => part.name)
      .join()}`;
  },
  "sign and verify": async () => {
    const ca = await createDeveloperCa({ alg: "ES256", now: new Date("2026-01-01T00:00:00Z") });
    const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
    const signed = await signState(state, { signer });
    const trust = { certificates: ca.root };
    const now = new Date("2026-06-01T00:00:00Z");
    const good = await verifyState(signed, { policy: "device-strict", trust, now });
    const bad = await verifyState(formatState(signed).replace("1".repeat(64), "4".repeat(64)), {
      policy: "device-strict",
      trust,
      now,
    });
    return `${good.decision} ${bad.decision}`;
  },
};

/** Runs all; an error becomes the value, so that it shows. */
export async function runSuite(): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, work] of Object.entries(cases)) {
    try {
      values[name] = await work();
    } catch (error) {
      values[name] = `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    }
  }
  return values;
}
