/**
 * Numbers by their decimal text (canonicaljson-go 1.0.3, `normalizeNumber`): the canonical form is a function of the
 * exact decimal value, so nothing here goes through a double.
 */

/** Thrown by {@link canonicalNumber}; its callers know the path. */
export class NumberRangeError extends RangeError {}

/** Largest exponent that is spelled out as zeros. */
const MAX_ZEROS = 100_000;
const INT64_MAX = 2n ** 63n - 1n;

function inRange(exponent: bigint): bigint {
  if (exponent > INT64_MAX || exponent < -INT64_MAX - 1n) throw new NumberRangeError("its exponent exceeds 64 bits");
  return exponent;
}

function exponentOf(text: string): bigint | number {
  if (text.length <= 15) return Number(text);
  const exponent = inRange(BigInt(text.startsWith("+") ? text.slice(1) : text));
  // Far from 2^53, so that sums with a count of digits stay exact.
  return exponent < 10n ** 15n && exponent > -(10n ** 15n) ? Number(exponent) : exponent;
}

/**
 * The canonical text of a JSON number, given by its text: whole values as plain digits, all others as `d.dEx`, any
 * zero as `0`.
 *
 * @throws NumberRangeError when the exponent exceeds 64 bits, or asks for more than 100,000 zeros.
 */
export function canonicalNumber(text: string): string {
  const sign = text.charCodeAt(0) === 0x2d ? "-" : "";
  const lower = text.indexOf("e");
  const mark = lower >= 0 ? lower : text.indexOf("E");
  const mantissa = text.slice(sign.length, mark < 0 ? undefined : mark);
  const exponent = mark < 0 ? 0 : exponentOf(text.slice(mark + 1));
  const point = mantissa.indexOf(".");
  const all = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === 0x30) start++;
  if (start === end) return "0";
  while (all.charCodeAt(end - 1) === 0x30) end--;
  const digits = all.slice(start, end);
  // value = 0.digits x 10^scale
  const scale = (point < 0 ? all.length : point) - start;
  if (typeof exponent === "bigint") {
    if (exponent > 0n) throw new NumberRangeError("its exponent is too large to be spelled out");
    return `${sign}${digits[0]}.${digits.slice(1) || "0"}E${inRange(exponent + BigInt(scale - 1))}`;
  }
  const zeros = exponent + scale - digits.length;
  if (zeros >= 0) {
    if (zeros > MAX_ZEROS) throw new NumberRangeError("its exponent is too large to be spelled out");
    return sign + digits + "0".repeat(zeros);
  }
  return `${sign}${digits[0]}.${digits.slice(1) || "0"}E${exponent + scale - 1}`;
}

/** The canonical text of a double: through its shortest decimal text. */
export function canonicalDouble(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : canonicalNumber(String(value));
}
