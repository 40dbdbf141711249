import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHasher, isObjectId, sha256 } from "../../src/objects/index.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("createHasher", () => {
  it("is SHA-256, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), (parts) => {
        const hasher = createHasher();
        for (const part of parts) hasher.update(part);
        const expected = createHash("sha256").update(Buffer.concat(parts)).digest();
        expect(hasher.id()).toBe(expected.toString("hex"));
        expect([...hasher.digest()]).toEqual([...expected]);
      }),
    );
  });

  it("is the same where the runtime has none of its own", async () => {
    vi.stubGlobal("process", undefined);
    vi.resetModules();
    const portable = await import("../../src/objects/hasher.ts");
    const { nativeCrypto } = await import("../../src/core/native.ts");
    expect(nativeCrypto()).toBeUndefined();
    vi.unstubAllGlobals();
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), (parts) => {
        const [a, b] = [createHasher(), portable.createHasher()];
        for (const part of parts) [a, b].map((hasher) => hasher.update(part));
        expect(b.id()).toBe(a.id());
      }),
    );
  });

  it("ends with its digest, which nobody can change", () => {
    const hasher = createHasher();
    const digest = hasher.digest();
    digest.fill(0);
    expect(hasher.id()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(() => hasher.update(new Uint8Array(1))).toThrow(TypeError);
    expect(digest.buffer.byteLength).toBe(32);
  });
});

describe("sha256", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  it("takes text and any content", async () => {
    expect(await sha256("abc")).toBe(abc);
    expect(await sha256(new Blob(["abc"]))).toBe(abc);
    expect(await sha256(new Response("abc"))).toBe(abc);
    expect(await sha256(new Blob(["abc"]).stream())).toBe(abc);
    expect(await sha256("é")).toBe(createHash("sha256").update("é").digest("hex"));
  });

  it("stops when told, and refuses a failed answer", async () => {
    await expect(sha256(new Uint8Array(9), { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    await expect(sha256(new Response("", { status: 404 }))).rejects.toMatchObject({ code: "CONTENT_HTTP" });
  });

  it("knows an id from other text", () => {
    expect(isObjectId(abc)).toBe(true);
    for (const no of [`${abc}\n`, abc.toUpperCase(), abc.slice(1), ` ${abc}`, 5, null])
      expect(isObjectId(no)).toBe(false);
  });
});
