import { equalBytes, toHex } from "../../core/internal.ts";
import { type DerElement, OID, readAllDer, readSequence, SEQUENCE } from "../der.ts";

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Object identifier, hex of its content. */
  oid: string;
  tag: number;
  value: Uint8Array;
}

/** A distinguished name (RFC 5280, 4.1.2.4): sets of attributes, first the broadest. */
export interface DistinguishedName {
  raw: Uint8Array;
  sets: readonly (readonly NameAttribute[])[];
}

export const COMMON_NAME = "550403";
export const EMAIL_ADDRESS = "2a864886f70d010901";
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const SET = 0x31;

const shortNames: Readonly<Record<string, string>> = {
  [COMMON_NAME]: "CN",
  "550406": "C",
  "550407": "L",
  "550408": "ST",
  "55040a": "O",
  "55040b": "OU",
  "550405": "serialNumber",
  [EMAIL_ADDRESS]: "emailAddress",
};

/**
 * A name from its DER.
 *
 * @throws RangeError when it is none.
 */
export function readName(element: DerElement): DistinguishedName {
  if (element.tag !== SEQUENCE) throw new RangeError("no distinguished name");
  const sets = readAllDer(element.body).map((set) => {
    if (set.tag !== SET) throw new RangeError("no distinguished name");
    return readAllDer(set.body).map(({ whole }): NameAttribute => {
      const [type, value] = readSequence(whole, OID);
      if (!value) throw new RangeError("no distinguished name");
      return { oid: toHex(type!.body), tag: value.tag, value: value.body };
    });
  });
  return { raw: element.whole, sets };
}

/** Text of an attribute: two bytes a character in a BMPString, else UTF-8. */
export function attributeText({ tag, value }: NameAttribute): string {
  return new TextDecoder(tag === 0x1e ? "utf-16be" : "utf-8").decode(value);
}

/** `CN=Factory signing,O=Acme`: the narrowest first (RFC 4514), special characters escaped. */
export function formatName(name: DistinguishedName): string {
  const one = (attribute: NameAttribute): string =>
    `${shortNames[attribute.oid] ?? attribute.oid}=${attributeText(attribute)
      .replace(/\p{Cc}/gu, "?")
      .replace(/[,+"\\<>;=]/g, "\\$&")}`;
  return name.sets
    .map((set) => set.map(one).join("+"))
    .reverse()
    .join(",");
}

/** A folded form: equal where RFC 5280, 7.1 says that the names are (case and runs of spaces do not count). */
export function foldName(sets: DistinguishedName["sets"]): string[] {
  return sets.map((set) =>
    set
      .map((attribute) => {
        const foldable = attribute.tag === UTF8_STRING || attribute.tag === PRINTABLE_STRING;
        const text = foldable
          ? `=${attributeText(attribute).normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ")}`
          : `#${attribute.tag}:${toHex(attribute.value)}`;
        return attribute.oid + text;
      })
      .sort()
      .join("+"),
  );
}

/** True for the same name as RFC 5280 compares. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return JSON.stringify(foldName(a.sets)) === JSON.stringify(foldName(b.sets));
}

/** True for the same name as mbedTLS compares: order counts, ASCII case does not in UTF8 and printable strings. */
export function sameNameMbedtls(a: DistinguishedName, b: DistinguishedName): boolean {
  return sameList(a.sets, b.sets, (left, right) =>
    sameList(left, right, (one, other) => one.oid === other.oid && sameString(one, other)),
  );
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, i) => same(one, b[i]!));
}

function sameString(a: NameAttribute, b: NameAttribute): boolean {
  if (a.tag === b.tag && equalBytes(a.value, b.value)) return true;
  const foldable = (tag: number): boolean => tag === UTF8_STRING || tag === PRINTABLE_STRING;
  const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  return (
    foldable(a.tag) &&
    foldable(b.tag) &&
    a.value.length === b.value.length &&
    a.value.every((byte, i) => fold(byte) === fold(b.value[i]!))
  );
}
