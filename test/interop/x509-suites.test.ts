import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readPemBlocks } from "../../src/sign/pem.ts";
import { type Certificate, readCertificate } from "../../src/sign/x509/certificate.ts";
import { verifyChain } from "../../src/sign/x509/chain-rfc5280.ts";

/**
 * Public suites of certificate chains, run beside the project: LIMBO_JSON is a `limbo.json` of C2SP/x509-limbo,
 * BETTERTLS_JSON the export of Netflix/bettertls. What is left out, and why, is in docs/security.md.
 */
const purposes: Readonly<Record<string, string>> = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};

interface LimboCase {
  id: string;
  features: readonly string[] | null;
  validation_kind: "SERVER" | "CLIENT";
  trusted_certs: readonly string[];
  untrusted_intermediates: readonly string[];
  peer_certificate: string;
  validation_time: string | null;
  extended_key_usage: readonly string[] | null;
  max_chain_depth: number | null;
  expected_result: "SUCCESS" | "FAILURE";
}

/** Groups that do not apply here; docs/security.md has the same list with the reasons. */
const leftOut: readonly ((one: LimboCase) => boolean)[] = [
  ({ features }) => features?.includes("has-crl") === true,
  ({ id }) => /^(?:webpki|online|bettertls)::/.test(id),
  ({ id }) => id === "rfc5280::ca-as-leaf-wrong-san",
  ({ id }) => id === "pathlen::max-chain-depth-1-self-issued",
  ({ id }) => id === "rfc5280::aki::cross-signed-root-missing-aki",
];

const limboFile = process.env["LIMBO_JSON"];
describe.skipIf(!limboFile)("x509-limbo (needs LIMBO_JSON)", () => {
  const cases = limboFile ? (JSON.parse(readFileSync(limboFile, "utf8")) as { testcases: LimboCase[] }).testcases : [];
  const applying = cases.filter((one) => !leftOut.some((group) => group(one)));
  const read = (pem: string): Certificate | undefined => readPemBlocks(pem, "CERTIFICATE").map(readCertificate)[0];

  it("has cases that apply", () => expect(applying.length).toBeGreaterThan(100));

  it.each(applying)("$id: $expected_result", async (one) => {
    const leaf = read(one.peer_certificate);
    const list = (pems: readonly string[]): Certificate[] => pems.flatMap((pem) => read(pem) ?? []);
    const purpose = one.extended_key_usage?.[0] ?? (one.validation_kind === "CLIENT" ? "clientAuth" : "serverAuth");
    const result =
      leaf &&
      (await verifyChain(leaf, list(one.untrusted_intermediates), list(one.trusted_certs), {
        now: new Date(one.validation_time ?? "2026-06-01T00:00:00Z"),
        purpose: purposes[purpose]!,
        maxLength: one.max_chain_depth === null ? 5 : one.max_chain_depth + 2,
      }));
    // What RFC 5280 lays on issuers is a note here, and a failure to the suite.
    const isFine = result && !result.problem && result.notes.length === 0;
    expect(isFine ? "SUCCESS" : "FAILURE").toBe(one.expected_result);
  });
});

interface BetterTlsCase {
  id: number;
  certificates: readonly string[];
  hostname: string;
  requiredFeatures: readonly string[] | null;
  expected: "ACCEPT" | "REJECT";
  failureIsWarning: boolean;
}

const betterTlsFile = process.env["BETTERTLS_JSON"];
describe.skipIf(!betterTlsFile)("BetterTLS (needs BETTERTLS_JSON)", () => {
  const file = betterTlsFile
    ? (JSON.parse(readFileSync(betterTlsFile, "utf8")) as {
        trustRoot: string;
        suites: Record<string, { testCases: BetterTlsCase[] }>;
      })
    : undefined;
  const read = (base64: string): Certificate | undefined =>
    readCertificate(new Uint8Array(Buffer.from(base64, "base64")));

  it.each(Object.keys(file?.suites ?? {}))("%s", { timeout: 600_000 }, async (name) => {
    const root = read(file!.trustRoot)!;
    const wrong: string[] = [];
    for (const one of file!.suites[name]!.testCases) {
      const [leaf, ...others] = one.certificates.map(read) as [Certificate, ...Certificate[]];
      const late = one.expected === "REJECT" && one.requiredFeatures?.includes("INVALID_REASON_EXPIRED");
      const { problem } = await verifyChain(leaf, others, [root], {
        now: new Date(late ? leaf.notAfter.getTime() + 2000 : leaf.notBefore.getTime() + 1000),
        purpose: purposes["serverAuth"]!,
        maxLength: 12, // its chains are longer than the five that we take
      });
      if ((problem || !isNamed(leaf, one.hostname) ? "REJECT" : "ACCEPT") !== one.expected)
        wrong.push(`${name} ${one.id}`);
    }
    expect(wrong).toEqual([]);
  });
});

/** The host name, which a chain that signs code has none of. */
function isNamed({ names = [] }: Certificate, host: string): boolean {
  const isAddress = /^[\d.]+$/.test(host);
  return names.some(({ tag, body }) =>
    isAddress ? tag === 0x87 && [...body].join(".") === host : tag === 0x82 && new TextDecoder().decode(body) === host,
  );
}
