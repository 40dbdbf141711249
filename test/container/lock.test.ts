import { describe, expect, it } from "vitest";
import {
  createRevision,
  formatLock,
  parseLock,
  type RevisionLock,
  type RevisionSpec,
} from "../../src/container/index.ts";
import { formatState } from "../../src/state/index.ts";
import { files } from "../../src/tree/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const spec = (
  changes: { web?: string; kernel?: string; group?: string; overlay?: string; mode?: number } = {},
): RevisionSpec => ({
  device: {},
  bsp: { linux: bytes(changes.kernel ?? "kernel"), initrd: bytes("initrd"), modules: files({ "/a.ko": "a" }) },
  containers: {
    web: {
      from: files({ "/b": "b", "/a": { content: changes.web ?? "a", mode: changes.mode ?? 0o644 } }),
      config: { Entrypoint: ["/a"] },
      group: changes.group ?? "app",
      overlay: files({ "/etc/x": changes.overlay ?? "x" }),
    },
  },
});

async function lockOf(made: RevisionSpec): Promise<RevisionLock> {
  let lock: RevisionLock | undefined;
  await createRevision(made, {
    onLock: (found) => {
      lock = found;
    },
  });
  return parseLock(formatLock(lock!));
}

describe("the lock file", () => {
  it("names every source, and builds the same again", async () => {
    const lock = await lockOf(spec());
    expect(Object.keys(lock.sources)).toEqual([
      "bsp/kernel.img",
      "bsp/modules.squashfs",
      "bsp/pantavisor",
      "containers/web",
      "containers/web/overlay",
    ]);
    const again = await createRevision(spec(), { lock, frozen: true });
    expect(formatState(again)).toBe(formatState(await createRevision(spec())));
  });

  it.each([
    ["content", { web: "changed" }, "containers/web"],
    ["a mode", { mode: 0o600 }, "containers/web"],
    ["the kernel", { kernel: "new" }, "bsp/kernel.img"],
    ["an overlay", { overlay: "y" }, "containers/web/overlay"],
    ["a setting", { group: "platform" }, "parts/web"],
  ] as const)("says that %s changed", async (_, changes, path) => {
    const lock = await lockOf(spec());
    await expect(createRevision(spec(changes), { lock, frozen: true })).rejects.toThrow(
      expect.objectContaining({ code: "LOCK_CHANGED", data: expect.objectContaining({ path }) }),
    );
    await createRevision(spec(changes), { lock });
  });

  it("says what is new and what is gone", async () => {
    const lock = await lockOf(spec());
    const more = { ...spec(), containers: { ...spec().containers, db: { from: files({ "/x": "x" }), group: "app" } } };
    await expect(createRevision(more, { lock, frozen: true })).rejects.toThrow(/containers\/db/);
    await expect(createRevision({ ...spec(), containers: {} }, { lock, frozen: true })).rejects.toThrow(
      /containers\/web/,
    );
  });

  it("refuses what is no lock, and frozen without one", async () => {
    for (const text of [
      "",
      "{}",
      "[]",
      "null",
      '{"#spec":"pv-lock@1"}',
      "{",
      '{"#spec":"pv-lock@1","template":1,"sources":{"a":1},"parts":{},"state":"x"}',
    ]) {
      expect(() => parseLock(text), text).toThrow(expect.objectContaining({ code: "LOCK_INVALID" }));
    }
    await expect(createRevision(spec(), { frozen: true })).rejects.toThrow(
      expect.objectContaining({ code: "LOCK_INVALID" }),
    );
  });
});
