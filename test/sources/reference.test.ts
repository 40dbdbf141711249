import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/sources/index.ts";
import { parseChallenges } from "../../src/sources/oci/challenge.ts";
import { choosePlatform, parsePlatform } from "../../src/sources/oci/platform.ts";

const hex = "a".repeat(64);

describe("parseReference()", () => {
  it.each([
    ["nginx", "registry-1.docker.io", "library/nginx", "latest", undefined],
    ["nginx:1.27", "registry-1.docker.io", "library/nginx", "1.27", undefined],
    ["docker.io/nginx", "registry-1.docker.io", "library/nginx", "latest", undefined],
    ["index.docker.io/user/app:x", "registry-1.docker.io", "user/app", "x", undefined],
    ["user/app", "registry-1.docker.io", "user/app", "latest", undefined],
    ["ghcr.io/a/b/c:v1", "ghcr.io", "a/b/c", "v1", undefined],
    ["localhost/a", "localhost", "a", "latest", undefined],
    ["localhost:5000/a/b", "localhost:5000", "a/b", "latest", undefined],
    ["127.0.0.1:5561/vec/quoting", "127.0.0.1:5561", "vec/quoting", "latest", undefined],
    ["[::1]:5000/a:t", "[::1]:5000", "a", "t", undefined],
    [`nginx@sha256:${hex}`, "registry-1.docker.io", "library/nginx", undefined, `sha256:${hex}`],
    [`h.io/a:t@sha256:${hex}`, "h.io", "a", "t", `sha256:${hex}`],
    ["a/b__c/d--e.f", "registry-1.docker.io", "a/b__c/d--e.f", "latest", undefined],
  ])("%s", (text, registry, repository, tag, digest) => {
    const read = parseReference(text);
    expect([read.registry, read.repository, read.tag, read.digest]).toEqual([registry, repository, tag, digest]);
  });

  it.each([
    "",
    "Nginx",
    "a//b",
    "-a",
    "a-",
    "a:",
    ":t",
    "a@sha256:abc",
    `a@md5:${hex}`,
    "http://x/y",
    "a b",
    "a:t t",
    `a:${"t".repeat(129)}`,
    "x".repeat(256),
    "../a",
    "h.io/../a",
    "h.io:99999999/a",
  ])("refuses %j", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "OCI_REFERENCE_INVALID" }));
  });
});

describe("parseChallenges()", () => {
  it("reads bearer and basic together, quoted commas and escapes", () => {
    expect(
      parseChallenges(
        'Bearer realm="https://a/t?x=1,2",service="s \\"q\\"", scope="repository:a:pull" , Basic realm=x',
      ),
    ).toEqual([
      { scheme: "bearer", parameters: { realm: "https://a/t?x=1,2", service: 's "q"', scope: "repository:a:pull" } },
      { scheme: "basic", parameters: { realm: "x" } },
    ]);
  });
  it.each(["", "   ", ",,,", "=", '"', "Bearer", `Bearer realm="${"\\".repeat(20_000)}`])("survives %#", (text) => {
    expect(parseChallenges(text).length).toBeLessThan(2);
  });
});

describe("choosePlatform()", () => {
  const entries = [
    "linux/amd64",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm64/v8",
    "windows/amd64",
    "unknown/unknown",
  ].map((text) => ({ text, platform: parsePlatform(text) }));
  it.each([
    ["linux/amd64", "linux/amd64"],
    ["amd64", "linux/amd64"],
    ["x86_64", "linux/amd64"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/arm64", "linux/arm64/v8"],
    ["linux/aarch64", "linux/arm64/v8"],
    ["linux/arm64/v8", "linux/arm64/v8"],
    ["windows/amd64", "windows/amd64"],
  ])("%s takes %s", (wanted, chosen) => expect(choosePlatform(entries, parsePlatform(wanted)).text).toBe(chosen));
  it.each(["linux/riscv64", "linux/arm/v8", "linux/arm64/v9", "linux/amd64/v3", "darwin/arm64"])(
    "%s is absent, and the error lists what is there",
    (wanted) => {
      expect(() => choosePlatform(entries, parsePlatform(wanted))).toThrow(
        expect.objectContaining({
          code: "OCI_PLATFORM_ABSENT",
          data: { wanted, available: entries.slice(0, -1).map(({ text }) => text) },
        }),
      );
    },
  );
});
