import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { files } from "../../src/index.ts";
import { writeDirectory } from "../../src/node/index.ts";
import { makeFolders } from "../../src/node/make-folders.ts";

const folder = mkdtempSync(join(tmpdir(), "folders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("folders and those above them", () => {
  it("are made, and may be there", async () => {
    await makeFolders(join(folder, "a/b/c"), 0o700);
    await makeFolders(join(folder, "a/b/c"));
    expect(statSync(join(folder, "a/b/c")).mode & 0o777).toBe(0o700);
    await Promise.all([makeFolders(join(folder, "x/y/z")), makeFolders(join(folder, "x/y/z"))]);
    expect(existsSync(join(folder, "x/y/z"))).toBe(true);
  });

  it("are refused below a file", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(makeFolders(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders(join(folder, "file/a/b"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it.skipIf(!existsSync("/proc/self"))("end where a file system makes none", async () => {
    const writing = writeDirectory(files({ a: "" }), "/proc/not-there/below");
    await expect(writing).rejects.toMatchObject({ code: "FILE_FAILED", data: { reason: "ENOENT" } });
  });
});
