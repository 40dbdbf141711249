import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/core/index.ts";
import { createSigner, resignState, signRelease, signState, verifyState } from "../../src/sign/index.ts";
import { canonicalJson, parseState } from "../../src/state/index.ts";
import { now, signerOf, state } from "./fixtures.ts";
import { makeCertificate } from "./make-certificate.ts";
import { keyFile, readVector } from "./vectors.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const old = await signerOf(makeCertificate({ subject: "Old leaf" }, root));
const next = await signerOf(makeCertificate({ subject: "New leaf" }, root, "p384"));
const trust = { certificates: root.pem };

interface Document {
  protected: string;
  payload?: string;
}
const headerOf = (document: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from((document as Document).protected, "base64url").toString()) as Record<string, unknown>;

describe("resignState", () => {
  it("does what pvr's sig update does (s33)", async () => {
    const before = parseState(readVector("sign", "s33-update-raw", "state.json"));
    const rsa = await createSigner({ key: keyFile("rsa.key.pem"), certificates: keyFile("rsa.x5c.pem") });
    const web = await signState(before, { signer: rsa, parts: ["web"], policy: "pvr" });
    const both = await signState(web, { signer: rsa, parts: ["bsp"], config: false, policy: "pvr" });
    const signer = await createSigner({ key: keyFile("p256.key.pem"), certificates: keyFile("p256.x5c.pem") });
    const updated = await resignState(both, { signer });
    for (const key of ["_sigs/web.json", "_sigs/bsp.json"]) {
      const recorded = JSON.parse(readVector("sign", "s33-update-raw", key)) as Document;
      expect((updated[key] as unknown as Document).protected).toBe(recorded.protected);
    }
    const report = await verifyState(updated, { policy: "pvr", trust: { certificates: keyFile("cacerts.pem") } });
    expect(report.decision).toBe("accept");
  });

  it("changes key, certificates and algorithm, and keeps what is covered", async () => {
    const signed = await signState(state, { signer: old });
    const rotated = await resignState({ state: signed, note: "kept" }, { signer: next });
    expect(rotated.note).toBe("kept");
    for (const key of Object.keys(signed).filter((name) => name.startsWith("_sigs/"))) {
      const [before, after] = [headerOf(signed[key]), headerOf(rotated.state[key])];
      expect(after["pvs"]).toEqual(before["pvs"]);
      expect([before["alg"], after["alg"]]).toEqual(["ES256", "ES384"]);
    }
    expect(await verifyState(rotated, { trust, now })).toMatchObject({ decision: "accept", reasons: [] });
  });

  it("mends what was changed", async () => {
    const signed = await signState(state, { signer: old });
    const changed = parseState({ ...signed, "web/run.json": { name: "web", type: "lxc", group: "app" } });
    expect((await verifyState(changed, { trust, now })).decision).toBe("reject");
    const mended = await resignState(changed, { signer: old, names: ["web"] });
    expect((await verifyState(mended, { trust, now })).decision).toBe("accept");
    expect(mended["_sigs/bsp.json"]).toEqual(signed["_sigs/bsp.json"]);
  });

  it("takes names, keys and patterns", async () => {
    const signed = await signState(state, { signer: old });
    const changed = async (names: string[]): Promise<string[]> => {
      const result = await resignState(signed, { signer: next, names });
      return Object.keys(signed).filter((key) => canonicalJson(signed[key]!) !== canonicalJson(result[key]!));
    };
    expect(await changed(["web"])).toEqual(["_sigs/web.json"]);
    expect(await changed(["_sigs/web.json", "web"])).toEqual(["_sigs/web.json"]);
    expect(await changed(["_sigs/[bw]*.json"])).toEqual(["_sigs/bsp.json", "_sigs/web.json"]);
    expect(await changed(["*"])).toEqual(["_sigs/_pvskel.json", "_sigs/bsp.json", "_sigs/web.json"]);
  });

  it("refuses a name that fits nothing, and an unsigned state", async () => {
    const signed = await signState(state, { signer: old });
    const promise = resignState(signed, { signer: next, names: ["web", "nothing"] });
    await expect(promise).rejects.toMatchObject({ code: "SIGN_REFUSED", data: { pattern: "nothing" } });
    await expect(resignState(state, { signer: next })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
  });

  it("refuses a signature without patterns", async () => {
    const head = Buffer.from("{}").toString("base64url");
    const broken = parseState({ ...state, "_sigs/x.json": { "#spec": "pvs@2", protected: head, signature: "" } });
    const promise = resignState(broken, { signer: next });
    await expect(promise).rejects.toMatchObject({ code: "SIGN_REFUSED", data: { pattern: "_sigs/x.json" } });
  });

  it("keeps an embedded payload up to date", async () => {
    const signed = await signState(state, { signer: old, parts: ["web"], payload: true });
    const changed = parseState({ ...signed, "web/run.json": { name: "other" } });
    const mended = (await resignState(changed, { signer: old }))["_sigs/web.json"] as unknown as Document;
    expect(Buffer.from(mended.payload!, "base64url").toString()).toContain('{"name":"other"}');
    expect((await signState(state, { signer: old, parts: ["web"] }))["_sigs/web.json"]).not.toHaveProperty("payload");
  });

  it("makes a signature over signatures after those", async () => {
    const web = await signState(state, { signer: old, parts: ["web"] });
    const over = await signState(web, { signer: old, raw: { name: "a-first", include: ["_sigs/web.json"] } });
    const rotated = await resignState(over, { signer: next });
    const report = await verifyState(rotated, { trust, now });
    expect(report.signatures.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      "a-first trusted",
      "web trusted",
    ]);
  });

  it("keeps a release's signatures in order, too", async () => {
    const released = await signRelease(state, {
      name: "release",
      sequence: 1,
      expires: new Date("2026-12-31"),
      signers: [old],
      sizes: sizes(),
    });
    const rotated = await resignState(released, { signer: next });
    expect((await verifyState(rotated, { trust, now })).signatures.map(({ verdict }) => verdict)).toEqual(["trusted"]);
  });

  it("refuses signatures that cover each other in a circle", async () => {
    const head = (include: string): string =>
      Buffer.from(JSON.stringify({ alg: "ES256", pvs: { include: [include], exclude: [] }, typ: "PVS" })).toString(
        "base64url",
      );
    const document = (include: string): Record<string, string> => ({
      "#spec": "pvs@2",
      protected: head(include),
      signature: "",
    });
    const circle = parseState({
      ...state,
      "_sigs/a.json": document("_sigs/b.json"),
      "_sigs/b.json": document("_sigs/a.json"),
    });
    await expect(resignState(circle, { signer: next })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
  });

  it("refuses patterns that no device would believe, unless it is asked to do as pvr does", async () => {
    const raw = { name: "all", include: ["**"], exclude: ["_sigs/**"] };
    const signed = await signState(state, { signer: old, raw, policy: "pvr" });
    await expect(resignState(signed, { signer: next })).rejects.toMatchObject({
      code: "SIGN_REFUSED",
      data: { pattern: "**" },
    });
    const found: Finding[] = [];
    await resignState(signed, { signer: next, policy: "pvr", onWarning: (finding) => found.push(finding) });
    expect(found.map(({ code }) => code)).toContain("PATTERN_AMBIGUOUS");
  });

  it("refuses an algorithm that the device lacks", async () => {
    const signed = await signState(state, { signer: old });
    await expect(resignState(signed, { signer: next, device: "any" })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
  });

  it("stops when it is told to", async () => {
    const signed = await signState(state, { signer: old });
    const reason = new Error("enough");
    await expect(resignState(signed, { signer: next, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

function sizes(): Map<string, number> {
  return new Map(["d", "1", "b"].map((digit) => [digit.repeat(64), 1]));
}
