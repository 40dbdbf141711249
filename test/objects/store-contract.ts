import { expect, it } from "vitest";
import { isPvError, type Progress, readBytes } from "../../src/core/index.ts";
import { createHasher, type ObjectStore, sha256 } from "../../src/objects/index.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield text(part);
}

/** The ids of a store, in order. */
export async function listed(store: ObjectStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids.toSorted();
}

/** What every store does, wherever it keeps its objects. */
export function storeContract(open: () => Promise<ObjectStore>): void {
  it("keeps what it is given, under its hash", async () => {
    const store = await open();
    const id = await store.put(text("web-rootfs"));
    expect(id).toBe("603a84933d1b8aab531b5d353b5abb5504a6e44cb014f705186e52f4e13a02f3");
    expect(await store.put(chunks("web", "-", "rootfs"), { expect: id })).toBe(id);
    expect(await store.put(new Blob(["web-rootfs"]))).toBe(id);
    expect(await store.has(id)).toBe(true);
    expect(await listed(store)).toEqual([id]);
    const source = store.get(id);
    expect(await source.size()).toBe(10);
    expect(new TextDecoder().decode(await source.read(4, 100))).toBe("rootfs");
    expect((await source.read(10, 5)).length).toBe(0);
    await source.close?.();
    expect(new TextDecoder().decode(await readBytes(source))).toBe("web-rootfs");
  });

  it("keeps the empty object", async () => {
    const store = await open();
    const id = await store.put(new Uint8Array(0));
    expect(id).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(await store.has(id)).toBe(true);
    expect(await store.get(id).size()).toBe(0);
  });

  it("does not let its bytes be changed through what it was given or gave", async () => {
    const store = await open();
    const given = text("abc");
    const id = await store.put(given);
    given.fill(0);
    (await store.get(id).read(0, 3)).fill(0);
    expect(new TextDecoder().decode(await store.get(id).read(0, 3))).toBe("abc");
  });

  it("refuses content of another hash and keeps nothing of it", async () => {
    const store = await open();
    const wanted = await sha256("wanted");
    const error = await store.put(text("other"), { expect: wanted }).catch((thrown: unknown) => thrown);
    expect(isPvError(error, "OBJECT_HASH_MISMATCH") && error.data).toEqual({
      expected: wanted,
      actual: await sha256("other"),
    });
    expect(await listed(store)).toEqual([]);
  });

  it("keeps nothing of content that fails half-way, or is stopped", async () => {
    const store = await open();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield text("half");
      throw new Error("the line went dead");
    }
    await expect(store.put(broken())).rejects.toThrow("the line went dead");
    const stop = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield text("half");
      stop.abort(new Error("enough"));
      yield text("rest");
    }
    await expect(store.put(slow(), { signal: stop.signal })).rejects.toThrow("enough");
    expect(await listed(store)).toEqual([]);
  });

  it("says what is missing, and takes no path for an id", async () => {
    const store = await open();
    const absent = "0".repeat(64);
    expect(await store.has(absent)).toBe(false);
    await expect(store.get(absent).size()).rejects.toMatchObject({ code: "OBJECT_MISSING", data: { id: absent } });
    for (const id of ["../../etc/passwd", "A".repeat(64), `${"a".repeat(64)}\n`, "", "a".repeat(63)]) {
      expect(await store.has(id)).toBe(false);
      await expect(store.get(id).read(0, 1)).rejects.toMatchObject({ code: "OBJECT_ID_INVALID" });
      await expect(store.delete(id)).rejects.toMatchObject({ code: "OBJECT_ID_INVALID" });
      await expect(store.put(text("x"), { expect: id })).rejects.toMatchObject({ code: "OBJECT_ID_INVALID" });
    }
    expect(await listed(store)).toEqual([]);
  });

  it("forgets what is deleted, and minds nothing absent", async () => {
    const store = await open();
    const id = await store.put(text("gone"));
    await store.delete(id);
    await store.delete(id);
    expect(await store.has(id)).toBe(false);
    expect(await listed(store)).toEqual([]);
  });

  it("takes many writers of the same and of other content at once", async () => {
    const store = await open();
    const names = Array.from({ length: 40 }, (_, index) => `object ${index % 8}`);
    const stored = await Promise.all(names.map((name) => store.put(chunks(name.slice(0, 3), name.slice(3)))));
    expect(new Set(stored).size).toBe(8);
    expect(await listed(store)).toEqual([...new Set(stored)].toSorted());
    for (const [index, id] of stored.entries()) {
      expect(new TextDecoder().decode(await readBytes(store.get(id)))).toBe(names[index]);
    }
  });

  it("reports what it reads, and says done once at the end", async () => {
    const store = await open();
    const seen: Progress[] = [];
    await store.put(new Uint8Array(3_000_000), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ task: "read", subject: "object", unit: "bytes", done: 3_000_000, total: 3_000_000 });
    expect(seen.filter((progress) => progress.done === progress.total)).toHaveLength(1);
  });
}

/** What a store with a sink does. */
export function sinkContract(open: () => Promise<ObjectStore>): void {
  it("fills an object in place, in any order", async () => {
    const store = await open();
    const sink = store.sink!();
    await sink.write(6, text("world"));
    await sink.write(0, text("hello "));
    expect(await sink.written!.size()).toBe(11);
    await sink.setSize(12);
    expect([...(await sink.written!.read(10, 9))]).toEqual([0x64, 0]);
    await sink.close();
    const id = await sink.id;
    expect(id).toBe(createHasher().update(text("hello world\0")).id());
    expect(new TextDecoder().decode(await store.get(id).read(0, 11))).toBe("hello world");
    expect(await listed(store)).toEqual([id]);
    expect(await sink.written!.size()).toBe(12);
  });

  it("leaves nothing when it is aborted", async () => {
    const store = await open();
    const sink = store.sink!();
    await sink.write(0, text("half"));
    await sink.abort(new Error("no"));
    await expect(sink.id).rejects.toThrow("no");
    expect(await listed(store)).toEqual([]);
  });

  it("fills an object that is there already", async () => {
    const store = await open();
    const id = await store.put(text("same"));
    const sink = store.sink!();
    await sink.write(0, text("same"));
    await sink.close();
    expect(await sink.id).toBe(id);
    expect(await listed(store)).toEqual([id]);
  });
}
