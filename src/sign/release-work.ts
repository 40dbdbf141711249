/**
 * The work of `signRelease`. Loaded on demand.
 *
 * @module
 */
import { type JsonObject, type ObjectId, PvError } from "../core/index.ts";
import { toHex, utf8 } from "../core/internal.ts";
import { canonicalJson, formatState, type State, type StateLike } from "../state/index.ts";
import { stateOf, withState } from "../state/internal.ts";
import { digest } from "./crypto.ts";
import { RELEASE_SPEC } from "./partition.ts";
import { type HashedPart, hashParts } from "./release-document.ts";
import type { ReleaseOptions } from "./sign-release.ts";
import { makeSignature, withDocuments } from "./sign-work.ts";
import { readEntries } from "./state-text.ts";
import type { Signer } from "./types.ts";

/** {@link signRelease} itself. */
export async function releaseTarget<T extends StateLike>(target: T, options: ReleaseOptions): Promise<T> {
  check(options);
  const state = stateOf(target);
  const key = `_sigs/${options.name}.json`;
  const document = await makeDocument(state, options);
  const isSame = state[key] !== undefined && canonicalJson(state[key]) === canonicalJson(document);
  const isOld = (other: string): boolean => !isSame && isSignatureOf(other, options.name);
  const prepared = withDocuments(state, { [key]: document }, isOld);
  const entries = readEntries(formatState(prepared));
  const documents: Record<string, JsonObject> = {};
  for (const signer of options.signers) {
    const patterns = { include: [key], exclude: [] };
    const name = `_sigs/${options.name}-${await keyTag(signer)}.json`;
    documents[name] = await makeSignature({ key: name, patterns }, entries, { signer });
  }
  return withState(target, withDocuments(prepared, documents));
}

function check({ name, sequence, expires, signers }: ReleaseOptions): void {
  const refuse = (reason: string): never => {
    throw new PvError("SIGN_REFUSED", `not released: ${reason}`, { pattern: name, reason });
  };
  if (!/^[\w.-]+$/.test(name) || name === "run")
    refuse("its name is no plain word, or one that devices take for a container");
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new TypeError("sequence is a positive integer");
  if (Number.isNaN(expires.getTime())) throw new TypeError("expires is a date");
  if (signers.length === 0) throw new TypeError("a release needs a signer");
  if (signers.length > 1 && signers.some(({ certificates }) => certificates.length === 0)) {
    refuse("a device knows one bare key at most: several signers need certificates");
  }
}

async function makeDocument(state: State, options: ReleaseOptions): Promise<JsonObject> {
  const { parts, skeleton } = await hashParts(readEntries(formatState(state)));
  const describe = ({ sha256, objects }: HashedPart): JsonObject => ({
    sha256,
    sizeBytes: sumOf(objects, options.sizes),
  });
  return {
    "#spec": RELEASE_SPEC,
    ...(options.audience && { audience: [...options.audience] }),
    expires: options.expires.toISOString(),
    parts: Object.fromEntries([...parts].map(([name, part]) => [name, describe(part)])),
    sequence: options.sequence,
    skeleton: describe(skeleton),
  };
}

function sumOf(objects: ReadonlyMap<ObjectId, string>, sizes: ReadonlyMap<ObjectId, number>): number {
  let sum = 0;
  for (const [id, path] of objects) {
    const size = sizes.get(id);
    if (size === undefined) throw new PvError("OBJECT_MISSING", `no size of ${path} (${id})`, { id, path });
    sum += size;
  }
  return sum;
}

/** Signatures of another release of this name: they would not fit, and a device rejects what does not fit. */
function isSignatureOf(key: string, name: string): boolean {
  return key.startsWith(`_sigs/${name}-`) && /^[\da-f]{16}\.json$/.test(key.slice(`_sigs/${name}-`.length));
}

/** Names the key, so that it signs once however often it is asked. */
async function keyTag({ publicKey }: Signer): Promise<string> {
  return toHex(await digest("SHA-256", utf8(canonicalJson(publicKey)))).slice(0, 16);
}
