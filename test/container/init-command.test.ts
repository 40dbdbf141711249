import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderContainer } from "../../src/container/index.ts";
import { isPvError, type JsonObject } from "../../src/core/index.ts";
import { readValue, splitFork, splitStock } from "./lxc-split.ts";

function initLine(config: JsonObject): string {
  const conf = renderContainer("web", { template: "builtin-lxc-docker", docker_config: config })["lxc.container.conf"]!;
  return conf.split("\n").find((line) => line.startsWith("lxc.init.cmd"))!;
}

const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.array(fc.constantFrom('"', "\\", "'", " ", "\t", "a", "$", "é"), { maxLength: 6 }).map((parts) => parts.join("")),
);
const lineBreak = /[\n\r\0]/;
/** What all lxc in the field read alike. */
const plain = (item: string): boolean => !/"|\\\\|\\$/.test(item);

describe("lxc.init.cmd", () => {
  it("the splitters read as measured", () => {
    expect(splitStock('a"b c"d')).toEqual(['a"b', 'c"d']);
    expect(splitFork('a"b c"d')).toEqual(["a", "b c", "d"]);
    for (const split of [splitStock, splitFork]) expect(split('"a""b" ""')).toEqual(["a", "b", ""]);
    expect(splitFork('"a\\\\" "\\"b\\x"')).toEqual(["a\\", '"b\\x']);
    expect(splitFork('"say \\"hi\\""', true)).toEqual(['"say "hi""']);
  });

  it("is split into the image's own words by the lxc of today's devices, by all where no escape is needed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("/bin/sh", "/opt/x\\y", "run", "it's"),
        fc.array(word, { maxLength: 5 }),
        fc.array(word, { maxLength: 3 }),
        (program, more, command) => {
          const words = [program, ...more, ...command];
          if (words.some((item) => lineBreak.test(item))) return;
          const value = readValue(initLine({ Entrypoint: [program, ...more], Cmd: command }));
          expect(splitFork(value)).toEqual(words);
          if (!words.slice(1).every(plain)) return;
          expect(splitStock(value)).toEqual(words);
          expect(splitFork(value, true)).toEqual(words);
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
  });

  it.each([
    [{}, ["/sbin/init"]],
    [{ Entrypoint: [], Cmd: [] }, ["/sbin/init"]],
    [{ Entrypoint: null, Cmd: ["/bin/a", "b c"] }, ["/bin/a", "b c"]],
    [{ Entrypoint: [""], Cmd: ["/bin/a"] }, ["/bin/a"]],
    [{ Entrypoint: ["/e"], Cmd: "one string" }, ["/e", "one string"]],
    [{ Entrypoint: '/sbin/custom --flag "a b"', Cmd: ["lost"] }, ["/sbin/custom", "--flag", "a b"]],
    [{ Entrypoint: '"/opt/my app" "x"' }, ["/opt/my app", "x"]],
  ])("%j", (config, words) => {
    for (const split of [splitFork, splitStock])
      expect(split(readValue(initLine(config as JsonObject)))).toEqual(words);
  });

  it.each([
    ["a program with a blank", { Entrypoint: ["/opt/my app"] }],
    ["a program with a quote", { Entrypoint: ['/opt/"x"'] }],
    ["a program that begins with a quote", { Cmd: ["'x'"] }],
    ["an empty program", { Entrypoint: ["", "x"] }],
    ["a line break in an argument", { Entrypoint: ["/bin/sh", "-c", "a\nlxc.cap.keep = sys_admin"] }],
    ["a line break in a command line", { Entrypoint: "/bin/a\nlxc.x = 1" }],
    ["a carriage return", { Cmd: ["/a", "b\rc"] }],
    ["a NUL", { Cmd: ["/a", "b\0c"] }],
    ["a number", { Cmd: ["/a", 1] }],
  ])("refuses %s", (_, config) => {
    try {
      initLine(config as JsonObject);
      expect.unreachable();
    } catch (error) {
      if (!isPvError(error, "CONTAINER_INVALID")) throw error;
      expect(error.data.name).toBe("web");
      expect(error.data.option).toMatch(/^config\./);
    }
  });
});
