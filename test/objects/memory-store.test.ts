import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/objects/index.ts";
import { sinkContract, storeContract } from "./store-contract.ts";

describe("memoryStore", () => {
  storeContract(async () => memoryStore());
  sinkContract(async () => memoryStore());

  it("is full at its limit, and has the room back after a failure", async () => {
    const store = memoryStore({ maxBytes: 100 });
    const first = await store.put(new Uint8Array(60));
    const full = { code: "STORE_FULL", data: { maxBytes: 100 } };
    await expect(store.put(new Uint8Array(61))).rejects.toMatchObject(full);
    await expect(store.put(new Uint8Array(41).fill(1))).rejects.toMatchObject(full);
    await store.put(new Uint8Array(40).fill(2)); // nothing of the failed ones counts
    await expect(store.put(new Uint8Array(1))).rejects.toMatchObject(full);
    await store.delete(first);
    const sink = store.sink!();
    await sink.write(0, new Uint8Array(50));
    await expect(sink.write(50, new Uint8Array(20))).rejects.toMatchObject(full);
    await expect(sink.setSize(2 ** 40)).rejects.toMatchObject(full);
    await sink.abort();
    await store.put(new Uint8Array(59).fill(3));
  });

  it("counts equal content once", async () => {
    const store = memoryStore({ maxBytes: 100 });
    await store.put(new Uint8Array(45));
    await store.put(new Uint8Array(45));
    await store.put(new Uint8Array(45).fill(1));
  });

  it("names the other stores when it is full", async () => {
    const error = await memoryStore({ maxBytes: 1 })
      .put(new Uint8Array(2))
      .catch((thrown: unknown) => thrown);
    expect((error as { hint: string }).hint).toMatch(/directoryStore.*opfsStore/);
  });

  it("holds 512 MiB unless told", async () => {
    const sink = memoryStore().sink!();
    await sink.setSize(512 * 2 ** 20);
    await expect(sink.setSize(512 * 2 ** 20 + 1)).rejects.toMatchObject({ code: "STORE_FULL" });
    await sink.abort();
  });
});
