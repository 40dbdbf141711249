import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { concatBytes } from "../../src/core/internal.ts";
import { createVerity } from "../../src/wasm-squashfs/index.ts";
import { describeWith } from "./tools.ts";

describeWith(["veritysetup"], "veritysetup", () => {
  const folder = mkdtempSync(join(tmpdir(), "verity-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const image = join(folder, "image");
  const hash = join(folder, "hash");

  let state = 20240607;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const noise = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => random(256));
  const sizes = [1, 2, 127, 128, 129, 3 * 128 + 1].map((blocks) => blocks * 4096);
  for (let index = 0; index < 24; index++) sizes.push(4096 + random(3_000_000));

  it.each(sizes)("makes the same tree of %i bytes", async (size) => {
    const bytes = noise(size);
    const salt = random(4) === 0 ? "-" : Buffer.from(noise(1 + random(40))).toString("hex");
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    writeFileSync(image, bytes);
    rmSync(hash, { force: true });
    const said = execFileSync("veritysetup", ["format", `--salt=${salt}`, `--uuid=${uuid}`, image, hash], {
      encoding: "utf8",
    });
    const verity = await createVerity(bytes, { salt, uuid });
    expect(said).toContain(verity.rootHash);
    expect(Buffer.from(verity.hashTree).equals(readFileSync(hash))).toBe(true);
  });

  it("verifies ours, beside the image and appended", async () => {
    const bytes = noise(300 * 4096);
    const verity = await createVerity(bytes);
    writeFileSync(image, concatBytes([bytes, verity.hashTree]));
    writeFileSync(hash, verity.hashTree);
    execFileSync("veritysetup", ["verify", image, hash, verity.rootHash]);
    execFileSync("veritysetup", ["verify", `--hash-offset=${bytes.length}`, image, image, verity.rootHash]);
  });
});
