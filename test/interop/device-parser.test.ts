import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readState } from "../../src/state/check/read-state.ts";
import type { Bootloader, Device, InitMode, Reading } from "../../src/state/check/reading.ts";
import { grammarCase } from "../state/check-grammar.ts";
import { realVerdicts } from "../state/record-verdicts.ts";
import { describeWith, findTool } from "./tools.ts";

const deviceOf = (config: Record<string, string>): Device => ({
  bootloader: (config["PV_BOOTLOADER_TYPE"] ?? "uboot") as Bootloader,
  mode: (config["PV_SYSTEM_INIT_MODE"] ?? "embedded") as InitMode,
  fitConfig: config["PV_BOOTLOADER_FITCONFIG"] ?? "",
});

interface Model {
  containers: {
    name: string;
    type: string | null;
    group: string;
    status_goal: string;
    config: string | null;
    drivers: [number, string][];
    services: { name: string | null; required: boolean }[];
    exports: { name: string | null; socket: string | null }[];
  }[];
  disks: { name: string; type: string; default: boolean; alias_names: string[] }[];
  groups: { name: string; status_goal: string }[];
  pools: string[];
}

/** What the real parser made of a state, as far as findings hang on it. */
const modelOf = ({ containers, disks, groups, pools }: Model): unknown => ({
  containers: containers.map(({ drivers, services, exports, name, type, group, status_goal, config }) => ({
    ...{ name, type, group, goal: status_goal, config, drivers: drivers.map(([, alias]) => alias) },
    needs: services.map((service) => [service.name, service.required]),
    offers: exports.map((offer) => [offer.name, offer.socket]),
  })),
  disks: disks.map((disk) => [disk.name, disk.type, disk.default, disk.alias_names]),
  groups: groups.map((group) => [group.name, group.status_goal]),
  pools: pools.toSorted(),
});

/** The same of our reading. */
const readingOf = ({ containers, disks, groups, pools }: Reading): unknown => ({
  containers: containers.map(({ name, type, group, goal, config, drivers, needs, offers }) => ({
    ...{ name, type: type ?? null, group: group?.name, goal, config: config ?? null },
    drivers: drivers.map(({ alias }) => alias),
    needs: needs.map((need) => [need.name ?? null, need.required]),
    offers: offers.map((offer) => [offer.name ?? null, offer.socket ?? null]),
  })),
  disks: disks.map((disk) => [disk.name ?? null, disk.type.replace("dm-crypt-", ""), disk.byDefault, disk.aliases]),
  groups: groups.map((group) => [group.name, group.goal]),
  pools: [...pools].toSorted(),
});

describeWith(["pvparse"], "the device's state parser", () => {
  const parser = findTool("pvparse")!;

  it("still says what was recorded", () => {
    const lines = readFileSync(new URL("../vectors/runtime/fuzz.jsonl", import.meta.url), "utf8")
      .trimEnd()
      .split("\n");
    const recorded = lines.map((line) => JSON.parse(line) as [number, string, string]);
    const verdicts = realVerdicts(
      recorded.map(([seed]) => grammarCase(seed)),
      parser,
    );
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(recorded.map(([, , verdict]) => verdict));
  }, 300_000);

  it("agrees on 10,000 fresh states, and on what it makes of them", () => {
    const first = Number(process.env["PVPARSE_SEED"] ?? 1_000_000);
    const cases = Array.from({ length: 10_000 }, (_, i) => grammarCase(first + i));
    const wrong: unknown[] = [];
    let models = 0;
    for (const [i, { verdict, model }] of realVerdicts(cases, parser).entries()) {
      const { id, text, config } = cases[i]!;
      const reading = readState(text, deviceOf(config));
      // it reads memory that is not its own: any verdict
      if (reading.findings.some(({ code }) => /^(LIST_UNDEFINED|VALUE_BEYOND_TABLE)$/.test(code))) continue;
      if (reading.verdict !== verdict) wrong.push([id, verdict, reading.verdict]);
      else if (verdict === "accepted" && !reading.findings.some(({ code }) => code === "SPEC_LEGACY")) {
        models++;
        const [theirs, ours] = [JSON.stringify(modelOf(model as Model)), JSON.stringify(readingOf(reading))];
        if (theirs !== ours) wrong.push([id, theirs, ours]);
      }
    }
    expect(wrong).toEqual([]);
    expect(models).toBeGreaterThan(3000);
  }, 300_000);
});
