import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isPvError } from "../../src/core/index.ts";
import { concatBytes, toHex } from "../../src/core/internal.ts";
import { sha256 } from "../../src/objects/index.ts";
import { createVerity, verifyVerity } from "../../src/wasm-squashfs/index.ts";

interface Case {
  data_blocks: number;
  pattern_seed: number;
  data_sha256: string;
  salt: string;
  uuid: string;
  root_hash: string;
  hash_file_size: number;
  hash_file_sha256: string;
  superblock_hex: string;
}

/** Made with veritysetup 2.6.1. */
const { cases } = JSON.parse(readFileSync(new URL("../vectors/squashfs/verity.json", import.meta.url), "utf8")) as {
  cases: readonly Case[];
};

function pattern(blocks: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(blocks * 4096);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + Math.floor(at / 4096) * 17 + seed) % 256;
  return bytes;
}

describe("createVerity", () => {
  it.each(cases)("is veritysetup's for $data_blocks blocks, salt $salt", async (vector) => {
    const data = pattern(vector.data_blocks, vector.pattern_seed);
    expect(await sha256(data)).toBe(vector.data_sha256);
    const verity = await createVerity(data, { salt: vector.salt, uuid: vector.uuid });
    expect(verity.rootHash).toBe(vector.root_hash);
    expect(verity.hashTree.length).toBe(vector.hash_file_size);
    expect(await sha256(verity.hashTree)).toBe(vector.hash_file_sha256);
    expect(toHex(verity.hashTree.subarray(0, 512)).replace(/(?:00)*$/, "")).toBe(
      vector.superblock_hex.replace(/(?:00)*$/, ""),
    );
    expect(verity.document).toEqual({
      data_device: "root.squashfs",
      hash_device: "root.squashfs.hash",
      root_hash: vector.root_hash,
      salt: vector.salt,
      type: "dm-verity",
      uuid: vector.uuid,
    });
  });

  it("takes salt and UUID from the content, so that it repeats", async () => {
    const one = await createVerity(pattern(5, 1));
    expect(await createVerity(pattern(5, 1))).toEqual(one);
    expect(one.salt).toMatch(/^[0-9a-f]{64}$/);
    expect(one.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const other = await createVerity(pattern(5, 2));
    expect(other.salt).not.toBe(one.salt);
    expect(other.uuid).not.toBe(one.uuid);
    expect(await createVerity(pattern(5, 1), { salt: one.salt, uuid: one.uuid.toUpperCase() })).toEqual(one);
  });

  it("covers whole blocks only, as veritysetup does", async () => {
    const options = { salt: "ab", uuid: cases[0]!.uuid };
    const whole = await createVerity(pattern(2, 3), options);
    expect(await createVerity(concatBytes([pattern(2, 3), new Uint8Array(3)]), options)).toEqual(whole);
    const short = createVerity(new Uint8Array(4095));
    await expect(short).rejects.toSatisfy((error) => isPvError(error, "CONTENT_TRUNCATED"));
  });

  it("refuses what is no salt and no UUID", async () => {
    for (const salt of ["xyz", "a", "00".repeat(257)]) {
      await expect(createVerity(new Uint8Array(4096), { salt })).rejects.toThrow(TypeError);
    }
    await expect(createVerity(new Uint8Array(4096), { uuid: "0123" })).rejects.toThrow(TypeError);
    expect((await createVerity(new Uint8Array(4096), { salt: "00".repeat(256) })).salt).toHaveLength(512);
  });

  it("stops when told", async () => {
    const stop = AbortSignal.abort(new Error("enough"));
    await expect(createVerity(pattern(2, 0), { signal: stop })).rejects.toThrow("enough");
  });
});

describe("verifyVerity", () => {
  const image = pattern(300, 7);

  it("finds an image intact, beside its tree and with it appended", async () => {
    const { hashTree, rootHash, salt, uuid } = await createVerity(image);
    const report = { verdict: "intact", rootHash, salt, uuid, dataBlocks: 300, problems: [], problemCount: 0 };
    expect(await verifyVerity(image, { hashTree, rootHash })).toEqual(report);
    const whole = concatBytes([image, hashTree]);
    const appended = await verifyVerity(whole, { hashTree: whole, rootHash, hashOffsetBytes: image.length });
    expect(appended).toEqual(report);
  });

  it("names every block that differs", async () => {
    const { hashTree, rootHash } = await createVerity(image);
    for (const block of [0, 127, 128, 299]) {
      const changed = image.slice();
      changed[block * 4096 + 4095]! ^= 1;
      const report = await verifyVerity(changed, { hashTree, rootHash });
      expect(report).toMatchObject({ verdict: "corrupt", problems: [{ where: "data", block }], problemCount: 1 });
    }
  });

  it("sees a forged tree", async () => {
    const { hashTree, rootHash, salt, uuid } = await createVerity(image);
    const changed = image.slice();
    changed[5]! ^= 1;
    const forged = await createVerity(changed, { salt, uuid });
    const report = await verifyVerity(changed, { hashTree: forged.hashTree, rootHash });
    expect(report).toMatchObject({ verdict: "corrupt", rootHash: forged.rootHash, problems: [{ where: "root" }] });
    const bent = hashTree.slice();
    bent[2 * 4096 + 7]! ^= 1;
    const tree = await verifyVerity(image, { hashTree: bent, rootHash });
    expect(tree.verdict).toBe("corrupt");
    expect(tree.problems.map(({ where, block }) => `${where} ${block}`)).toEqual(["data 0", "tree 2"]);
  });

  it("takes a hash file for hostile", async () => {
    const { hashTree, rootHash } = await createVerity(image);
    const broken: [string, (bytes: Uint8Array, view: DataView) => void][] = [
      ["signature", (bytes) => bytes.set([0], 0)],
      ["version", (_, view) => view.setUint32(8, 2, true)],
      ["hash type", (_, view) => view.setUint32(12, 0, true)],
      ["algorithm", (bytes) => bytes.set([0x6d], 32)],
      ["block size", (_, view) => view.setUint32(64, 512, true)],
      ["block size", (_, view) => view.setUint32(68, 0, true)],
      ["covers", (_, view) => view.setBigUint64(72, 0n, true)],
      ["covers", (_, view) => view.setBigUint64(72, 2n ** 63n, true)],
      ["the image has fewer", (_, view) => view.setBigUint64(72, 2n ** 40n, true)],
      ["salt", (_, view) => view.setUint16(80, 257, true)],
    ];
    for (const [words, damage] of broken) {
      const bytes = hashTree.slice();
      damage(bytes, new DataView(bytes.buffer));
      const report = await verifyVerity(image, { hashTree: bytes, rootHash });
      expect(report.verdict).toBe("corrupt");
      expect(report.problems[0]!.message).toContain(words);
    }
    for (const length of [0, 100, 4096, hashTree.length - 1]) {
      const report = await verifyVerity(image, { hashTree: hashTree.slice(0, length), rootHash });
      expect(report).toMatchObject({ verdict: "corrupt", problemCount: 1 });
    }
    const short = await verifyVerity(image.subarray(0, 4096 * 299), { hashTree, rootHash });
    expect(short.problems[0]!.message).toContain("the image has fewer");
  });

  it("lists a hundred problems and counts on", async () => {
    const { hashTree, rootHash } = await createVerity(image);
    const report = await verifyVerity(new Uint8Array(image.length), { hashTree, rootHash });
    expect(report.problems).toHaveLength(100);
    expect(report.problemCount).toBe(300);
  });
});
