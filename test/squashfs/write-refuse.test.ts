import { describe, expect, it } from "vitest";
import { type ByteSink, isPvError, memorySink, type Progress, PvError, readBytes } from "../../src/core/index.ts";
import { readTar, type TreeEntry, writeTar } from "../../src/tree/index.ts";
import { type SquashfsOptions, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { directory, file, hardlink, link, noise, pack, prose, treeOf } from "./write-helpers.ts";

/** A sink that notes what becomes of it. */
function noting(fail: { write?: boolean; close?: boolean } = {}): ByteSink & { said: string[] } {
  const said: string[] = [];
  const { write, setSize, close } = memorySink();
  return {
    said,
    async write(offset, bytes) {
      if (fail.write) throw new PvError("FILE_FAILED", "the disk is full", { path: "x", reason: "ENOSPC" });
      await write(offset, bytes);
    },
    setSize,
    async close() {
      if (fail.close) throw new Error("cannot close");
      said.push("closed");
      await close();
    },
    async abort(reason) {
      said.push(`aborted: ${(reason as Error).message}`);
    },
  };
}

async function refused(
  entries: readonly TreeEntry[],
  code: "PATH_UNSAFE" | "TREE_INVALID",
  path: string,
): Promise<void> {
  const sink = noting();
  const error = await writeSquashfs(treeOf(...entries), sink).catch((reason: unknown) => reason);
  expect(isPvError(error, code), String(error)).toBe(true);
  expect((error as PvError).data).toEqual({ path });
  expect(sink.said).toEqual([`aborted: ${(error as Error).message}`]);
}

describe("writeSquashfs refuses", () => {
  it.each(["../x", "a/../b", "a/..", ".", "a/./b", "/a", "a/", "a//b", "a\0b", "x/\0", "\ud800", "a/\udfff"])(
    "the path %j",
    async (path) => {
      await refused([file(path, "x")], "PATH_UNSAFE", path);
      await refused([directory(path)], "PATH_UNSAFE", path);
    },
  );

  const long = "n".repeat(256);
  const deep = "d/".repeat(4097);
  const broken: [string, TreeEntry[], string][] = [
    ["a name of 256 bytes", [file(long, "")], long],
    ["a name of 256 bytes in UTF-8", [file("\u00e9".repeat(128), "")], "\u00e9".repeat(128)],
    ["a tree too deep", [file(`${deep}f`, "")], `${deep}f`],
    ["a file below a file", [file("a", "1"), file("a/b", "2")], "a"],
    ["a file below a link", [link("a", "x"), file("a/b", "2")], "a"],
    ["a file in place of a full folder", [file("a/b", "2"), file("a", "1")], "a"],
    ["a file in place of the root", [file("", "1")], ""],
    ["a link to nothing", [hardlink("a", "b")], "a"],
    ["a link to what comes later", [hardlink("a", "b"), file("b", "")], "a"],
    ["a link into no folder", [hardlink("a", "b/c")], "a"],
    ["a link to a folder", [directory("d"), hardlink("a", "d")], "a"],
    ["an empty symbolic link", [link("a", "")], "a"],
    ["a symbolic link of 4096 bytes", [link("a", "x".repeat(4096))], "a"],
    ["a NUL in a symbolic link", [link("a", "x\0y")], "a"],
    ["an owner above 32 bits", [file("a", "", { uid: 2 ** 32 })], "a"],
    ["a negative owner", [file("a", "", { gid: -1 })], "a"],
    ["a fractional owner", [file("a", "", { gid: 0.5 })], "a"],
    ["a device above 12 bits", [{ ...file("a", ""), kind: "char", major: 4096, minor: 0 } as TreeEntry], "a"],
    ["a device above 20 bits", [{ ...file("a", ""), kind: "block", major: 0, minor: 2 ** 20 } as TreeEntry], "a"],
    ["an unknown kind", [{ ...file("a", ""), kind: "door" } as unknown as TreeEntry], "a"],
    ["a size that is none", [{ ...file("a", ""), sizeBytes: -1 } as TreeEntry], "a"],
    ["a long attribute name", [file("a", "", { xattrs: { [`user.${"n".repeat(251)}`]: noise(1) } })], "a"],
    ["an attribute without name", [file("a", "", { xattrs: { "user.": noise(1) } })], "a"],
    ["a large attribute", [file("a", "", { xattrs: { "user.a": new Uint8Array(65_537) } })], "a"],
  ];
  it.each(broken)("%s", async (_, entries, path) => {
    await refused(entries, "TREE_INVALID", path);
  });

  it("more than 65535 owners", async () => {
    async function* tree(): AsyncGenerator<TreeEntry, void, void> {
      for (let id = 1; id <= 65_535; id++) yield file(`f${id}`, "", { uid: id, gid: 0 });
    }
    const sink = noting();
    await expect(writeSquashfs(tree(), sink)).rejects.toMatchObject({ code: "TREE_INVALID", data: { path: "f65535" } });
    expect(sink.said).toHaveLength(1);
  });

  it("files that are shorter or longer than their entries say", async () => {
    for (const size of [10, 200_000, 400_000]) {
      for (const off of [-1, 1]) {
        const entry = file("a/b", noise(size), { sizeBytes: size - off });
        const error = await pack(treeOf(entry)).catch((reason: unknown) => reason);
        expect(isPvError(error, "CONTENT_TRUNCATED")).toBe(true);
        expect(String(error)).toContain("a/b");
      }
    }
  });

  it("options that are none", async () => {
    const wrong: [SquashfsOptions, typeof TypeError | typeof RangeError][] = [
      [{ compressor: "lzma" as "xz" }, TypeError],
      [{ compressor: "toString" as "xz" }, TypeError],
      [{ level: 0 }, RangeError],
      [{ level: 10 }, RangeError],
      [{ level: 5.5 }, RangeError],
      [{ compressor: "zstd", level: 23 }, RangeError],
      [{ blockSizeBytes: 2048 }, RangeError],
      [{ blockSizeBytes: 2 ** 21 }, RangeError],
      [{ blockSizeBytes: 100_000 }, RangeError],
      [{ fragments: "tight" as "packed" }, TypeError],
    ];
    for (const [options, kind] of wrong) {
      const sink = noting();
      await expect(writeSquashfs(treeOf(), sink, options)).rejects.toThrow(kind);
      expect(sink.said).toHaveLength(1);
    }
  });
});

describe("when writing fails", () => {
  it("the sink is aborted: a tree, a content, a disk that fails", async () => {
    async function* tree(): AsyncGenerator<TreeEntry, void, void> {
      yield file("a", noise(300_000));
      throw new Error("the tree broke");
    }
    const broken = noting();
    await expect(writeSquashfs(tree(), broken)).rejects.toThrow("the tree broke");
    expect(broken.said).toEqual(["aborted: the tree broke"]);

    const open = (): never => {
      throw new Error("no content");
    };
    const content = noting();
    await expect(writeSquashfs(treeOf(file("a", "x", { open })), content)).rejects.toThrow("no content");
    expect(content.said).toEqual(["aborted: no content"]);

    const full = noting({ write: true });
    const many = treeOf(file("a", noise(5_000_000)), file("b", noise(5_000_000, 2)));
    await expect(writeSquashfs(many, full)).rejects.toMatchObject({ code: "FILE_FAILED", data: { reason: "ENOSPC" } });
    expect(full.said).toEqual(["aborted: the disk is full"]);

    const stuck = noting({ close: true });
    await expect(writeSquashfs(treeOf(), stuck)).rejects.toThrow("cannot close");
    expect(stuck.said).toEqual(["aborted: cannot close"]);
  });

  it("an abort is obeyed before, during, and while tree or content hang", async () => {
    const reason = new Error("enough");
    const before = noting();
    await expect(writeSquashfs(treeOf(), before, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(before.said).toEqual(["aborted: enough"]);

    const during = new AbortController();
    let ended = false;
    async function* tree(): AsyncGenerator<TreeEntry, void, void> {
      try {
        for (let at = 0; ; at++) {
          if (at === 5) during.abort(reason);
          yield file(`f${at}`, noise(200_000, at));
        }
      } finally {
        ended = true;
      }
    }
    await expect(writeSquashfs(tree(), noting(), { signal: during.signal })).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve));
    expect(ended).toBe(true);

    const hanging = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const late = new AbortController();
    setTimeout(() => late.abort(reason), 20);
    await expect(writeSquashfs(hanging, noting(), { signal: late.signal })).rejects.toBe(reason);

    const slow = new AbortController();
    let cancelled: unknown;
    const open = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
      new ReadableStream({ cancel: (why) => void (cancelled = why) });
    setTimeout(() => slow.abort(reason), 20);
    const endless = file("a", "xyz", { open: open as never });
    await expect(writeSquashfs(treeOf(endless), noting(), { signal: slow.signal })).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
  });

  it("an abort is obeyed while a tar hangs within a file", async () => {
    const whole = await readBytes(writeTar(treeOf(file("a", noise(300_000)))));
    const reason = new Error("enough");
    const stop = new AbortController();
    let pulled = 0;
    const hanging = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (pulled++ === 0) return controller.enqueue(whole.subarray(0, 100_000));
          setTimeout(() => stop.abort(reason), 10);
          await new Promise(() => {});
        },
      },
      { highWaterMark: 0 },
    );
    const sink = noting();
    await expect(writeSquashfs(readTar(hanging), sink, { signal: stop.signal })).rejects.toBe(reason);
    expect(sink.said).toEqual(["aborted: enough"]);
  });

  it("opens one content at a time and lets go of each", async () => {
    let open = 0;
    const watched = Array.from({ length: 20 }, (_, at) => {
      const entry = file(`f${at}`, noise(at * 20_000 + 1, at));
      const inner = entry.open;
      const stream = (): ReturnType<typeof inner> => {
        expect(open++).toBe(0);
        const reader = inner().getReader();
        return new ReadableStream({
          async pull(controller) {
            const { done, value } = await reader.read();
            if (!done) controller.enqueue(value);
            else {
              open--;
              controller.close();
            }
          },
        });
      };
      return { ...entry, open: stream };
    });
    await pack(treeOf(...watched));
    expect(open).toBe(0);
  });

  it("reports bytes, and once at the end", async () => {
    const events: Progress[] = [];
    const onProgress = (event: Progress): void => void events.push(event);
    await pack(treeOf(file("a", prose(3_000_000)), file("b", prose(10))), { onProgress });
    expect(events.every(({ task, unit }) => task === "squashfs" && unit === "bytes")).toBe(true);
    expect(events.map(({ done }) => done)).toEqual(events.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(events.filter(({ done, total }) => done === total)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ done: 3_000_010, total: 3_000_010 });
    expect(events.length).toBeGreaterThan(2);
  });
});
