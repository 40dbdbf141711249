/**
 * The 512 bytes before each member of a tar: POSIX.1-1988 ustar, GNU's variant, star's and v7
 * (POSIX.1-2024 `pax`, section "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
 */
import { type Bytes, PvError } from "../core/index.ts";

/** Size of a header and of the units that content is padded to. */
export const BLOCK = 512;

/** A header as it stands; extensions may overrule each field. */
export interface TarHeader {
  name: Bytes;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeSeconds: number;
  /** The type as a character; NUL is given as "0". */
  type: string;
  link: Bytes;
  major: number;
  minor: number;
  gnu: boolean;
}

/** What is wrong with an archive, and where. */
export function tarInvalid(offset: number, message: string, path?: string, hint?: string): PvError<"TAR_INVALID"> {
  const data = path === undefined ? { offset } : { offset, path };
  return new PvError("TAR_INVALID", `${message}, at byte ${offset} of the archive`, data, { hint });
}

/** Bytes up to the first NUL. */
function text(block: Bytes, at: number, length: number): Bytes {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** Octal digits between blanks or NULs, or GNU's base-256 (first bit set, two's complement). */
export function tarNumber(block: Bytes, at: number, length: number, offset: number, what: string): number {
  const first = block[at]!;
  if (first & 0x80) {
    const negative = (first & 0x40) !== 0;
    let value = negative ? (first | 0xffffff00) >> 0 : first & 0x3f;
    for (let next = at + 1; next < at + length; next++) {
      value = value * 256 + block[next]!;
      if (!Number.isSafeInteger(value)) throw tarInvalid(offset, `the ${what} is out of range`);
    }
    return value;
  }
  let value = 0;
  let digits = 0;
  let ended = false;
  for (let next = at; next < at + length; next++) {
    const byte = block[next]!;
    if (byte === 0x20 || byte === 0) {
      if (digits > 0 || byte === 0) ended = true;
    } else if (byte >= 0x30 && byte <= 0x37 && !ended) {
      value = value * 8 + byte - 0x30;
      digits++;
    } else throw tarInvalid(offset, `the ${what} is no number`);
  }
  if (!Number.isSafeInteger(value)) throw tarInvalid(offset, `the ${what} is out of range`);
  return value;
}

/** The sum over a header with its own field taken as blanks, as unsigned and (old Sun tars) as signed bytes. */
function sums(block: Bytes): readonly [number, number] {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 256;
  }
  return [unsigned, signed];
}

const magics: readonly (readonly [string, readonly number[]])[] = [
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04]],
  ["a squashfs image", [0x68, 0x73, 0x71, 0x73]],
  ["lz4 data", [0x04, 0x22, 0x4d, 0x18]],
  ["a 7z archive", [0x37, 0x7a, 0xbc, 0xaf]],
  ["a cpio archive", [0x30, 0x37, 0x30, 0x37]],
  ["a Debian package", [0x21, 0x3c, 0x61, 0x72]],
];

/**
 * Reads a header.
 *
 * @throws `PvError` `TAR_INVALID` when the sum is wrong or a field is no number.
 */
export function decodeHeader(block: Bytes, offset: number): TarHeader {
  const wanted = checksumField(block);
  const [unsigned, signed] = sums(block);
  if (wanted === undefined || (wanted !== unsigned && wanted !== signed)) {
    const other = offset === 0 ? magics.find(([, bytes]) => bytes.every((byte, at) => block[at] === byte)) : undefined;
    const hint = other ? `the content is ${other[0]}` : undefined;
    throw tarInvalid(
      offset,
      offset === 0 ? "this is no tar archive" : "a header has a wrong checksum",
      undefined,
      hint,
    );
  }
  const magic = String.fromCharCode(...block.subarray(257, 265));
  const ustar = magic.startsWith("ustar\0");
  const gnu = magic === "ustar  \0";
  // star keeps times where the second half of the prefix would be, and says so with its own mark.
  const star = ustar && String.fromCharCode(...block.subarray(508, 512)) === "tar\0";
  let name = text(block, 0, 100);
  const prefix = ustar ? text(block, 345, star ? 131 : 155) : undefined;
  if (prefix && prefix.length > 0) {
    const joined = new Uint8Array(prefix.length + 1 + name.length);
    joined.set(prefix);
    joined[prefix.length] = 0x2f;
    joined.set(name, prefix.length + 1);
    name = joined;
  }
  const type = block[156] === 0 ? "0" : String.fromCharCode(block[156]!);
  const device = type === "3" || type === "4";
  return {
    name,
    mode: tarNumber(block, 100, 8, offset, "mode") & 0o7777,
    uid: tarNumber(block, 108, 8, offset, "owner"),
    gid: tarNumber(block, 116, 8, offset, "group"),
    size: tarNumber(block, 124, 12, offset, "size"),
    mtimeSeconds: tarNumber(block, 136, 12, offset, "time"),
    type,
    link: text(block, 157, 100),
    // Other members may hold anything here (v7 has no such fields).
    major: device ? tarNumber(block, 329, 8, offset, "device number") : 0,
    minor: device ? tarNumber(block, 337, 8, offset, "device number") : 0,
    gnu,
  };
}

function checksumField(block: Bytes): number | undefined {
  try {
    return tarNumber(block, 148, 8, 0, "checksum");
  } catch {
    return undefined;
  }
}

/** Puts the checksum into a finished header. */
export function sealHeader(block: Bytes): Bytes {
  block.fill(0x20, 148, 156);
  for (let sum = sums(block)[0], at = 153; at >= 148; at--, sum >>= 3) block[at] = 0x30 + (sum & 7);
  block[154] = 0;
  return block;
}
