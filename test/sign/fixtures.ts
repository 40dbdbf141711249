import { sign as nodeSign } from "node:crypto";
import {
  createSigner,
  type Signer,
  signState,
  type VerifyOptions,
  type VerifyReport,
  verifyState,
} from "../../src/sign/index.ts";
import { parseState, type State } from "../../src/state/index.ts";
import { type Holder, keyPem } from "./make-certificate.ts";

/** The time of all tests; certificates live from 2026-01-01 to 2027-01-01. */
export const now: Date = new Date("2026-06-01T12:00:00Z");

/** A small firmware. */
export const state: State = parseState({
  "#spec": "pantavisor-service-system@1",
  "_config/web/etc/app.conf": "d".repeat(64),
  "bsp/kernel.img": "1".repeat(64),
  "bsp/run.json": { initrd: "pantavisor", linux: "kernel.img" },
  "device.json": { groups: [{ name: "app", timeout: 30 }] },
  "web/root.squashfs": "b".repeat(64),
  "web/run.json": { name: "web", type: "lxc" },
  "web/src.json": { template: "builtin-lxc-docker" },
});

/** A signer with the leaf's key and the certificates given, leaf first. */
export function signerOf(leaf: Holder, ...others: readonly Holder[]): Promise<Signer> {
  return createSigner({ key: keyPem(leaf), certificates: [leaf, ...others].map(({ pem }) => pem).join("") });
}

/** The state signed by that leaf, and judged with these anchors by the policy `sdk`. */
export async function judgeChain(
  chain: readonly [Holder, ...Holder[]],
  anchors: readonly Holder[],
  options: Partial<VerifyOptions> = {},
): Promise<VerifyReport> {
  const signed = await signState(state, { signer: await signerOf(...chain) });
  const certificates = anchors.map(({ pem }) => pem).join("");
  return verifyState(signed, { trust: { certificates }, now, ...options });
}

/** The codes of what rejects, each once. */
export const errorsOf = ({ reasons }: VerifyReport): string[] => [
  ...new Set(reasons.flatMap(({ code, severity }) => (severity === "error" ? [code] : []))),
];

/** The codes of what rejects, but for the paths that it leaves uncovered. */
export const causesOf = (report: VerifyReport): string[] =>
  errorsOf(report).filter((code) => code !== "PATH_UNCOVERED");

/** A signature document as text of the caller's making; the payload is signed with the holder's key. */
export function forge(
  holder: Holder,
  header: object | string,
  payload: string,
  extra: object = {},
): Record<string, unknown> {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const encoded = Buffer.from(text).toString("base64url");
  const input = Buffer.from(`${encoded}.${Buffer.from(payload).toString("base64url")}`);
  const { asymmetricKeyType, asymmetricKeyDetails } = holder.key;
  const size = asymmetricKeyDetails?.namedCurve;
  const hash =
    asymmetricKeyType === "rsa" || size === "prime256v1" ? "sha256" : size === "secp384r1" ? "sha384" : "sha512";
  const signature = nodeSign(hash, input, { key: holder.key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  return { "#spec": "pvs@2", protected: encoded, signature, ...extra };
}
