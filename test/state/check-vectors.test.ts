import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readState } from "../../src/state/check/read-state.ts";
import type { Bootloader, Device, InitMode } from "../../src/state/check/reading.ts";
import { startRows, updateRows } from "../../src/state/check/rules-later.ts";
import { parseRows } from "../../src/state/check/rules-parse.ts";
import { checkState } from "../../src/state/index.ts";
import { grammarCase, textHash } from "./check-grammar.ts";

interface Vector {
  id: string;
  config: Record<string, string>;
  verdict: "accepted" | "rejected" | "crash";
}

const folder = new URL("../vectors/runtime/", import.meta.url);
const named = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as (Vector & {
  state: string;
  required_services_ok?: boolean;
})[];
const random = gunzipSync(readFileSync(new URL("random.jsonl.gz", folder)))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Vector & { text?: string; text_base64?: string });

/** The cause that each refused state is named after, as a finding. */
const causes: Record<string, string> = {
  "bad-no-spec": "SPEC_UNKNOWN",
  "bad-no-spec-anywhere": "SPEC_MISSING",
  "bad-unknown-spec": "SPEC_UNKNOWN",
  "bad-nested-spec-first": "SPEC_UNKNOWN",
  "bad-bsp-no-linux": "BSP_IMAGE_MISSING",
  "bad-bsp-rpiab-required": "BSP_RPIAB_MISSING",
  "bad-unknown-group": "GROUP_UNKNOWN",
  "bad-restart-policy": "RESTART_POLICY_INVALID",
  "bad-status-goal": "STATUS_GOAL_INVALID",
  "bad-no-name": "CONTAINER_NAMELESS",
  "bad-volumes-object": "VOLUMES_INVALID",
  "bad-roles-string": "ROLES_INVALID",
  "bad-logs-empty-object": "LOGS_INVALID",
  "bad-group-no-name": "GROUP_NAMELESS",
  "bad-groups-empty": "GROUPS_INVALID",
  "bad-group-autorecovery-not-last": "LIST_SHIFTED GROUP_INVALID",
  "bad-device-no-groups": "DEVICE_UNREAD GROUPS_NONE",
  "bad-disks-empty": "DISKS_INVALID",
  "bad-disk-type": "DISK_TYPE_UNKNOWN",
  "bad-disk-alias-not-last": "LIST_SHIFTED DISK_TYPE_UNKNOWN",
  "bad-dual-without-disks": "KEY_SHADOWED DISK_TYPE_UNKNOWN",
  "bad-string-bsp-run-json": "BSP_REPEATED",
  "bad-string-groups-json": "RESERVED_ELSEWHERE GROUPS_INVALID",
  "bad-drivers-array": "DRIVERS_INVALID",
  "bad-truncated": "JSON_INVALID",
  "bad-bom": "JSON_INVALID",
};

const deviceOf = ({ config }: { config: Record<string, string> }): Device => ({
  bootloader: (config["PV_BOOTLOADER_TYPE"] ?? "uboot") as Bootloader,
  mode: (config["PV_SYSTEM_INIT_MODE"] ?? "embedded") as InitMode,
  fitConfig: config["PV_BOOTLOADER_FITCONFIG"] ?? "",
});

/** States that make a device read memory that is not its own: it may say anything. */
const isUndefined = (codes: ReadonlySet<string>): boolean =>
  codes.has("LIST_UNDEFINED") || codes.has("VALUE_BEYOND_TABLE");

/** Bounds and bytes: not what a grammar of texts is for; check-limits.test.ts has them. */
const elsewhere = ["JSON_TOO_DEEP", "JSON_TOO_LARGE", "TEXT_NOT_UTF8", "STATE_OVER_HUB_LIMIT", "SIGNATURES_UNCHECKED"];

/** Rules that the grammar hit less than 50 times. */
function rare(hits: ReadonlyMap<string, number>): string[] {
  const codes = [parseRows, startRows, updateRows].flatMap((rows) => Object.keys(rows));
  return codes.filter((code) => !elsewhere.includes(code) && (hits.get(code) ?? 0) < 50);
}

describe("checkState and the device's own parser", () => {
  it.each(named)("agree on $id", ({ id, state, config, verdict, required_services_ok }) => {
    const bytes = readFileSync(new URL(state, folder));
    const options = {
      bootloader: config["PV_BOOTLOADER_TYPE"] as Bootloader | undefined,
      mode: config["PV_SYSTEM_INIT_MODE"] as InitMode | undefined,
    };
    const findings = checkState(bytes, options);
    const errors = findings.filter(({ severity, stage }) => severity === "error" && stage === "parse");
    expect(errors.length === 0).toBe(verdict === "accepted");
    expect(readState(bytes, deviceOf({ config })).verdict).toBe(verdict);
    const codes = findings.map(({ code }) => code);
    if (verdict !== "accepted") expect(codes).toEqual(expect.arrayContaining(causes[id]!.split(" ")));
    if (required_services_ok !== undefined) expect(codes.includes("SERVICE_UNMET")).toBe(!required_services_ok);
  });

  it("agree on 1,000 random states", () => {
    const wrong = random.filter((one) => {
      const input = one.text ?? Buffer.from(one.text_base64!, "base64");
      return readState(input, deviceOf(one)).verdict !== one.verdict;
    });
    expect(wrong.map(({ id }) => id)).toEqual([]);
    expect(random.length).toBe(1000);
  });

  it("agree on them with nothing but boot loader and mode known", () => {
    const wrong = random.filter((one) => {
      const { bootloader, mode } = deviceOf(one);
      const findings = checkState(one.text ?? Buffer.from(one.text_base64!, "base64"), { bootloader, mode });
      const refused = findings.some(({ severity, stage }) => severity === "error" && stage === "parse");
      return refused === (one.verdict === "accepted");
    });
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it("agree on 10,000 states of the grammar, each rule among them at least 50 times", () => {
    const lines = readFileSync(new URL("fuzz.jsonl", folder), "utf8").trimEnd().split("\n");
    const hits = new Map<string, number>();
    const wrong: string[] = [];
    for (const line of lines) {
      const [seed, hash, verdict] = JSON.parse(line) as [number, string, string];
      const one = grammarCase(seed);
      if (textHash(one.text) !== hash) throw new Error(`${one.id} is another state now: record-verdicts.ts`);
      const reading = readState(one.text, deviceOf(one));
      const codes = new Set(reading.finish().map(({ code }) => code));
      for (const code of codes) hits.set(code, (hits.get(code) ?? 0) + 1);
      if (reading.verdict !== verdict && !isUndefined(codes)) wrong.push(one.id);
    }
    expect(lines.length).toBe(10_000);
    expect(wrong).toEqual([]);
    expect(rare(hits)).toEqual([]);
  }, 180_000);
});
