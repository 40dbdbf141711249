/** How the command line speaks: flags where they may stand, help, hints, and errors that name what a person named. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createContext } from "../../examples/cli/context.ts";
import { inCommandWords } from "../../examples/cli/hints.ts";
import { formatError, readBytes } from "../../src/core/index.ts";
import * as api from "../../src/index.ts";
import * as node from "../../src/node/index.ts";
import * as repo from "../../src/repo/index.ts";
import { files, writeTar } from "../../src/tree/index.ts";
import { Sandbox } from "./sandbox.ts";

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

async function ok(cwd: string, ...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await box.run(args, cwd);
  expect(exit, stderr).toBe(0);
  return stdout.toString();
}

async function failure(cwd: string, ...args: string[]): Promise<{ exit: number; line: string }> {
  const { exit, stderr } = await box.run(args, cwd);
  expect(exit).not.toBe(0);
  return { exit, line: stderr };
}

async function archive(name: string, members: Record<string, string>): Promise<void> {
  const bytes = await readBytes(writeTar(files(members)));
  box.write(name, { base64: Buffer.from(bytes).toString("base64") });
}

describe("global flags", () => {
  it("stand before the command or behind it", async () => {
    await ok("r", "init");
    box.write("r/a.txt", "a");
    const wanted = '[{"letter":"?","path":"a.txt"}]\n';
    expect(await ok("r", "--json", "status")).toBe(wanted);
    expect(await ok("r", "status", "--json")).toBe(wanted);
    expect(JSON.parse(await ok("r", "sig", "ls", "--json"))).toEqual({});
    expect(JSON.parse(await ok("r", "sig", "--json", "ls"))).toEqual({});
    await ok("r", "add", ".");
    for (const args of [
      ["-q", "commit"],
      ["commit", "-q"],
      ["commit", "--quiet", "-m", "x"],
    ]) {
      box.write("r/b.txt", args.join());
      const { exit, stderr } = await box.run(args, "r");
      expect([exit, stderr]).toEqual([0, ""]);
    }
  });

  it("leave a command its own meaning of a letter, and its own longer names", async () => {
    await ok("r", "init");
    expect(await ok("r", "json", "-c")).toBe('{"#spec":"pantavisor-service-system@1"}\n');
    const { line } = await failure("r", "app", "add", "--config", "a=b", "web");
    expect(line).toContain("--from");
  });

  it("behind the command win over those before it and over variables", async () => {
    box.write("one/config.json", '{"Spec":"one"}');
    box.write("two/config.json", '{"Spec":"two"}');
    const env = { PVR_CONFIG_DIR: box.path("one") };
    const said = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await box.run(args, ".", env)).stdout.toString()).Spec;
    expect(await said("global-config")).toBe("one");
    expect(await said("-c", box.path("two"), "global-config")).toBe("two");
    expect(await said("global-config", "--config-dir", box.path("two"))).toBe("two");
  });
});

describe("help", () => {
  it("is the command's, also as help sig add", async () => {
    const [a, b] = [await ok(".", "help", "sig", "add"), await ok(".", "sig", "add", "--help")];
    expect(a).toBe(b);
    expect(a).toContain("Usage: pvsdk sig add");
    expect(await ok(".", "help")).toContain("reset|checkout|co|r");
    expect((await failure(".", "help", "nonsense")).exit).toBe(3);
  });
});

describe("errors", () => {
  it("of an archive name it, once", async () => {
    await ok("r", "init");
    box.write("bad.tgz", "junk");
    await archive("nostate.tar", { other: "x" });
    await archive("badstate.tar", { json: '{"#spec":1' });
    const shown = async (...args: string[]): Promise<string> => (await failure("r", ...args)).line;
    for (const command of ["import", "get", "plan", "check"])
      for (const name of ["bad.tgz", "nostate.tar", "badstate.tar"])
        expect(await shown(command, `../${name}`)).toMatch(new RegExp(`^pvsdk: \\.\\./${name}: [^\n]*\n$`));
    expect((await shown("import", "../nostate.tar")).match(/holds no state/g)).toHaveLength(1);
    expect(await shown("import", "../none.tgz")).toBe("pvsdk: ../none.tgz: there is no such file [FILE_FAILED]\n");
  });

  it("of a file to be made in a folder that is not there blame the folder", async () => {
    await ok("r", "init");
    const { exit, line } = await failure("r", "export", "../no/dir/x.tgz");
    expect(exit).toBe(3);
    expect(line).toContain("the folder ../no/dir is not there: ../no/dir/x.tgz (make it first)");
  });

  it("say when an image looks like a file that is not there, and ask no registry", async () => {
    await ok("r", "init");
    box.write("rootfs/bin/sh", "x");
    for (const from of ["missing.tar", "../missing.tar", "./x", "/no/x", "dir/image.tar.gz"]) {
      const { exit, line } = await failure("r", "app", "add", "--from", from, "web");
      expect([exit, line]).toEqual([3, `pvsdk: ${from}: there is no such file\n`]);
    }
    expect((await failure("r", "app", "add", "--from", "../rootfs", "web")).line).toContain("say --type rootfs");
  });

  it("of a signature without a part say which flag is meant", async () => {
    await ok("r", "init");
    expect(await failure("r", "sig", "add", "web")).toEqual({
      exit: 5,
      line: "pvsdk: no part nor raw name provided: say --part=web\n",
    });
  });

  it("have the finding's path and message once", () => {
    const finding = {
      code: "X",
      severity: "error",
      stage: "parse",
      path: "a.json",
      message: "bad",
      effect: "",
      hint: "",
    };
    const error = new api.PvError("STATE_INVALID", "it is bad", { findings: [finding as api.Finding] });
    expect(formatError(error)).toBe("it is bad: a.json [STATE_INVALID]");
  });

  it("give no hint that names a function", () => {
    const names = [api, node, repo].flatMap((room) => Object.keys(room)).filter((name) => /[a-z][A-Z]/.test(name));
    const source = join(import.meta.dirname, "../../src");
    const hints = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => readFileSync(join(source, name), "utf8").split("\n"))
      .flatMap((line) => (/\bhint\b/.test(line) ? [...line.matchAll(/(["`])((?:(?!\1).)*)\1/g)] : []))
      .map(([, , text]) => text!);
    expect(hints.length).toBeGreaterThan(100);
    const told = hints
      .map(inCommandWords)
      .filter((hint) => names.some((name) => new RegExp(`\\b${name}\\b`).test(hint)));
    expect(told).toEqual([]);
  });
});

describe("as pvr does", () => {
  it("a flag is that of its command, and reads =false", async () => {
    await ok("r", "init");
    expect(await ok("r", "json", "-c=false")).toBe(await ok("r", "json"));
    expect(await ok("r", "json", "-canonical")).toBe(await ok("r", "json", "-c"));
    box.write("r/a.json", "{}");
    await ok("r", "add", "--raw=true", "a.json");
    expect(JSON.parse(await ok("r", "json"))["a.json"]).toHaveLength(64);
    // The last add counts, until it is committed.
    await ok("r", "add", "a.json");
    expect(JSON.parse(await ok("r", "json"))["a.json"]).toEqual({});
  });

  it("an empty message is none", async () => {
    await ok("r", "init");
    await ok("r", "commit", "-m", "");
    expect(box.read("r/.pvr/commitmsg")).toBe("** No commit message **");
  });

  it("an empty pool is the shared one", async () => {
    await ok("r", "init", "-o", "");
    expect(JSON.parse(box.read("r/.pvr/config")).ObjectsDir).toBe(box.path("home/.pvr/objects"));
  });

  it("app rm deletes a folder without src.json, too", async () => {
    await ok("r", "init");
    box.write("r/web/x", "x");
    await ok("r", "app", "rm", "web");
    expect(await failure("r", "app", "rm", "web")).toEqual({ exit: 3, line: "pvsdk: App 'web' doesn't exist\n" });
  });

  it("settings are pvr's, in its order", async () => {
    const said = await ok(".", "global-config", "Foo=bar", "AutoUpgrade=false");
    expect(said).toBe('{\n    "Spec": "1",\n    "AutoUpgrade": false,\n    "DistributionTag": "develop"\n}\n');
  });

  it("the source that is remembered has no slash in its fragment", async () => {
    for (const name of ["r", "o"]) await ok(name, "init");
    box.write("o/web/x", "x");
    await ok("o", "commit", "--all");
    await ok("r", "get", "../o/.pvr#web/x");
    expect(JSON.parse(box.read("r/.pvr/config")).DefaultGetUrl).toBe("../o/.pvr#web%2Fx");
    await ok("r", "get");
    expect((await failure("r", "inspect", "a", "b")).exit).toBe(1);
  });

  it("a key that is there twice makes no revision: pvr takes the last one, a device both", async () => {
    await ok("r", "init");
    await archive("twice.tar", { json: '{"#spec":"pantavisor-service-system@1","a.json":{"x":1},"a.json":{"x":2}}' });
    const { exit, line } = await failure("r", "import", "../twice.tar");
    expect(exit).toBe(3);
    expect(line).toMatch(/^pvsdk: \.\.\/twice\.tar: (?:a\.json: )?the key "?a\.json"? is there twice/);
    expect(box.read("r/.pvr/json")).not.toContain("a.json");
  });
});

describe("commit --all", () => {
  it("adds what is not tracked first", async () => {
    await ok("r", "init");
    box.write("r/web/a.txt", "a");
    box.write("r/.pvrignore", "*.log");
    box.write("r/x.log", "x");
    await ok("r/web", "commit", "--all");
    expect(Object.keys(JSON.parse(await ok("r", "json")))).toEqual(["#spec", "web/a.txt"]);
    expect(await ok("r", "status")).toBe("");
  });
});

describe("names that would steer a terminal", () => {
  const name = "we\u001b[2Jb\u009b31m\u202ey";
  const shown = "we\\u001b[2Jb\\u009b31m\\u202ey";

  it("are written out for people, and left alone for programs", async () => {
    await ok("r", "init");
    box.write(`r/${name}/f`, "a");
    expect(await ok("r", "status")).toBe(`? ${name}/f\n`);
    const { stderr } = await box.run(["commit", "--all"], "r");
    expect(stderr).toContain(`${shown}/f`);
    expect(stderr).not.toMatch(/[\u001b\u009b\u202e]/);
  });

  it("are written out on a terminal, where JSON stays the same JSON", async () => {
    const { context, end } = await createContext({ quiet: true });
    const said: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    const { isTTY } = process.stdout;
    try {
      process.stdout.isTTY = true;
      context.print(`A ${name}`);
      context.print(`{\n\t"k": ${JSON.stringify(name)}\n}`);
    } finally {
      process.stdout.isTTY = isTTY;
      write.mockRestore();
      await end();
    }
    const [line, json] = said as [string, string];
    expect(line).toBe(`A ${shown}\n`);
    expect(json).toContain("\n\t");
    expect(JSON.parse(json)).toEqual({ k: name });
  });
});
