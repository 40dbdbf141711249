import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type DeviceProfile, type VerifyPolicy, verifyState } from "../../src/sign/index.ts";
import { keyFile } from "./vectors.ts";

const folder = resolve(import.meta.dirname, "../vectors/sign-random");
const now = new Date("2026-11-25");

function linesOf<T>(file: string): T[] {
  return gunzipSync(readFileSync(join(folder, file)))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

interface DeviceCase {
  text: string;
  ca: string;
  oem?: string;
  pub?: string;
  oemName?: string;
  verdict: Record<string, Record<string, string>>;
}

describe("random states, as the real runtime judges them", () => {
  const cases = linesOf<DeviceCase>("device.jsonl.gz");
  it("are there", () => expect(cases.length).toBe(288));

  it.each(cases.map((one, i) => ({ one, i })))("$i", async ({ one }) => {
    const file = (name: string | undefined): string | undefined => (name === undefined ? undefined : keyFile(name));
    for (const [device, modes] of Object.entries(one.verdict)) {
      for (const [mode, verdict] of Object.entries(modes)) {
        const report = await verifyState(one.text, {
          policy: `device-${mode}` as VerifyPolicy,
          device: device as DeviceProfile,
          trust: { certificates: file(one.ca), publicKeys: file(one.pub) },
          oemName: one.oemName,
          oemTrust: one.oem === undefined ? undefined : { certificates: file(one.oem) },
          now,
        });
        const crash = report.reasons.some(({ code }) => code === "DEVICE_CRASH");
        const got = crash ? "crash" : report.decision === "accept" ? "accepted" : "rejected";
        expect([device, mode, got, report.reasons]).toEqual([device, mode, verdict, report.reasons]);
      }
    }
  });
});

interface PvrCase {
  text: string;
  flag: "--cacerts" | "--pubkey";
  file: string;
  rc: number;
  summary?: { protected?: string[]; excluded?: string[] };
}

describe("random states, as the real pvr judges them", () => {
  const cases = linesOf<PvrCase>("pvr.jsonl.gz");
  it("are there", () => expect(cases.length).toBe(166));

  it.each(cases.map((one, i) => ({ one, i })))("$i", async ({ one: { text, flag, file, rc, summary } }) => {
    const trust = flag === "--pubkey" ? { publicKeys: keyFile(file) } : { certificates: keyFile(file) };
    const report = await verifyState(text, { policy: "pvr", trust, now });
    expect([report.decision, report.reasons]).toEqual([rc === 0 ? "accept" : "reject", report.reasons]);
    if (!summary) return;
    const all = (list: "paths" | "excluded"): Set<string> => new Set(report.signatures.flatMap((one) => one[list]));
    const [selected, excluded] = [all("paths"), all("excluded")];
    expect([...selected].sort()).toEqual((summary.protected ?? []).sort());
    expect([...excluded].filter((key) => !selected.has(key)).sort()).toEqual((summary.excluded ?? []).sort());
  });
});
