import { describe, expect, it } from "vitest";
import { renderContainer } from "../../src/container/index.ts";
import { type Case, casesOf, expected, replay } from "./replay.ts";

/** Defects of the peer that are not copied (README of the vectors). */
const notCopied = new Set(["d15-two-volumes-broken-json", "d31-untagged-with-port"]);
const cases = (["docker", "rootfs"] as const).flatMap((kind) =>
  casesOf(kind).map((one) => ({ kind, one, name: one.name })),
);

const withoutDigest = (text: string | undefined): string | undefined =>
  text?.replace(/,?\s*"rootfs_digest": "[^"]*"/, "");

describe("pvr's exact bytes", () => {
  it("has all cases", () => expect(cases.length).toBe(37));

  it.each(cases.filter(({ name }) => !notCopied.has(name)))("$name", ({ kind, one }) => {
    const { sources, edited, groups } = replay(one);
    for (const app of one.app) {
      const files = renderContainer(app, sources.get(app)!, { compat: "pvr-2023", groups });
      expect(files["run.json"]).toBe(expected(kind, one, app, "run.json"));
      expect(files["lxc.container.conf"]).toBe(expected(kind, one, app, "lxc.container.conf"));
      if (!edited) expect(files["src.json"]).toBe(withoutDigest(expected(kind, one, app, "src.json")));
    }
  });

  it("joins two volumes with a comma, where pvr writes no JSON (d15)", () => {
    const one = casesOf("docker").find(({ name }) => name.startsWith("d15")) as Case;
    const { sources } = replay(one);
    const run = renderContainer("c", sources.get("c")!, { compat: "pvr-2023" })["run.json"];
    expect(JSON.parse(run).volumes).toEqual(["one.squashfs", "two.squashfs", "m.squashfs"]);
    expect(() => JSON.parse(expected("docker", one, "c", "run.json")!)).toThrow();
  });
});
