import { FlattenedSign, flattenedVerify, importPKCS8, importX509 } from "jose";
import { describe, expect, it } from "vitest";
import { encodeBase64Url } from "../../src/sign/base64.ts";
import { signState, verifyState } from "../../src/sign/index.ts";
import { selectAsPvr } from "../../src/sign/selection.ts";
import { payloadOf, readEntries } from "../../src/sign/state-text.ts";
import { canonicalJson, formatState, parseState } from "../../src/state/index.ts";
import { now, signerOf, state } from "./fixtures.ts";
import { keyPem, makeCertificate } from "./make-certificate.ts";
import { readVector } from "./vectors.ts";

const root = makeCertificate({ subject: "Root", ca: true });

describe("another implementation of JWS (jose)", () => {
  it.each([
    ["RS256", "rsa2048"],
    ["ES256", "p256"],
    ["ES384", "p384"],
    ["ES512", "p521"],
  ])("verifies our %s, and we verify its", async (alg, kind) => {
    const leaf = makeCertificate({ subject: `Jose ${kind}` }, root, kind);
    const signed = await signState(state, { signer: await signerOf(leaf), parts: ["web"] });
    const document = signed["_sigs/web.json"] as unknown as { protected: string; signature: string };
    const header = JSON.parse(Buffer.from(document.protected, "base64url").toString()) as {
      pvs: { include: string[]; exclude: string[] };
    };
    const payload = new TextEncoder().encode(
      payloadOf(selectAsPvr(readEntries(formatState(state)), header.pvs).selected),
    );
    const jws = { protected: document.protected, signature: document.signature, payload: encodeBase64Url(payload) };
    const verified = await flattenedVerify(jws, await importX509(leaf.pem, alg), { algorithms: [alg] });
    expect(new TextDecoder().decode(verified.payload)).toContain('"web/run.json":{"name":"web","type":"lxc"}');

    const theirs = await new FlattenedSign(payload)
      .setProtectedHeader({ ...header, alg, typ: "PVS", x5c: [Buffer.from(leaf.der).toString("base64")] } as never)
      .sign(await importPKCS8(keyPem(leaf), alg));
    const { payload: _detached, ...rest } = theirs;
    const text = canonicalJson({ ...state, "_sigs/web.json": { "#spec": "pvs@2", ...rest } as never });
    const report = await verifyState(text, { trust: { certificates: root.pem }, now });
    expect(report.signatures).toMatchObject([{ name: "web", path: "_sigs/web.json", verdict: "trusted", alg }]);
  });
});

describe("patterns as pvr and this library select", () => {
  const table = JSON.parse(readVector("sign", "globs.json")) as {
    names: string[];
    patterns: { pattern: string; match: string[]; error: string[] }[];
  };
  it("has every pair of the recorded table", () => expect(table.names.length * table.patterns.length).toBe(1160));

  it.each(table.patterns)("$pattern", ({ pattern, match, error }) => {
    for (const name of table.names) {
      const entry = { key: name, rawKey: JSON.stringify(name).slice(1, -1), value: "{}" };
      const { selected, bad } = selectAsPvr([entry], { include: [pattern], exclude: [] });
      expect([name, selected.length === 1, bad !== undefined]).toEqual([
        name,
        match.includes(name),
        error.includes(name),
      ]);
    }
  });
});

describe("the worked example of the format's description", () => {
  it("verifies, and its signing input is ours", async () => {
    const before = parseState(readVector("sign", "worked", "state.json"));
    const document = JSON.parse(readVector("sign", "worked", "web.json")) as Record<string, string>;
    const text = canonicalJson({ ...before, "_sigs/web.json": document as never });
    const publicKeys = readVector("sign", "worked", "pub.pem");
    for (const policy of ["pvr", "device-lenient"] as const) {
      expect((await verifyState(text, { policy, trust: { publicKeys }, now })).decision).toBe("accept");
    }
    const { signatures } = await verifyState(text, { trust: { publicKeys }, now });
    expect(signatures).toMatchObject([{ verdict: "trusted", excluded: ["_sigs/web.json", "web/src.json"] }]);
  });
});
