import { describe, expect, it } from "vitest";
import { checkState } from "../../src/state/index.ts";

const spec = '{"#spec":"pantavisor-service-system@1",';
const id = (n: number): string => n.toString(16).padStart(64, "0");
const times = (n: number, make: (i: number) => string): string => Array.from({ length: n }, (_, i) => make(i)).join();
const codes = (text: string | Uint8Array): string[] => checkState(text).map(({ code }) => code);

/** A state of about that many keys, sound but for what it says. */
function keys(count: number): string {
  const part = (i: number): string =>
    `"c${i}/l":"${id(i)}","c${i}/r.squashfs":"${id(i)}","c${i}/run.json":{"config":"l","name":"c${i}",` +
    `"root-volume":"r.squashfs","storage":{"s":{"persistence":"boot"}},"type":"lxc"},"c${i}/src.json":{"args":{}}`;
  const numbers = Array.from({ length: count / 4 }, (_, i) => i).toSorted((a, b) => (`c${a}/` < `c${b}/` ? -1 : 1));
  return `${spec}${numbers.map(part).join()}}`;
}

function millisecondsOf(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const begin = performance.now();
    work();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

describe("hostile text", () => {
  const deep = 1_000_000;

  it.each<[string, string, string]>([
    ["a million brackets", `${spec}"a.json":${"[".repeat(deep)}${"]".repeat(deep)}}`, "JSON_TOO_DEEP"],
    ["a million brackets, never closed", `${spec}"a.json":${"[".repeat(deep)}`, "JSON_TOO_DEEP"],
    ["a million objects", `${spec}"a.json":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`, "JSON_TOO_DEEP"],
    ["a hundred thousand unclosed objects", '{"a":'.repeat(100_000), "JSON_INVALID"],
    ["more tokens than any state", `{"a":[${"1,".repeat(4_000_000)}1]}`, "JSON_TOO_LARGE"],
    ["nothing but colons", ":".repeat(1_000_000), "SPEC_MISSING"],
    ["nothing but commas and quotes", '"",'.repeat(1_000_000), "SPEC_MISSING"],
    [
      "one name a hundred thousand times",
      `${spec}${times(100_000, () => '"a/run.json":{"name":"a"}')}}`,
      "KEY_REPEATED",
    ],
    [
      "device.json a hundred thousand times",
      `${spec}${times(100_000, () => '"device.json":{"groups":[]}')}}`,
      "RESERVED_REPEATED",
    ],
  ])("%s ends in a finding", (_what, text, code) => {
    const begin = performance.now();
    expect(codes(text)).toContain(code);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it("of 100 MB is not read at all", () => {
    expect(checkState("x".repeat(100_000_000))).toMatchObject([{ code: "JSON_TOO_LARGE", severity: "error" }]);
    expect(codes(new Uint8Array(100_000_000).fill(0x7b))).toEqual(["JSON_TOO_LARGE"]);
  });

  it("of up to 100,000 levels is read as a device reads it", () => {
    expect(codes(`${spec}"a.json":${"[".repeat(90_000)}${"]".repeat(90_000)}}`)).toEqual([]);
  });

  it("tells a finding that comes too often a hundred times, then how many there are", () => {
    const found = checkState(`${spec}${times(1000, (i) => `"a${String(i).padStart(4, "0")}":"no id"`)}}`);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toMatchObject({ code: "OBJECT_ID_INVALID", message: "900 more of these" });
  });

  it.each<[string, string]>([
    // each of these re-reads the same text for every element on a device
    [
      "groups in groups",
      `"device.json":{"groups":[${'{"k":{'.repeat(40_000)}"name":"a"${"}}".repeat(40_000)}${",{}".repeat(40_000)}]}`,
    ],
    [
      "a lenient list that goes back",
      `"device.json":{"disks_v3":[{${times(20_000, (i) => `"k${i}":[[[]]]`)}}${",5".repeat(50_000)}],"groups":[{"name":"a"}]}`,
    ],
    ["storage in storage", `"a/run.json":{"storage":${'{"storage":'.repeat(90_000)}1${"}".repeat(90_000)}}`],
    ["a container with 200,000 members", `"a/run.json":{${times(200_000, (i) => `"k${i}":${i}`)}}`],
    [
      "50,000 groups and containers",
      `"device.json":{"groups":[${times(50_000, (i) => `{"name":"g${i}"}`)}]},${times(50_000, (i) => `"c${i}/run.json":{"group":"g${49_999 - i}","name":"c${i}"}`)}`,
    ],
    [
      "100,000 aliases",
      `"device.json":{"disks":[{"aliases":[${times(100_000, (i) => `"a${i}"`)}],"name":"d","type":"dual"}],"groups":[{"name":"a"}]}`,
    ],
    ["100,000 services of nobody", times(100_000, (i) => `"c${i}/services.json":[{"name":"x","type":"unix"}]`)],
  ])("does not take quadratic time: %s", (_what, pairs) => {
    const begin = performance.now();
    checkState(`${spec}${pairs}}`);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it("in signatures is bounded too", () => {
    const header = (include: readonly string[]): string =>
      btoa(JSON.stringify({ alg: "RS256", typ: "PVS", pvs: { include, exclude: [] } }));
    const signed = (protectedHeader: string): string =>
      `"_sigs/x.json":{"#spec":"pvs@2","protected":"${protectedHeader}","signature":""}`;
    const names = times(20_000, (i) => `"${"a".repeat(40)}${i}":"${id(i)}"`);
    const bomb = signed(header(Array.from({ length: 2000 }, () => "*a*a*a*a*a*a*a*a*b")));
    expect(codes(`${spec}${bomb},${names}}`)).toContain("SIGNATURES_UNCHECKED");
    const deepHeader = signed(btoa("[".repeat(200_000)));
    expect(codes(`${spec}${deepHeader}}`)).toContain("SIGNATURE_REFUSED");
  });
});

describe("speed", () => {
  it("grows with the number of keys, no faster", () => {
    expect(codes(keys(100_000))).toEqual(["STATE_OVER_HUB_LIMIT"]);
    const [small, large] = [keys(4_000), keys(40_000)];
    expect(codes(small)).toEqual([]);
    // tenfold, if it is linear; garbage collection and neighbours may treble it
    expect(millisecondsOf(() => checkState(large))).toBeLessThan(30 * millisecondsOf(() => checkState(small)));
  }, 180_000);
});
