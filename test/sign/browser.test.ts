import { resolve } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { describeWith } from "../interop/tools.ts";
import { inChromium } from "../runtimes/chromium.ts";

/** What runs in the page: keys that never leave WebCrypto where there is one, noble where there is none. */
const program = `
import { createDeveloperCa, createSigner, signState, verifyState } from "./src/sign/index.ts";
const state = { "#spec": "pantavisor-service-system@1", "web/run.json": { name: "web", type: "lxc" } };
const found = { subtle: typeof crypto.subtle };
async function round(alg, make) {
  try {
    const ca = await createDeveloperCa({ alg });
    const signed = await signState(state, { signer: await createSigner(await make(ca)) });
    const broken = { ...signed, "web/run.json": { name: "evil", type: "lxc" } };
    const verdicts = [];
    for (const target of [signed, broken]) {
      for (const policy of ["sdk", "pvr", "device-strict"]) {
        verdicts.push((await verifyState(target, { policy, trust: { certificates: ca.root } })).decision);
      }
    }
    return verdicts.join(" ");
  } catch (error) {
    return String(error);
  }
}
const pem = (text) => Uint8Array.from(atob(text.replace(/-----[^-]+-----|\\s/g, "")), (c) => c.charCodeAt(0));
const kept = (algorithm) => async (ca) => {
  const key = await crypto.subtle.importKey("pkcs8", pem(ca.key), algorithm, false, ["sign"]);
  if (key.extractable) throw new Error("extractable");
  return { key, certificates: ca.certificates };
};
const text = async ({ key, certificates }) => ({ key, certificates });
for (const alg of ["ES256", "ES384", "ES512"]) found["pem " + alg] = await round(alg, text);
found["pem RS256"] = await round("RS256", text);
if (crypto.subtle) {
  found["kept ES256"] = await round("ES256", kept({ name: "ECDSA", namedCurve: "P-256" }));
  found["kept RS256"] = await round("RS256", kept({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }));
}
await fetch("/result", { method: "POST", body: JSON.stringify(found) });
`;

const good = "accept accept accept reject reject reject";

async function inPage(host: "localhost" | "plain.test"): Promise<Record<string, string>> {
  const bundle = await build({
    stdin: { contents: program, resolveDir: resolve(import.meta.dirname, "../.."), loader: "js" },
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    outdir: "/",
    write: false,
    external: ["fzstd", "xz-decompress", "zstddec"],
  });
  const files = new Map(bundle.outputFiles.map(({ path, text }) => [path.replace("stdin.js", "program.js"), text]));
  const loaded: string[] = [];
  const found = await inChromium(files, host, (path) => loaded.push(path));
  return { ...found, loaded: loaded.join(" ") };
}

describeWith(["chromium"], "in Chromium", () => {
  it("signs with keys that never leave WebCrypto", { timeout: 120_000 }, async () => {
    const { loaded, ...found } = await inPage("localhost");
    expect(found).toEqual({
      subtle: "object",
      "pem ES256": good,
      "pem ES384": good,
      "pem ES512": good,
      "pem RS256": good,
      "kept ES256": good,
      "kept RS256": good,
    });
    expect(loaded).not.toContain("nist"); // noble's curves are not needed
  });

  it("signs through noble where a page came by plain http", { timeout: 120_000 }, async () => {
    const { loaded, ...found } = await inPage("plain.test");
    expect(found).toEqual({
      subtle: "undefined",
      "pem ES256": good,
      "pem ES384": good,
      "pem ES512": good,
      "pem RS256": expect.stringContaining("no WebCrypto to make an RSA key"),
    });
    expect(loaded).toContain("nist");
  });
});
