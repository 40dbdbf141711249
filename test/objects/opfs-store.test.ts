import { afterEach, describe, expect, it, vi } from "vitest";
import { opfsStore } from "../../src/objects/index.ts";
import { FakeFolder } from "./fake-opfs.ts";
import { storeContract } from "./store-contract.ts";

afterEach(() => vi.unstubAllGlobals());

function browser(options: { move: boolean; quota?: number }): FakeFolder {
  const root = new FakeFolder({ quota: Number.POSITIVE_INFINITY, ...options });
  vi.stubGlobal("navigator", { storage: { getDirectory: async () => root } });
  return root;
}

describe("opfsStore, where files can be moved", () => {
  storeContract(async () => {
    browser({ move: true });
    return opfsStore("firmware");
  });
});

describe("opfsStore, where they cannot", () => {
  storeContract(async () => {
    browser({ move: false });
    return opfsStore("firmware");
  });
});

describe("opfsStore", () => {
  it("fails with a reason outside a browser", async () => {
    vi.stubGlobal("navigator", {});
    await expect(opfsStore("x").put(new Uint8Array(1))).rejects.toMatchObject({ code: "FILE_FAILED" });
  });

  it("fails with a reason where there is no room, and leaves nothing", async () => {
    const root = browser({ move: true, quota: 10 });
    const failure = { code: "FILE_FAILED", data: { reason: "no room" } };
    await expect(opfsStore("x").put(new Uint8Array(11))).rejects.toMatchObject(failure);
    expect([...root.folders.get("x")!.files.keys()]).toEqual([]);
  });
});
