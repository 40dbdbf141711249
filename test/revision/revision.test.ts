import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBytes } from "../../src/core/index.ts";
import { memoryStore, type ObjectReader, sha256 } from "../../src/objects/index.ts";
import { compose, missingObjects, objectSizes, type Revision, replaceParts } from "../../src/revision/index.ts";
import { combineReaders } from "../../src/revision/internal.ts";
import { composeState, container, device, formatState, parseState, type StatePart } from "../../src/state/index.ts";
import { firmware } from "../state/arbitrary.ts";

const [a, b, c] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)] as const;
const web = (id: string): StatePart => container({ name: "web", type: "lxc" }, { "root.squashfs": id });
const nothing = memoryStore();

/** A reader that tells what it was asked. */
function spy(reader: ObjectReader): { reader: ObjectReader; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    reader: {
      has: (id) => (asked.push(`has ${id[0]}`), reader.has(id)),
      get: (id) => (asked.push(`get ${id[0]}`), reader.get(id)),
    },
  };
}

describe("compose", () => {
  it("joins states and readers, and copies nothing", async () => {
    const [one, two] = [memoryStore(), memoryStore()];
    const [first, second] = [await one.put(new Uint8Array([1])), await two.put(new Uint8Array([2]))];
    const [spied, other] = [spy(one), spy(two)];
    const joined = compose(
      device({}),
      { state: composeState(web(first)), objects: spied.reader },
      { state: composeState({ "x/y": second }), objects: other.reader },
    );
    expect([...spied.asked, ...other.asked]).toEqual([]);
    expect(Object.keys(joined.state).toSorted()).toEqual([
      "#spec",
      "device.json",
      "web/root.squashfs",
      "web/run.json",
      "x/y",
    ]);
    const source = joined.objects.get(second);
    expect(other.asked).toEqual([]);
    expect([...(await readBytes(source))]).toEqual([2]);
    expect(await joined.objects.has(first)).toBe(true);
    expect(await joined.objects.has(a)).toBe(false);
    await expect(joined.objects.get(a).size()).rejects.toMatchObject({ code: "OBJECT_MISSING", data: { id: a } });
  });

  it("does not pile up readers", async () => {
    const [one, two] = [spy(memoryStore()), spy(memoryStore())];
    let revision: Revision = { state: composeState(), objects: one.reader };
    for (let round = 0; round < 50; round++) {
      revision = compose(revision, { state: revision.state, objects: [one, two][round % 2]!.reader });
    }
    expect(await revision.objects.has(a)).toBe(false);
    expect([one.asked, two.asked]).toEqual([["has a"], ["has a"]]);
    expect(compose(revision).objects).toBe(revision.objects);
    expect(combineReaders(one.reader, one.reader)).toBe(one.reader);
  });

  it("takes parts that have a `state` of their own", () => {
    const part = { state: { objects: 1 }, objects: "x" } as StatePart;
    expect(compose(part).state).toMatchObject({ state: { objects: 1 }, objects: "x" });
  });

  it("refuses a conflict", () => {
    expect(() => compose(web(a), web(b))).toThrow(
      expect.objectContaining({ code: "STATE_CONFLICT", data: { path: "web/root.squashfs" } }),
    );
  });

  it("keeps the digits of what was parsed", () => {
    const state = parseState('{"#spec":"s","n.json":12345678901234567890,"web/run.json":{"x":0.10000000000000000001}}');
    const revision = { state, objects: nothing };
    expect(formatState(compose(revision))).toBe(formatState(state));
    expect(formatState(replaceParts(revision, compose({ "#spec": "s", "z/z": a })))).toContain(
      '"n.json":12345678901234567890',
    );
    expect(formatState(replaceParts(compose({ "#spec": "s" }), revision))).toBe(formatState(state));
  });
});

describe("replaceParts", () => {
  const current = compose(device({}), web(a), {
    "web/old": a,
    "web2/x": a,
    "_config/web/motd": a,
    "_sigs/web.json": { "#spec": "pvs@2" },
    "_sigs/other.json": { "#spec": "pvs@2" },
    "groups.json": [],
  });
  const keys = (by: Revision): string[] => Object.keys(replaceParts(current, by).state).toSorted();

  it("lets a namesake give way, whole and with its signature, but not its overlay", () => {
    const next = replaceParts(current, compose(web(b))).state;
    expect(next["web/root.squashfs"]).toBe(b);
    expect(Object.keys(next).toSorted()).toEqual([
      "#spec",
      "_config/web/motd",
      "_sigs/other.json",
      "device.json",
      "groups.json",
      "web/root.squashfs",
      "web/run.json",
      "web2/x",
    ]);
    expect(current.state["web/old"]).toBe(a);
  });

  it("takes an overlay and a signature that are brought along", () => {
    const next = replaceParts(
      current,
      compose(web(b), { "_config/web/hosts": c, "_sigs/web.json": { new: true } }),
    ).state;
    expect(next["_config/web/motd"]).toBeUndefined();
    expect(next["_config/web/hosts"]).toBe(c);
    expect(next["_sigs/web.json"]).toEqual({ new: true });
  });

  it("replaces an overlay alone, or a signature alone", () => {
    expect(keys(compose({ "_config/web/hosts": c }))).toEqual([
      "#spec",
      "_config/web/hosts",
      "_sigs/other.json",
      "device.json",
      "groups.json",
      "web/old",
      "web/root.squashfs",
      "web/run.json",
      "web2/x",
    ]);
    expect(replaceParts(current, compose({ "_sigs/web.json": { new: true } })).state).toMatchObject({
      "_sigs/web.json": { new: true },
      "web/old": a,
      "_config/web/motd": a,
    });
  });

  it("adds what is new, and replaces the device's documents as one part", () => {
    expect(keys(compose({ "db/x": c }))).toContain("db/x");
    expect(keys(compose(device({ groups: [{ name: "one" }] })))).not.toContain("groups.json");
  });

  it("keeps the format of what it changes", () => {
    expect(replaceParts(compose({ "#spec": "mine" }), compose(web(a))).state["#spec"]).toBe("mine");
  });

  it("reads from both", async () => {
    const [one, two] = [memoryStore(), memoryStore()];
    const [first, second] = [await one.put(new Uint8Array([1])), await two.put(new Uint8Array([2]))];
    const next = replaceParts(
      { state: composeState({ "x/y": first }), objects: one },
      { state: composeState(web(second)), objects: two },
    );
    expect(await missingObjects(next)).toEqual([]);
  });

  it("with itself changes nothing, and twice is once", () => {
    fc.assert(
      fc.property(firmware, firmware, ({ state: before }, { state: after }) => {
        const [from, by] = [
          { state: before, objects: nothing },
          { state: after, objects: nothing },
        ];
        expect(replaceParts(from, from).state).toEqual(before);
        const once = replaceParts(from, by);
        expect(replaceParts(once, by).state).toEqual(once.state);
        expect(once.state).toMatchObject(after);
      }),
      { numRuns: 50 },
    );
  });
});

describe("objectSizes and missingObjects", () => {
  it("read no content, and ask for each object once", async () => {
    const store = memoryStore();
    const id = await store.put(new Uint8Array(7));
    const spied = spy(store);
    const revision: Revision = {
      state: composeState({ "a/x": id, "a/y": id, "b/z": b, "c/w": "no id" }),
      objects: spied.reader,
    };
    expect([...(await objectSizes(revision, revision))]).toEqual([[id, 7]]);
    expect(spied.asked.filter((what) => what === `get ${id[0]}`)).toHaveLength(1);
    expect(await missingObjects(revision)).toEqual([b, "no id"]);
  });

  it("do many at a time, but not all", async () => {
    let running = 0;
    let most = 0;
    const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => sha256(String(index))));
    const objects: ObjectReader = {
      has: async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 1));
        running--;
        return false;
      },
      get: nothing.get,
    };
    const state = composeState(Object.fromEntries(ids.map((id, index) => [`a/${String(index).padStart(3, "0")}`, id])));
    expect(await missingObjects({ state, objects })).toEqual(ids);
    expect(most).toBe(16);
  });

  it("fail when a reader fails", async () => {
    const failure = new Error("no network");
    const objects: ObjectReader = {
      has: () => Promise.reject(failure),
      get: () => ({ size: () => Promise.reject(failure), read: () => Promise.reject(failure) }),
    };
    const revision = { state: composeState(web(a)), objects };
    await expect(missingObjects(revision)).rejects.toBe(failure);
    await expect(objectSizes(revision)).rejects.toBe(failure);
    await expect(combineReaders(objects, nothing).get(a).size()).rejects.toBe(failure);
  });
});
