import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isPvError } from "../../src/core/index.ts";
import { formatState } from "../../src/state/index.ts";
import { careless, firmware } from "../state/arbitrary.ts";
import { describeWith, findTool } from "./tools.ts";

interface Answer {
  verdict: string;
  log: readonly string[];
}

/** What the device's own parser says of each state. */
function parse(states: readonly string[]): Answer[] {
  const input = states.map((text) => JSON.stringify({ text })).join("\n");
  const { stdout } = spawnSync(findTool("pvparse")!, [], { input: `${input}\n`, encoding: "utf8", maxBuffer: 2 ** 30 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

describeWith(["pvparse"], "what the builders make, in the device's parser", () => {
  const runs = Number(process.env["PV_RUNS"] ?? 2000);

  it("is accepted", { timeout: 600_000 }, () => {
    const states = fc.sample(firmware, runs).map(({ state }) => formatState(state));
    const answers = parse(states);
    expect(answers).toHaveLength(states.length);
    for (const [index, { verdict, log }] of answers.entries()) {
      if (verdict !== "accepted") expect.fail(`${verdict}: ${log.join("\n")}\n${states[index]}`);
    }
  });

  it("is accepted, or refused by the builder", { timeout: 600_000 }, () => {
    const states: string[] = [];
    for (const make of fc.sample(careless, 2 * runs)) {
      try {
        states.push(formatState(make()));
      } catch (error) {
        if (!isPvError(error, "STATE_INVALID", "STATE_CONFLICT")) throw error;
      }
    }
    const answers = parse(states);
    expect(answers).toHaveLength(states.length);
    expect(states.length).toBeGreaterThan(runs / 10);
    for (const [index, { verdict, log }] of answers.entries()) {
      // A group of another document takes two parts to see.
      if (verdict === "accepted" || log.some((line) => /could not find group/.test(line))) continue;
      expect.fail(`${verdict}: ${log.join("\n")}\n${states[index]}`);
    }
  });
});
