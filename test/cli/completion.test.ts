/** The completion scripts, in the shells themselves. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../interop/tools.ts";
import { bundlePvsdk } from "./bundle.ts";

let folder: string;
const file = (name: string): string => join(folder, name);

function shell(program: string, args: readonly string[], input = ""): string {
  const env = { PATH: `${file("bin")}:${process.env["PATH"]}`, HOME: file("home"), TERM: "dumb", LC_ALL: "C.UTF-8" };
  const done = spawnSync(program, args, { cwd: file("work"), env, encoding: "utf8", input, timeout: 30_000 });
  expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0);
  return done.stdout;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "completion-"));
  for (const name of ["home", "bin", "work/web", "work/gateway-app", "work/we were"])
    mkdirSync(file(name), { recursive: true });
  const program = await bundlePvsdk(folder);
  writeFileSync(file("bin/pvsdk"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(file("bin/pvsdk"), 0o755);
  for (const name of ["web", "gateway-app", "we were"]) writeFileSync(file(`work/${name}/run.json`), "{}");
  shell("bash", ["-ec", "pvsdk init; pvsdk commit --all; for s in bash zsh fish; do pvsdk completion $s >../$s; done"]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is typed, the last word unfinished, and what a shell must offer for it; `has` of longer lists. */
const cases: readonly {
  typed: readonly string[];
  offers?: readonly string[];
  has?: readonly string[];
  not?: string;
}[] = [
  { typed: ["sta"], offers: ["status"] },
  { typed: ["check"], offers: ["check", "checkout"] },
  { typed: [""], has: ["init", "add", "commit", "sig", "app", "device", "lock", "completion"] },
  { typed: ["sig", ""], has: ["add", "ls", "update"], not: "commit" },
  { typed: ["app", "in"], offers: ["info", "install"] },
  { typed: ["device", "c"], offers: ["create"] },
  { typed: ["-q", "--config-dir", "x", "app", "in"], offers: ["info", "install"] },
  { typed: ["commit", "--m"], offers: ["--message"] },
  { typed: ["sig", "add", "--pa"], offers: ["--part", "--parts"] },
  { typed: ["add", "--r"], offers: ["--raw"] },
  { typed: ["sig", "add", "--part", "we"], offers: ["web", "we were"] },
  { typed: ["export", "--parts", "gat"], offers: ["gateway-app"] },
  { typed: ["app", "info", "gat"], offers: ["gateway-app"] },
  { typed: ["sig", "ls", "gat"], offers: ["gateway-app"] },
];

function meets(offered: readonly string[], { typed, offers, has = [], not }: (typeof cases)[number]): void {
  const named = typed.join(" ");
  if (offers) expect(offered.toSorted(), named).toEqual(offers.toSorted());
  for (const word of has) expect(offered, named).toContain(word);
  if (not) expect(offered, named).not.toContain(not);
}

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

describeWith(["bash"], "completion in bash", () => {
  const complete = (words: readonly string[]): string[] => {
    const script = `source ../bash; COMP_WORDS=(pvsdk "$@"); COMP_CWORD=$#; _pvsdk; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(shell("bash", ["-euo", "pipefail", "-c", script, "bash", ...words]));
  };

  it("offers commands, flags and parts", () => {
    for (const each of cases) meets(complete(each.typed), each);
  }, 60_000);

  it("offers the next of several parts, also behind =", () => {
    expect(complete(["export", "--parts", "web,gat"])).toEqual(["web,gateway-app"]);
    expect(complete(["export", "--parts", "=", "gat"])).toEqual(["gateway-app"]);
    expect(complete(["export", "--parts", "="])).toContain("web");
    expect(complete(["export", "../b"])).toEqual(["../bash", "../bin"]);
  });

  it("is registered", () => {
    expect(shell("bash", ["-c", "source ../bash; complete -p pvsdk"])).toContain("-F _pvsdk pvsdk");
  });
});

describeWith(["fish"], "completion in fish", () => {
  it("offers commands, flags and parts", () => {
    const scripts = cases.map(({ typed }) => {
      return `echo "== "; complete -C 'pvsdk ${typed.join(" ")}'`;
    });
    const out = shell("fish", ["--no-config", "-c", `source ../fish\n${scripts.join("\n")}\n`]);
    const answers = out.split("== \n").slice(1);
    expect(answers).toHaveLength(cases.length);
    for (const [at, each] of cases.entries()) {
      const offered = lines(answers[at]!).map((line) => line.replace(/\t.*/, "").replaceAll("\\ ", " "));
      meets(offered, each);
    }
  }, 60_000);
});

describeWith(["zsh"], "completion in zsh", () => {
  /** A terminal of zsh's own; TAB inserts what is common, and a second one lists. */
  const typedOut = (line: string): string => {
    const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1="> "; source ../zsh; unsetopt list_beep; bindkey "^I" complete-word; print ready'
zpty -r -m shell out '*ready*ready*' ; zpty -r -t shell out
zpty -w -n shell ${JSON.stringify(line)}$'\\t'
sleep 1.5
zpty -w -n shell $'\\x01print -r -- "<<\\x05>>"\\n'
sleep 0.5
while zpty -r -t shell out; do print -r -- "$out"; done
zpty -d shell`;
    const out = shell("zsh", ["-f"], script);
    return /(?:^|\n)<<(.*?)>>/s.exec(out.replaceAll("\r", ""))?.[1]?.trimEnd() ?? out;
  };

  it("completes a command, a flag and a part", () => {
    expect(typedOut("pvsdk sta")).toBe("pvsdk status");
    expect(typedOut("pvsdk sig add --noc")).toBe("pvsdk sig add --noconfig");
    expect(typedOut("pvsdk app info gat")).toBe("pvsdk app info gateway-app");
    expect(typedOut("pvsdk export --parts web,gat")).toBe("pvsdk export --parts web,gateway-app");
    expect(typedOut("pvsdk export --parts=gat")).toBe("pvsdk export --parts=gateway-app");
  }, 60_000);
});

describe("completion", () => {
  it("has no script for another shell", () => {
    const { status, stderr } = spawnSync(file("bin/pvsdk"), ["completion", "tcsh"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([1, "pvsdk: there is a completion for bash, zsh and fish, and none for tcsh\n"]);
  });
});
