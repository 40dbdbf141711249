import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  carryNumber,
  compileGlob,
  createSigner,
  type Finding,
  isPvError,
  type JsonObject,
  parseJson,
  readBytes,
  type Signer,
  type State,
  type Trust,
} from "@pv/sdk";
import type { Folder } from "@pv/sdk/repo";
import { type Options, text } from "./command.ts";
import { type Context, ExitError } from "./context.ts";

/** A file that a flag names, or its default in the settings folder. */
async function readGiven(context: Context, options: Options, name: string): Promise<string> {
  const given = text(options, name);
  const path = given ?? join(context.configDir, "pvs", `${name}.default.pem`);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const hint = given === undefined ? `: give --${name}, or put one there` : "";
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})${hint}`, { cause: error });
  }
}

/** Certificates of the key; none with `--x5c no`. */
async function chainOf(context: Context, options: Options): Promise<string | undefined> {
  if (text(options, "x5c") === "no") return undefined;
  const pem = await readGiven(context, options, "x5c");
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  context.note("warning: there is no certificate in the file of --x5c");
  return undefined;
}

/**
 * The key and certificates to sign with. pvr signs with a key that is not the certificate's as well; so do we, with a
 * word about it.
 */
export async function signerOf(context: Context, options: Options): Promise<Signer> {
  const key = await readGiven(context, options, "key");
  const certificates = await chainOf(context, options);
  try {
    return await createSigner({ key, certificates });
  } catch (error) {
    if (!isPvError(error, "SIGN_KEY_MISMATCH") || certificates === undefined) throw error;
    context.note("warning: the key is not the certificate's: nobody will believe the signature");
    const blocks = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const chain = blocks.map((block) => new Uint8Array(new X509Certificate(block).raw));
    return { ...(await createSigner({ key })), certificates: chain };
  }
}

/** Says what a device would mind; pvr says nothing. */
export function warn(context: Context, finding: Finding): void {
  const place = finding.path && !finding.message.includes(finding.path) ? `${finding.path}: ` : "";
  context.note(`warning: ${place}${finding.message}${finding.hint ? ` (${finding.hint})` : ""} [${finding.code}]`);
}

/** `web` for `_sigs/web.json`; what ends in `.json` is a path. */
export function signaturePath(name: string): string {
  return name.endsWith(".json") ? name : `_sigs/${name}.json`;
}

function isSignature(value: unknown): boolean {
  return (value as JsonObject | null)?.["#spec"] === "pvs@2";
}

/** Keys of the state that hold signatures, all or those that fit one of the names. */
export function signatureKeys(state: State, names?: readonly string[]): string[] {
  const matches = names?.map((name) => compileGlob(signaturePath(name)));
  return Object.keys(state).filter(
    (key) => isSignature(state[key]) && (matches === undefined || matches.some((match) => match(key) === "match")),
  );
}

/** A state with other members, numbers as they were written. */
export function withMembers(state: State, members: JsonObject): State {
  const next: Record<string, JsonObject[string]> = {};
  for (const key of Object.keys(state)) {
    next[key] = state[key]!;
    carryNumber(next, state, key);
  }
  return Object.assign(next, members) as State;
}

/** The state with a signature as it is in the work tree. */
export async function withSignature(state: State, folder: Folder, key: string): Promise<State> {
  const value = parseJson(await readBytes(folder.read(key)));
  if (!isSignature(value)) throw new ExitError(`${key}: pvs signature must be of #spec pvs@2`, 13);
  return withMembers(state, { [key]: value as JsonObject });
}

/** Whom `sig ls` believes; pvr's exit codes for files that are not there. */
export async function pvrTrust(context: Context, options: Options): Promise<Trust> {
  const pubkey = text(options, "pubkey");
  if (pubkey !== undefined) {
    const found = await stat(pubkey).catch(() => undefined);
    if (!found) throw new ExitError(`errors accessing signing key: there is no ${pubkey}`, 11);
    if (!found.isFile()) throw new ExitError(`${pubkey} is no file`, 2);
    return { publicKeys: await readFile(pubkey, "utf8") };
  }
  if (text(options, "cacerts") === "_system_")
    throw new ExitError("the system's certificates sign no firmware: give --cacerts", 13);
  try {
    return { certificates: await readGiven(context, options, "cacerts") };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    throw new ExitError(message, cause?.code === "ENOENT" ? 125 : 13, error);
  }
}
