import { describe, expect, it } from "vitest";
import { signState, verifyState } from "../../src/sign/index.ts";
import { canonicalJson, formatState } from "../../src/state/index.ts";
import { causesOf, now, signerOf, state } from "./fixtures.ts";
import { makeCertificate } from "./make-certificate.ts";

/** Every single byte of what is signed, changed by itself. */
const root = makeCertificate({ subject: "Root", ca: true });
const middle = makeCertificate({ subject: "Intermediate", ca: true, pathLength: 0 }, root);
const leaf = makeCertificate({ subject: "Leaf" }, middle);
const trust = { certificates: root.pem };
const signed = await signState(state, { signer: await signerOf(leaf, middle), parts: ["web"] });
const document = signed["_sigs/web.json"] as Record<string, string>;

async function causes(changed: Record<string, unknown>): Promise<string[]> {
  const report = await verifyState(canonicalJson({ ...signed, "_sigs/web.json": changed as never }), { trust, now });
  expect(report.decision).toBe("reject");
  expect(report.signatures[0]?.verdict ?? "unsigned").not.toBe("trusted");
  return causesOf(report);
}

describe("a flipped byte", () => {
  it("of the signature makes it invalid", async () => {
    const bytes = Buffer.from(document["signature"]!, "base64url");
    for (const at of bytes.keys()) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      expect(await causes({ ...document, signature: flipped.toString("base64url") })).toEqual(["SIGNATURE_INVALID"]);
    }
  });

  it("of the protected header makes it invalid", async () => {
    const bytes = Buffer.from(document["protected"]!, "base64url");
    const seen = new Set<string>();
    for (const at of bytes.keys()) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 7);
      const found = await causes({ ...document, protected: flipped.toString("base64url") });
      expect(found).toHaveLength(1);
      seen.add(found[0]!);
    }
    // Everything that can be wrong with a header comes up.
    for (const code of [
      "HEADER_INVALID",
      "SIGNATURE_INVALID",
      "TYPE_INVALID",
      "ALGORITHM_REFUSED",
      "SIGNER_MISMATCH",
    ]) {
      expect(seen).toContain(code);
    }
  });

  it("of a certificate leaves no chain, even if the header is signed again", async () => {
    for (const [which, holder] of [leaf, middle].entries()) {
      for (let at = 0; at < holder.der.length; at++) {
        const der = Buffer.from(holder.der);
        der[at]! ^= 1 << (at % 8);
        const chain = [leaf, middle].map((one, i) => (i === which ? { ...one, pem: pem(der) } : one)) as [
          typeof leaf,
          typeof leaf,
        ];
        const signer = await signerOf(chain[0], chain[1]).catch(() => undefined);
        if (!signer) continue; // the key itself is hit: it is not the leaf's any more
        const changed = await signState(state, { signer, parts: ["web"] });
        const report = await verifyState(changed, { trust, now });
        expect(report.decision).toBe("reject");
        expect(report.signatures[0]?.verdict).toBe("untrusted");
        expect(causesOf(report)[0]).toMatch(/^(?:CERTIFICATE_|CHAIN_)/);
      }
    }
  });

  it("of a selected value makes it invalid", async () => {
    const text = formatState(signed);
    for (const key of ["web/run.json", "web/root.squashfs", "_config/web/etc/app.conf"]) {
      const from = text.indexOf(`"${key}":`) + key.length + 3;
      const end = text.indexOf(key.endsWith(".json") ? "}" : '",', from);
      for (let at = from; at < end; at++) {
        if (/["{}:,\\]/.test(text[at]!)) continue; // would be another document, or none
        const changed = text.slice(0, at) + (text[at] === "x" ? "y" : "x") + text.slice(at + 1);
        const report = await verifyState(changed, { trust, now });
        expect(report.signatures[0]?.verdict).toBe("invalid");
        // A key that changes may stand in the wrong place, too.
        expect(causesOf(report).filter((code) => code !== "STATE_NOT_CANONICAL")).toEqual(["SIGNATURE_INVALID"]);
      }
    }
  });
});

function pem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;
}
