import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { verifyState } from "../../src/sign/index.ts";
import { canonicalJson, parseState } from "../../src/state/index.ts";
import { keyFile, type PvrCase, type PvrRun, pvrCases, readVector } from "../sign/vectors.ts";
import { type Desk, openDesk } from "./app-run.ts";

const vectors = join(import.meta.dirname, "../vectors/sign");

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.close());

const here = (path: string): string => join(desk.folder, path);

/** A repository whose committed state is a text, with its signatures in the work tree. */
async function commit(text: string): Promise<void> {
  if (!existsSync(here(".pvr"))) await desk.pvsdk("init");
  writeFileSync(here(".pvr/json"), text);
  if (!existsSync(here("keys"))) cpSync(join(vectors, "keys"), here("keys"), { recursive: true });
  for (const [key, value] of Object.entries(parseState(text))) {
    if (!key.startsWith("_sigs/")) continue;
    mkdirSync(here("_sigs"), { recursive: true });
    // Some were pretty-printed when they were recorded; either form is read.
    writeFileSync(here(key), JSON.stringify(value, null, 2));
  }
}

async function play(one: PvrCase, run: PvrRun): Promise<{ rc: number; stdout: string; stderr: string }> {
  for (const [name, value] of Object.entries(one.env)) vi.stubEnv(name, value);
  return desk.pvsdk(...run.argv.slice(1));
}

/** The public key of a signature's own header. */
async function keyOf(document: { protected: string }): Promise<string> {
  const { jwk } = JSON.parse(Buffer.from(document.protected, "base64url").toString()) as { jwk: JsonWebKey };
  const alg =
    jwk.kty === "RSA" ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : { name: "ECDSA", namedCurve: String(jwk.crv) };
  const key = await crypto.subtle.importKey("jwk", jwk, alg, true, ["verify"]);
  const der = Buffer.from(await crypto.subtle.exportKey("spki", key)).toString("base64");
  return `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;
}

describe("every recorded case of pvr sig", () => {
  it("is there", () => {
    expect(pvrCases.flatMap(({ steps }) => steps).length).toBe(40);
    expect(pvrCases.flatMap(({ ls }) => ls).length).toBe(60);
  });

  it.each(pvrCases.filter(({ steps }) => steps.length > 0))("$name: signs", async (one) => {
    const text = readVector("sign", one.name, "state.json");
    await commit(text);
    for (const step of one.steps) {
      const { rc, stdout, stderr } = await play(one, step);
      expect(rc, `${step.argv.join(" ")}: ${stderr}`).toBe(step.rc);
      expect(stdout).toBe("");
      // pvr add and pvr commit are between signing and signing anew.
      const signed = { ...parseState(text), ...worktreeSignatures() };
      if (step.rc === 0) writeFileSync(here(".pvr/json"), canonicalJson(signed));
    }
    const folder = join(vectors, one.name, "_sigs");
    const recorded = existsSync(folder) ? readdirSync(folder).sort() : [];
    expect(existsSync(here("_sigs")) ? readdirSync(here("_sigs")).sort() : []).toEqual(recorded);
    for (const file of recorded) {
      const [ours, theirs] = [readFileSync(here(`_sigs/${file}`), "utf8"), readVector("sign", one.name, "_sigs", file)];
      const { signature, ...rest } = JSON.parse(ours) as { protected: string; signature: string };
      const { signature: other, ...same } = JSON.parse(theirs) as typeof rest & { signature: string };
      expect(rest).toEqual(same);
      const alg = (JSON.parse(Buffer.from(rest.protected, "base64url").toString()) as { alg: string }).alg;
      if (alg === "RS256") expect(ours).toBe(theirs);
      else {
        expect(signature.length).toBe(other.length);
        const state = canonicalJson({ ...parseState(text), ...worktreeSignatures() });
        const trust = { publicKeys: await keyOf({ protected: rest.protected }) };
        const report = await verifyState(state, { policy: "pvr", trust, names: [`_sigs/${file}`] });
        // That one covers its own file, and fails in pvr as well.
        expect(report.decision).toBe(one.name === "s30-raw-defaults" ? "reject" : "accept");
      }
    }
  });

  it.each(pvrCases)("$name: lists", async (one) => {
    const file = existsSync(join(vectors, one.name, "state-verify.json")) ? "state-verify.json" : "state.json";
    await commit(readVector("sign", one.name, file));
    for (const run of one.ls) {
      const { rc, stdout, stderr } = await play(one, run);
      expect(rc, `${run.argv.join(" ")}: ${stderr}`).toBe(run.rc);
      if (run.rc !== 0) {
        expect(stdout).toBe("");
        expect(stderr).toMatch(/^pvsdk: .+\n$/);
      } else {
        expect(JSON.parse(stdout)).toEqual(run.summary);
        expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 4)}\n`);
      }
    }
  });
});

function worktreeSignatures(): Record<string, never> {
  const found: Record<string, never> = {};
  if (!existsSync(here("_sigs"))) return found;
  for (const file of readdirSync(here("_sigs")))
    found[`_sigs/${file}`] = JSON.parse(readFileSync(here(`_sigs/${file}`), "utf8")) as never;
  return found;
}

describe("signatures", () => {
  const state = {
    "#spec": "pantavisor-service-system@1",
    "db/run.json": { name: "db", type: "lxc" },
    "web/run.json": { name: "web", type: "lxc" },
  };
  const key = ["--key", "keys/rsa.key.pem", "--x5c", "keys/rsa.x5c.pem"];

  it("of several parts at once, as newer pvr has it", async () => {
    await commit(canonicalJson(state));
    expect((await desk.pvsdk("sig", ...key, "add", "--parts=web,db")).rc).toBe(0);
    expect(readdirSync(here("_sigs")).sort()).toEqual(["db.json", "web.json"]);
    await desk.pvsdk("add", "_sigs");
    expect((await desk.pvsdk("status")).stdout).toContain("A _sigs/db.json");
  });

  it("are written elsewhere, too", async () => {
    await commit(canonicalJson(state));
    const ran = await desk.pvsdk("sig", ...key, "--output", "-", "add", "--part", "web");
    expect(ran.stdout.trimEnd()).toBe(readFileSync(here("_sigs/web.json"), "utf8"));
    await desk.pvsdk("sig", ...key, "--output", "copy.json", "add", "--part", "web");
    expect(readFileSync(here("copy.json"), "utf8")).toBe(readFileSync(here("_sigs/web.json"), "utf8"));
  });

  it("that a device would not believe are made with a warning", async () => {
    await commit(canonicalJson(state));
    const ran = await desk.pvsdk("sig", ...key, "add", "--raw", "all", "--include", "**", "--exclude", "_sigs/**");
    expect(ran.rc).toBe(0);
    expect(ran.stderr).toMatch(/^warning: .*\*\*.* \[PATTERN_AMBIGUOUS\]$/m);
    await commit(canonicalJson({ ...state, ...worktreeSignatures() }));
    const listed = await desk.pvsdk("sig", "--cacerts", "keys/cacerts.pem", "ls");
    expect(listed.rc).toBe(0);
    expect(listed.stderr).toMatch(/^warning: /);
  });

  it("with a key that is not the certificate's are made as pvr makes them, with a warning", async () => {
    await commit(canonicalJson(state));
    const other = ["--key", "keys/p256.key.pem", "--x5c", "keys/rsa.x5c.pem"];
    const ran = await desk.pvsdk("sig", ...other, "add", "--part", "web");
    expect(ran.rc).toBe(0);
    expect(ran.stderr).toContain("warning: the key is not the certificate's");
  });

  it("hold what is signed where that is asked for, signed anew as well", async () => {
    await commit(canonicalJson(state));
    await desk.pvsdk("sig", "--with-payload", ...key, "add", "--part", "web");
    await commit(canonicalJson({ ...state, ...worktreeSignatures() }));
    const payload = Buffer.from('{"web/run.json":{"name":"web","type":"lxc"}}').toString("base64url");
    expect(worktreeSignatures()["_sigs/web.json"]).toMatchObject({ payload });
    // Shown where it is in the file, without being asked for.
    const { stdout } = await desk.pvsdk("sig", "--cacerts", "keys/cacerts.pem", "ls", "--with-sigs");
    expect(JSON.parse(stdout)).toHaveProperty("sigs.0.payload");
    expect((await desk.pvsdk("sig", ...key, "update", "web")).rc).toBe(0);
    expect(worktreeSignatures()["_sigs/web.json"]).not.toHaveProperty("payload");
    expect((await desk.pvsdk("sig", "--with-payload", ...key, "update")).rc).toBe(0);
    expect(worktreeSignatures()["_sigs/web.json"]).toMatchObject({ payload });
    expect((await desk.pvsdk("sig", ...key, "update", "nothere")).rc).toBe(0);
  });

  it("end with pvr's exit codes where files are missing or of another kind", async () => {
    await commit(canonicalJson(state));
    const rc = async (...args: string[]): Promise<number> => (await desk.pvsdk("sig", ...args)).rc;
    expect(await rc("--cacerts", "keys", "ls")).toBe(0); // nothing is signed, so nobody looks
    await desk.pvsdk("sig", ...key, "add", "--part", "web");
    await commit(canonicalJson({ ...state, ...worktreeSignatures() }));
    expect(await rc("--cacerts", "keys", "ls")).toBe(13);
    expect(await rc("--cacerts", "keys/none.pem", "ls")).toBe(125);
    expect(await rc("--key", "keys/none.pem", "update")).toBe(126);
    expect(await rc("--key", "keys/none.pem", "add", "--part", "web")).toBe(127);
    expect(await rc(...key, "add", "--part", "../x")).toBe(127);
    expect(existsSync(here("../x.json"))).toBe(false);
    writeFileSync(here("_sigs/web.json"), "{");
    expect(await rc("--cacerts", "keys/cacerts.pem", "ls")).toBe(13);
    expect(await rc(...key, "update")).toBe(126);
    expect(await rc()).toBe(0);
    expect(await rc("foo")).toBe(3);
  });

  it("are judged strictly by verify", async () => {
    await commit(canonicalJson(state));
    const trust = ["--cacerts", "keys/cacerts.pem"];
    expect((await desk.pvsdk("verify", ...trust)).rc).toBe(1);
    expect((await desk.pvsdk("verify")).rc).toBe(1);
    await desk.pvsdk("sig", ...key, "add", "--raw", "all", "--include", "**/**", "--exclude", "_sigs/**");
    await commit(canonicalJson({ ...state, ...worktreeSignatures() }));
    const good = await desk.pvsdk("verify", ...trust);
    expect(good.stderr + good.stdout).toMatch(/^trusted all: 3 paths, /);
    expect(good.rc).toBe(0);
    expect((await desk.pvsdk("verify", ...trust, "--policy", "device-strict")).rc).toBe(0);
    const other = await desk.pvsdk("--json", "verify", "--cacerts", "keys/cacerts-other.pem");
    expect(other.rc).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ decision: "reject" });
    expect((await desk.pvsdk("verify", ...trust, "--policy", "none")).stderr).toContain("--policy is one of");
    expect(keyFile("cacerts.pem")).toContain("CERTIFICATE");
  });
});

describe("check and plan", () => {
  it("say what a device would make of a revision", async () => {
    await commit('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc"}}');
    const before = await desk.pvsdk("check");
    expect(before.stdout).not.toBe("");
    writeFileSync(here(".pvr/json"), '{"#spec":"other@1"}');
    const bad = await desk.pvsdk("check");
    expect(bad.rc).toBe(1);
    expect(bad.stdout).toMatch(/^error /m);
    expect(JSON.parse((await desk.pvsdk("--json", "check")).stdout)[0]).toHaveProperty("code");
  });

  it("and what an update to it would do", async () => {
    await commit('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc"}}');
    await desk.pvsdk("export", "old.tar");
    await commit('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc","group":"app"}}');
    const { rc, stdout, stderr } = await desk.pvsdk("plan", "old.tar");
    expect(rc, stderr).toBe(0);
    expect(stdout).toContain("web");
    expect((await desk.pvsdk("plan")).rc).toBe(1);
    expect((await desk.pvsdk("plan", "old.tar", "--format", "yaml")).rc).toBe(1);
  });
});
