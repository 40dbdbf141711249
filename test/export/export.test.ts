import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Bytes, isPvError, type Progress, readBytes } from "../../src/core/index.ts";
import { contentChunks, decompress, gzip, utf8 } from "../../src/core/internal.ts";
import { readExport, writeExport } from "../../src/export/index.ts";
import { memoryStore, type ObjectStore, sha256 } from "../../src/objects/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { formatState, parseState } from "../../src/state/index.ts";
import { type FileSpec, files, readTar, writeTar } from "../../src/tree/index.ts";
import { sampleRevision } from "./sample.ts";

const vectors = join(import.meta.dirname, "../vectors/export");
const vector = (name: string): Uint8Array => readFileSync(join(vectors, name));

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !isPvError(error)) throw error;
  return error?.code ?? "fine";
}

/** Headers of a tar as they stand, without any reader of ours. */
function headers(tar: Uint8Array): { name: string; mode: string; size: number; rest: string }[] {
  const found = [];
  const text = (at: number, length: number): string => new TextDecoder("latin1").decode(tar.subarray(at, at + length));
  for (let at = 0; tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 11), 8);
    const name = text(at, 100).replace(/\0.*$/s, "");
    const rest = [text(at + 108, 16), text(at + 136, 12), text(at + 156, 101), text(at + 257, 8), text(at + 265, 247)];
    found.push({ name, mode: text(at + 100, 8), size, rest: rest.join("|") });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

describe("writeExport", () => {
  it("writes what pvr writes, each object once and sorted, without a clock", async () => {
    const revision = await sampleRevision();
    const tar = await readBytes(writeExport(revision, { gzip: false }));
    const members = headers(tar);
    const ids = [
      ...new Set(Object.values(revision.state).filter((value) => /^[0-9a-f]{64}$/.test(String(value)))),
    ].toSorted();
    expect(members.map(({ name }) => name)).toEqual(["json", ...ids.map((id) => `objects/${id}`)]);
    expect(members[0]).toMatchObject({ mode: "0000600\0", size: utf8(formatState(revision)).length });
    for (const { mode } of members.slice(1)) expect(mode).toBe("0000644\0");
    const zeros = "\0".repeat(64);
    const rest = `0000000\x000000000\0|00000000000\0|0${"\0".repeat(100)}|ustar\x0000|${zeros}0000000\x000000000\0${"\0".repeat(167)}`;
    for (const member of members) expect(member.rest).toBe(rest);
    expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true);
    expect(tar.length).toBe(1024 + members.reduce((sum, { size }) => sum + 512 + Math.ceil(size / 512) * 512, 0));
    expect(new TextDecoder().decode(tar.subarray(512, 512 + members[0]!.size))).toBe(formatState(revision));
  });

  it("has pvr's gzip header and unpacks to the plain form", async () => {
    const revision = await sampleRevision();
    const packed = await readBytes(writeExport(revision));
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    expect(await readBytes(decompress(contentChunks(packed)))).toEqual(
      await readBytes(writeExport(revision, { gzip: false })),
    );
    expect(packed).toEqual(await readBytes(writeExport(revision)));
  });

  it("has the members of pvr's own exports", async () => {
    const theirs = await readExport(vector("flow-02-commit-export/full.pvrexport.tgz"));
    const ours = headers(await readBytes(writeExport(theirs, { gzip: false })));
    const names = (list: { name: string; size: number }[]): string[] =>
      list.map(({ name, size }) => `${name} ${size}`).toSorted();
    expect(names(ours)).toEqual(names(headers(vector("flow-02-commit-export/full.tar"))));
  });

  it("fails before the first byte when an object is absent, and says which", async () => {
    const revision = await sampleRevision();
    await revision.objects.delete(revision.state["web/root.squashfs"] as string);
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of writeExport(revision)) bytes += chunk.length;
    };
    const error = await read().catch((reason: unknown) => reason);
    expect(isPvError(error, "OBJECT_MISSING") && error.data.path).toBe("web/root.squashfs");
    expect(bytes).toBeLessThanOrEqual(10); // at most a gzip header
  });

  it("notices a damaged object", async () => {
    const revision = await sampleRevision();
    const id = revision.state["web/root.squashfs"] as string;
    const lying: Revision = {
      state: revision.state,
      objects: {
        ...revision.objects,
        get: (wanted) => revision.objects.get(wanted === id ? (revision.state["bsp/kernel.img"] as string) : wanted),
      },
    };
    const error = await readBytes(writeExport(lying)).catch((reason: unknown) => reason);
    expect(isPvError(error, "OBJECT_HASH_MISMATCH") && error.data).toMatchObject({
      expected: id,
      path: "web/root.squashfs",
    });
  });

  it("says the size of an object beyond 8 GiB in a pax record", async () => {
    const id = "a".repeat(64);
    const sizeBytes = 9 * 2 ** 30;
    const objects = {
      has: async () => true,
      get: () => ({ size: async () => sizeBytes, read: async (_: number, length: number) => new Uint8Array(length) }),
    };
    const reader = writeExport(
      { state: parseState({ "#spec": "pantavisor-service-system@1", "web/big": id }), objects },
      { gzip: false },
    ).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value!.subarray(1024, 4096))).toContain(` size=${sizeBytes}\n`);
    await reader.cancel();
  });

  it("reports its progress and stops when it is told to", async () => {
    const revision = await sampleRevision();
    const events: Progress[] = [];
    await readBytes(writeExport(revision, { onProgress: (event) => events.push(event) }));
    expect(events.at(-1)).toMatchObject({ task: "export", unit: "bytes" });
    expect(events.at(-1)!.done).toBe(events.at(-1)!.total);
    const reason = new Error("enough");
    await expect(readBytes(writeExport(revision, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });
});

describe("readExport", () => {
  const state = { "#spec": "pantavisor-service-system@1" };
  const archive = (members: Record<string, string | FileSpec>): Promise<Bytes> => readBytes(writeTar(files(members)));

  it("reads pvr's exports", async () => {
    const store = memoryStore();
    const { state: read } = await readExport(vector("flow-02-commit-export/full.pvrexport.tgz"), store);
    expect(formatState(read)).toBe(new TextDecoder().decode(vector("flow-02-commit-export/committed-state.json")));
    for (const value of Object.values(read))
      if (/^[0-9a-f]{64}$/.test(String(value))) expect(await store.has(value as string)).toBe(true);
    expect(await readExport(vector("flow-02-commit-export/full.tar"), store)).toMatchObject({ state: read });
  });

  it("reads exports of parts and exports with an object twice", async () => {
    const parts = readdirSync(join(vectors, "flow-03-export-parts")).filter((name) => name.endsWith(".tgz"));
    expect(parts.length).toBe(11);
    for (const name of [
      ...parts.map((part) => `flow-03-export-parts/${part}`),
      "flow-17-duplicate-objects/export.tgz",
    ]) {
      const revision = await readExport(vector(name));
      for (const value of Object.values(revision.state))
        if (/^[0-9a-f]{64}$/.test(String(value))) expect(await revision.objects.has(value as string)).toBe(true);
    }
  });

  it("gives back what was written, exact decimals included", async () => {
    const text =
      '{"#spec":"pantavisor-service-system@1","a/x.json":{"big":12345678901234567890,"r":1.5E0},"n.json":0.10000000000000000001}';
    const before = { state: parseState(text), objects: memoryStore() };
    const after = await readExport(writeExport(before));
    expect(formatState(after)).toBe(formatState(before));
    expect(formatState(after)).toContain("12345678901234567890");
  });

  it("takes members in any order, ./ before names, folders and strangers", async () => {
    const id = await sha256("hello");
    const text = formatState(parseState({ ...state, "web/x": id }));
    const members: Record<string, string | FileSpec> = {
      "objects/": {},
      [`objects/${id}`]: "hello",
      "README.md": "hi",
      json: text,
    };
    expect(formatState(await readExport(await archive(members)))).toBe(text);
    // The same with "./" written into each header.
    const tar = await archive({ [`x/objects/${id}`]: "hello", "x/json": text });
    const renamed = tar.slice();
    for (let at = 0; renamed[at] !== 0; ) {
      const size = Number.parseInt(new TextDecoder().decode(renamed.subarray(at + 124, at + 135)), 8);
      if (renamed[at] === 0x78) renamed[at] = 0x2e;
      const sum = renamed
        .subarray(at, at + 512)
        .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
      renamed.set(utf8(sum.toString(8).padStart(6, "0")), at + 148);
      at += 512 + Math.ceil(size / 512) * 512;
    }
    expect(formatState(await readExport(renamed))).toBe(text);
    expect(formatState(await readExport(gzip(contentChunks(renamed))))).toBe(text);
  });

  it("takes a tar of a repository's folder", async () => {
    const id = await sha256("hello");
    const json = formatState(parseState({ ...state, "web/x": id }));
    const tar = await archive({
      ".pvr/json": json,
      ".pvr/config": "{}",
      [`.pvr/objects/${id}`]: "hello",
      "web/x": "hello",
    });
    const revision = await readExport(tar);
    expect([formatState(revision), await revision.objects.has(id)]).toEqual([json, true]);
    expect(await codeOf(readExport(await archive({ ".pvr/json": json, json })))).toBe("STATE_CONFLICT");
  });

  it("does not keep objects that the state does not name", async () => {
    const store = memoryStore();
    const stranger = await sha256("stranger");
    await readExport(await archive({ json: JSON.stringify(state), [`objects/${stranger}`]: "stranger" }), store);
    expect(await store.has(stranger)).toBe(false);
  });

  it("refuses what lies, leaves or is cut", async () => {
    const id = await sha256("hello");
    const named = JSON.stringify({ ...state, "web/x": id });
    const store = memoryStore();
    const known = memoryStore();
    await known.put(utf8("hello"));
    const refuse = async (members: Record<string, string | FileSpec>, into: ObjectStore = store): Promise<string> =>
      codeOf(readExport(await archive(members), into));
    expect(await refuse({ json: named, [`objects/${id}`]: "hallo" })).toBe("OBJECT_HASH_MISMATCH");
    expect(await refuse({ [`objects/${id}`]: "hallo", json: named })).toBe("OBJECT_HASH_MISMATCH");
    expect(await refuse({ json: named, [`objects/${id}`]: "hallo" }, known)).toBe("OBJECT_HASH_MISMATCH");
    expect(await refuse({ json: named, "objects/readme": "x" })).toBe("OBJECT_ID_INVALID");
    expect(await refuse({ json: named, [`objects/${id.toUpperCase()}`]: "hello" })).toBe("OBJECT_ID_INVALID");
    expect(await refuse({ json: named, link: { symlink: "/etc/passwd" } })).toBe("PATH_UNSAFE");
    expect(await refuse({ json: named, [`objects/${id}`]: { symlink: "../../x" } })).toBe("PATH_UNSAFE");
    expect(await refuse({ json: named, node: { device: ["char", 1, 3] } })).toBe("PATH_UNSAFE");
    expect(await refuse({ [`objects/${id}`]: "hello" })).toBe("STATE_INVALID");
    expect(await refuse({ json: "{}" })).toBe("STATE_INVALID");
    expect(await refuse({ json: "nonsense" })).toBe("STATE_INVALID");
    const kept: string[] = [];
    for await (const one of store.list()) kept.push(one);
    expect(kept).toEqual([id]); // the one of the archive without a state: whole
    const twice = await readBytes(
      writeTar({
        async *[Symbol.asyncIterator]() {
          for (let copy = 0; copy < 2; copy++) yield* files({ json: named });
        },
      }),
    );
    expect(await codeOf(readExport(twice))).toBe("STATE_CONFLICT");
    const escaping = (await archive({ json: named, "abc/x": "y" })).slice();
    expect(new TextDecoder().decode(escaping.subarray(1024, 1028))).toBe("abc/");
    for (const start of [1024, 1536]) {
      escaping.set(utf8("../"), start);
      const sum = escaping
        .subarray(start, start + 512)
        .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
      escaping.set(utf8(sum.toString(8).padStart(6, "0")), start + 148);
    }
    expect(await codeOf(readExport(escaping))).toBe("TAR_PATH_UNSAFE");
  });

  it("refuses an archive cut at any place", async () => {
    const revision = await sampleRevision();
    for (const packed of [true, false]) {
      const whole = await readBytes(writeExport(revision, { gzip: packed }));
      for (let end = 0; end < whole.length - 512; end += packed ? 97 : 331) {
        const store = memoryStore();
        const code = await codeOf(readExport(whole.subarray(0, end), store));
        expect(["TAR_INVALID", "CONTENT_TRUNCATED", "CONTENT_CORRUPT"]).toContain(code);
        for await (const id of store.list()) expect(await sha256(store.get(id))).toBe(id);
      }
    }
  });

  it("stops at its limits and when it is told to", async () => {
    const packed = await readBytes(writeExport(await sampleRevision()));
    expect(await codeOf(readExport(packed, memoryStore(), { maxBytes: 100 }))).toBe("LIMIT_EXCEEDED");
    expect(await codeOf(readExport(packed, memoryStore(), { maxEntries: 2 }))).toBe("LIMIT_EXCEEDED");
    expect(await codeOf(readExport(packed, memoryStore({ maxBytes: 10 })))).toBe("STORE_FULL");
    const reason = new Error("enough");
    await expect(readExport(packed, memoryStore(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("works where the data is a stream that is cut anywhere", async () => {
    const revision = await sampleRevision();
    const packed = await readBytes(writeExport(revision));
    async function* crumbs(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < packed.length; at += 7) yield packed.subarray(at, at + 7);
    }
    expect(formatState(await readExport(crumbs()))).toBe(formatState(revision));
    expect(await readTar(packed)[Symbol.asyncIterator]().next()).toMatchObject({ value: { path: "json" } });
  });
});
