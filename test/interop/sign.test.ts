import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createDeveloperCa,
  createSigner,
  type DeviceProfile,
  signRelease,
  signState,
  type VerifyPolicy,
  verifyState,
} from "../../src/sign/index.ts";
import { canonicalJson, formatState, parseState, type State } from "../../src/state/index.ts";
import { state } from "../sign/fixtures.ts";
import { deviceCases, readVector } from "../sign/vectors.ts";
import { describeWith, findTool } from "./tools.ts";

const folder = mkdtempSync(join(tmpdir(), "pv-sign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const algorithms = ["RS256", "ES256", "ES384", "ES512"] as const;

interface Ca {
  root: string;
  certificates: string;
  key: string;
}
const cas = new Map<string, Ca>();
beforeAll(async () => {
  for (const alg of algorithms) cas.set(alg, await createDeveloperCa({ alg }));
});

const sizes = new Map(["d", "1", "b"].map((digit) => [digit.repeat(64), 1]));

/** The ways to sign, each over the same firmware. */
async function signedStates(alg: string): Promise<[string, State][]> {
  const { key, certificates } = cas.get(alg)!;
  const signer = await createSigner({ key, certificates });
  const expires = new Date("2099-01-01");
  const all = await signState(state, { signer });
  const raw = (name: string, include: string[], exclude?: string[]): Promise<State> =>
    signState(state, { signer, raw: { name, include, exclude } });
  return [
    ["everything", all],
    ["everything, in one signature", await raw("all", ["**/**"], ["_sigs/**"])],
    ["everything, the other spelling", await raw("all", ["*", "*/**"], ["_sigs/**"])],
    ["one part", await signState(state, { signer, parts: ["web"] })],
    ["one part without configuration", await signState(state, { signer, parts: ["web"], config: false })],
    ["own patterns", await raw("core", ["bsp/*", "#spec", "device.json"], ["bsp/run.json"])],
    ["with its payload", await signState(state, { signer, parts: ["bsp"], payload: true })],
    ["a release", await signRelease(all, { name: "release", sequence: 1, expires, signers: [signer], sizes })],
  ];
}

function pvr(directory: string, ...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env["PATH"]!, HOME: join(folder, "home"), PVR_DISABLE_SELF_UPGRADE: "true" };
  return spawnSync(findTool("pvr")!, argv, { cwd: directory, env, encoding: "utf8" });
}

/** A working copy of pvr's with this commit, as far as signatures need it. */
function workingCopy(name: string, text: string): string {
  const directory = join(folder, name.replace(/\W+/g, "-"));
  mkdirSync(join(directory, ".pvr/objects"), { recursive: true });
  mkdirSync(join(folder, "home"), { recursive: true });
  writeFileSync(join(directory, ".pvr/json"), text);
  for (const [key, value] of Object.entries(JSON.parse(text) as State)) {
    if (!key.startsWith("_sigs/")) continue;
    mkdirSync(dirname(join(directory, key)), { recursive: true });
    writeFileSync(join(directory, key), canonicalJson(value!));
  }
  return directory;
}

describeWith(["pvr"], "signatures and the real pvr", () => {
  it.each(algorithms)("pvr believes what we sign with %s", async (alg) => {
    writeFileSync(join(folder, `${alg}.pem`), cas.get(alg)!.root);
    for (const [what, signed] of await signedStates(alg)) {
      const directory = workingCopy(`${alg} ${what}`, formatState(signed));
      const { status, stdout, stderr } = pvr(directory, "sig", "--cacerts", join(folder, `${alg}.pem`), "ls");
      expect([what, status, stderr]).toEqual([what, 0, ""]);
      const summary = JSON.parse(stdout) as { protected?: string[]; notseen?: string[] };
      const report = await verifyState(signed, { policy: "pvr", trust: { certificates: cas.get(alg)!.root } });
      expect(summary.protected).toEqual([...new Set(report.signatures.flatMap(({ paths }) => paths))].sort());
      // Nothing of the firmware is left unseen; signatures need not be covered.
      if (what.startsWith("everything")) expect(summary.notseen ?? []).toEqual([]);
    }
  });

  it.each(["RS256", "ES256", "ES384"])(
    "we believe what pvr signs with %s, byte for byte where that can be",
    async (alg) => {
      const { root, certificates, key } = cas.get(alg)!;
      const [keyPath, x5cPath] = [join(folder, `${alg}.key`), join(folder, `${alg}.x5c`)];
      writeFileSync(keyPath, key);
      writeFileSync(x5cPath, certificates);
      const signer = await createSigner({ key, certificates });
      const runs: [string, string[], Parameters<typeof signState>[1]][] = [
        ["web", ["--part", "web"], { signer, parts: ["web"] }],
        ["web", ["--part", "web", "--noconfig"], { signer, parts: ["web"], config: false }],
        [
          "web",
          ["--part", "web", "-i", "run.json", "-e", "x/../y"],
          { signer, parts: ["web"], include: ["run.json"], exclude: ["x/../y"] },
        ],
        [
          "core",
          ["--raw", "core", "-i", "bsp/**", "-i", "#spec", "-e", "bsp/src.json"],
          { signer, raw: { name: "core", include: ["bsp/**", "#spec"], exclude: ["bsp/src.json"] } },
        ],
        [
          "all",
          ["--raw", "all", "-i", "**", "-e", "_sigs/**"],
          { signer, raw: { name: "all", include: ["**"], exclude: ["_sigs/**"] } },
        ],
        [
          "odd",
          ["--raw", "odd", "-i", "web/<&>\u2028/*", "-i", "web/*"],
          { signer, raw: { name: "odd", include: ["web/<&>\u2028/*", "web/*"] } },
        ],
      ];
      for (const [i, [name, argv, options]] of runs.entries()) {
        const directory = workingCopy(`by pvr ${alg} ${i}`, formatState(state));
        const done = pvr(
          directory,
          "sig",
          "--key",
          keyPath,
          "--x5c",
          x5cPath,
          "--output",
          join(folder, "out.json"),
          "add",
          ...argv,
        );
        expect([done.status, done.stderr]).toEqual([0, ""]);
        const written = spawnSync("cat", [join(directory, "_sigs", `${name}.json`)], { encoding: "utf8" }).stdout;
        const ours = await signState(state, { ...options, policy: "pvr" });
        const document = ours[`_sigs/${name}.json`] as { protected: string };
        expect(document.protected).toBe((JSON.parse(written) as { protected: string }).protected);
        if (alg === "RS256") expect(canonicalJson(document)).toBe(written);
        const theirs = parseState({ ...state, [`_sigs/${name}.json`]: JSON.parse(written) as never });
        const report = await verifyState(theirs, { policy: "pvr", trust: { certificates: root } });
        expect([argv, report.reasons]).toEqual([argv, []]);
      }
    },
  );
});

interface Check {
  text: string;
  ca_pem: string;
  oem_ca_pem?: string | undefined;
  oem_name?: string | undefined;
  config?: object | undefined;
}
const modes = ["strict", "audit", "lenient", "disabled"] as const;
type Verdicts = Record<(typeof modes)[number], { verdict: string }>;

function device(tool: string, checks: readonly Check[]): Verdicts[] {
  const input = checks.map((check, id) => `${JSON.stringify({ id, mode: "all", ...check })}\n`).join("");
  const { stdout } = spawnSync(findTool(tool)!, [], { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { modes: Verdicts }).modes);
}

const builds: [string, DeviceProfile][] = [
  ["pvsigcheck", "official"],
  ["pvsigcheck-stock", "stock-mbedtls"],
];
for (const [tool, profile] of builds) {
  describeWith([tool], `signatures and the runtime's own check (${profile})`, () => {
    it.each(algorithms)("it believes what we sign with %s", async (alg) => {
      const { root } = cas.get(alg)!;
      const states = await signedStates(alg);
      const verdicts = device(
        tool,
        states.map(([, signed]) => ({ text: formatState(signed), ca_pem: root })),
      );
      for (const [i, [what, signed]] of states.entries()) {
        for (const mode of modes) {
          const policy = `device-${mode}` as VerifyPolicy;
          const { decision } = await verifyState(signed, { policy, device: profile, trust: { certificates: root } });
          expect([what, mode, verdicts[i]![mode].verdict]).toEqual([
            what,
            mode,
            decision === "accept" ? "accepted" : "rejected",
          ]);
          const believed = profile === "official" || alg === "RS256";
          const whole = what.startsWith("everything") || what === "a release";
          if (mode === "lenient" || (mode === "strict" && whole))
            expect([what, mode, decision]).toEqual([what, mode, believed ? "accept" : "reject"]);
        }
      }
    });

    it("it agrees about recorded states with one character changed", async () => {
      const checks: (Check & { one: (typeof deviceCases)[number] })[] = [];
      for (const one of deviceCases) {
        const text = readVector("runtime-sign", one.state);
        const read = (file: string | undefined): string | undefined => file && readVector("runtime-sign", file);
        for (let i = 0; i < 6; i++) {
          const at = (i * 7919 + text.length * 31) % text.length;
          const changed = text.slice(0, at) + 'x"{},:\\é '[(at + i) % 9]! + text.slice(at + (i % 2));
          checks.push({
            text: changed,
            ca_pem: read(one.ca)!,
            oem_ca_pem: read(one.oem_ca),
            oem_name: one.config?.PV_OEM_NAME,
            one,
          });
        }
      }
      const verdicts = device(
        tool,
        checks.map(({ one: _one, ...check }) => check),
      );
      let compared = 0;
      for (const [i, { text, ca_pem, oem_ca_pem, oem_name, one }] of checks.entries()) {
        for (const mode of modes) {
          const report = await verifyState(text, {
            policy: `device-${mode}` as VerifyPolicy,
            device: profile,
            trust: { certificates: ca_pem },
            oemName: oem_name,
            oemTrust: oem_ca_pem === undefined ? undefined : { certificates: oem_ca_pem },
          });
          // The signature check takes text that cannot be read for a state without members; the parser refuses it next.
          if (report.reasons.some(({ code }) => code === "STATE_INVALID")) continue;
          // Undefined behaviour of signature.c (docs/compatibility.md): rejected or crash.
          if (report.reasons.some(({ code }) => code === "CERTIFICATE_INVALID")) continue;
          const crash = report.reasons.some(({ code }) => code === "DEVICE_CRASH");
          const got = crash ? "crash" : report.decision === "accept" ? "accepted" : "rejected";
          expect([one.id, i, mode, got]).toEqual([one.id, i, mode, verdicts[i]![mode].verdict]);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(500);
    });
  });
}

describeWith(["openssl"], "keys and certificates and openssl", () => {
  it.each(algorithms)("openssl takes a developer CA for %s", (alg) => {
    const { root, certificates, key } = cas.get(alg)!;
    const file = (name: string, text: string): string => {
      const path = join(folder, `${alg}-${name}.pem`);
      writeFileSync(path, text);
      return path;
    };
    const chain = file("chain", certificates);
    const openssl = (...argv: string[]): string => {
      const { status, stdout, stderr } = spawnSync("openssl", argv, { encoding: "utf8" });
      expect([argv, status, stderr]).toEqual([argv, 0, expect.anything()]);
      return stdout;
    };
    openssl("verify", "-x509_strict", "-CAfile", file("root", root), "-untrusted", chain, chain);
    const held = openssl("pkey", "-in", file("key", key), "-pubout");
    expect(openssl("x509", "-in", chain, "-noout", "-pubkey")).toBe(held);
    expect(openssl("x509", "-in", chain, "-noout", "-subject")).toContain("DEVELOPMENT");
  });

  it("we open what it encrypts", async () => {
    const clear = join(folder, "clear.pem");
    writeFileSync(clear, cas.get("ES256")!.key);
    for (const how of [
      ["-v2", "aes-128-cbc"],
      ["-v2", "aes-192-cbc"],
      ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA384"],
      ["-scrypt"],
    ]) {
      const { stdout } = spawnSync("openssl", ["pkcs8", "-topk8", "-in", clear, "-passout", "pass:grüße", ...how], {
        encoding: "utf8",
      });
      expect(stdout).toContain("ENCRYPTED");
      await expect(createSigner({ key: stdout, passphrase: "grüße" })).resolves.toMatchObject({ alg: "ES256" });
    }
    const old = spawnSync("openssl", ["pkcs8", "-topk8", "-in", clear, "-passout", "pass:x", "-v2", "des3"], {
      encoding: "utf8",
    }).stdout;
    await expect(createSigner({ key: old, passphrase: "x" })).rejects.toMatchObject({ code: "SIGN_KEY_UNSUPPORTED" });
  });
});
