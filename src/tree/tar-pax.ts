/** Extended headers of POSIX.1-2001: records `<length> <key>=<value>\n`, where the length counts bytes, all of them. */
import { type Bytes, decodePath, encodePath } from "../core/index.ts";
import { concatBytes, utf8 } from "../core/internal.ts";
import { tarInvalid } from "./tar-header.ts";

/** Keys are text, values bytes: an xattr may hold anything. Repeated keys are kept (GNU sparse 0.0 repeats two). */
export type PaxRecords = readonly (readonly [key: string, value: Bytes])[];

/**
 * Reads the records of one extended header.
 *
 * @throws `PvError` `TAR_INVALID` when a record is not of that form.
 */
export function parsePax(bytes: Bytes, offset: number): PaxRecords {
  const records: [string, Bytes][] = [];
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    let digits = 0;
    for (; bytes[at + digits] !== 0x20; digits++) {
      const byte = bytes[at + digits];
      if (byte === undefined || byte < 0x30 || byte > 0x39 || digits > 9)
        throw tarInvalid(offset, "an extended header has a record without length");
      length = length * 10 + byte - 0x30;
    }
    const end = at + length;
    const equals = bytes.indexOf(0x3d, at + digits + 1);
    if (digits === 0 || end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end - 1)
      throw tarInvalid(offset, "an extended header has a broken record");
    records.push([decodePath(bytes.subarray(at + digits + 1, equals)), bytes.slice(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** Writes records; the length of each counts its own digits. */
export function formatPax(records: PaxRecords): Bytes {
  return concatBytes(
    records.map(([key, value]) => {
      const body = concatBytes([encodePath(` ${key}=`), value, utf8("\n")]);
      let length = body.length + String(body.length).length;
      if (String(length).length + body.length !== length) length = String(length).length + body.length;
      return concatBytes([utf8(String(length)), body]);
    }),
  );
}

/** Decimal digits, a sign and a fraction where allowed, as pax writes numbers; undefined where it is none. */
export function paxNumber(value: Bytes): number | undefined {
  const text = decodePath(value);
  if (!/^-?\d{1,20}(?:\.\d*)?$/.test(text)) return undefined;
  const number = Math.floor(Number(text));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** GNU tar escapes `=` and `%` in the name of an xattr, because a key ends at the first `=`. */
const escapes: Readonly<Record<string, string>> = { "%3D": "=", "%25": "%" };

function base64(value: Bytes): Bytes | undefined {
  try {
    return Uint8Array.from(atob(decodePath(value).replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function percent(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/**
 * The xattr that a record stands for: star's `SCHILY.xattr.<name>` (bytes as they are; GNU tar, Go, Docker), libarchive's
 * `LIBARCHIVE.xattr.<url-encoded name>` (base64), GNU tar's `RHT.security.selinux`.
 */
export function paxXattr(key: string, value: Bytes): readonly [name: string, value: Bytes] | undefined {
  if (key.startsWith("SCHILY.xattr.")) return [key.slice(13).replace(/%3D|%25/g, (found) => escapes[found]!), value];
  if (key.startsWith("LIBARCHIVE.xattr.")) {
    const name = percent(key.slice(17));
    const bytes = base64(value);
    return name === undefined || bytes === undefined ? undefined : [name, bytes];
  }
  // The label as text; the attribute ends in a NUL.
  if (key === "RHT.security.selinux") return ["security.selinux", concatBytes([value, new Uint8Array(1)])];
  return undefined;
}
