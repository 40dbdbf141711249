import { describe, expect, it } from "vitest";
import { type DeviceProfile, type VerifyPolicy, verifyState } from "../../src/sign/index.ts";
import { deviceCases, readVector } from "./vectors.ts";

const now = new Date("2026-11-25");

const runs = deviceCases.flatMap((one) => {
  const builds: [DeviceProfile, typeof one.verdict][] = [
    ["official", one.verdict],
    ["stock-mbedtls", one.verdict_unpatched_mbedtls],
  ];
  return builds.flatMap(([device, verdicts]) =>
    Object.entries(verdicts).map(([mode, verdict]) => ({ one, device, mode, verdict })),
  );
});

describe("device policies decide as the real runtime does", () => {
  it("in every recorded mode and build", () => expect(runs.length).toBe(190));

  it.each(runs)("$one.id, $mode on $device: $verdict", async ({ one, device, mode, verdict }) => {
    const report = await verifyState(readVector("runtime-sign", one.state), {
      policy: `device-${mode}` as VerifyPolicy,
      device,
      trust: { certificates: readVector("runtime-sign", one.ca) },
      oemName: one.config?.PV_OEM_NAME,
      oemTrust: one.oem_ca === undefined ? undefined : { certificates: readVector("runtime-sign", one.oem_ca) },
      now,
    });
    expect(report.decision).toBe(verdict === "accepted" ? "accept" : "reject");
    expect(report.reasons.some(({ code }) => code === "DEVICE_CRASH")).toBe(verdict === "crash");
  });
});
