import type { Bytes } from "../core/index.ts";
import { concatBytes } from "../core/internal.ts";

/** One DER element: its tag, all of it, and its content. */
export interface DerElement {
  tag: number;
  whole: Uint8Array;
  body: Uint8Array;
}

/** Tags used here (X.690, 8.1.2). */
export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const SEQUENCE = 0x30;

/** The element NULL. */
export const NULL: Uint8Array = /* @__PURE__ */ new Uint8Array([5, 0]);

/**
 * The element at `at`. Just enough to walk to a key in a known structure; certificates are read by a library. Strict
 * DER: short tags, definite and minimal lengths.
 *
 * @throws RangeError when there is none.
 */
export function readDer(bytes: Uint8Array, at = 0): DerElement {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) throw new RangeError("no DER element");
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? Number.NaN);
    // The least number of octets that holds it; none (indefinite) and more than 4 GiB are no DER either.
    if (!(octets <= 4 && length >= (octets === 1 ? 0x80 : 256 ** (octets - 1)))) throw new RangeError("no DER length");
    start += octets;
  }
  if (start + length > bytes.length) throw new RangeError("DER element is cut short");
  return { tag, whole: bytes.subarray(at, start + length), body: bytes.subarray(start, start + length) };
}

/** The elements that make up `body`, each with the tag asked for where one is given. */
export function readAllDer(body: Uint8Array, ...tags: readonly (number | undefined)[]): DerElement[] {
  const found: DerElement[] = [];
  for (let at = 0; at < body.length; ) {
    const element = readDer(body, at);
    at += element.whole.length;
    found.push(element);
  }
  tags.forEach((tag, i) => {
    if (tag !== undefined && found[i]?.tag !== tag) throw new RangeError("DER element of another type");
  });
  return found;
}

/** The elements of the one SEQUENCE that `bytes` must be. */
export function readSequence(bytes: Uint8Array, ...tags: readonly (number | undefined)[]): DerElement[] {
  const [sequence] = readAllDer(bytes, SEQUENCE);
  if (sequence!.whole.length !== bytes.length) throw new RangeError("bytes after a DER element");
  return readAllDer(sequence!.body, ...tags);
}

/** An element of `tag` with this content. */
export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const body = concatBytes(parts);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff);
  const head = body.length < 0x80 ? [tag, body.length] : [tag, 0x80 | length.length, ...length];
  return concatBytes([new Uint8Array(head), body]);
}

/** An unsigned number without leading zeros. */
export function trimZeros(number: Uint8Array): Uint8Array {
  let at = 0;
  while (at < number.length - 1 && number[at] === 0) at++;
  return number.subarray(at);
}

/** An INTEGER from an unsigned number; no bytes are zero. */
export function writeInteger(number: Uint8Array): Bytes {
  const least = trimZeros(number);
  return writeDer(INTEGER, new Uint8Array((least[0] ?? 0x80) >= 0x80 ? 1 : 0), least);
}

/** True for one whole element that is DER all the way down: what was signed has then one reading only. */
export function isDer(bytes: Uint8Array): boolean {
  try {
    return isDerElement(bytes, 0);
  } catch {
    // no DER
  }
  return false;
}

function isDerElement(bytes: Uint8Array, depth: number): boolean {
  const { tag, whole, body } = readDer(bytes);
  if (depth > 32 || whole.length !== bytes.length) return false;
  if ((tag & 0x20) !== 0) return readAllDer(body).every((child) => isDerElement(child.whole, depth + 1));
  if (tag === BOOLEAN) return body.length === 1 && (body[0] === 0 || body[0] === 0xff);
  if (tag !== INTEGER) return true;
  const [first, second = 0] = body;
  const redundant = body.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  return first !== undefined && !redundant;
}
