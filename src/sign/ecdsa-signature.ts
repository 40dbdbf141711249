import type { Bytes } from "../core/index.ts";
import { INTEGER, readSequence, SEQUENCE, trimZeros, writeDer, writeInteger } from "./der.ts";

/**
 * An Ecdsa-Sig-Value (RFC 3279, 2.2.3) as r‖s of `size` bytes each; undefined where it is none or does not fit. mbedTLS
 * overlooks signs (`unsigned`): it takes a number whose leading zero is missing.
 */
export function ecdsaFromDer(signature: Uint8Array, size: number, unsigned = false): Bytes | undefined {
  try {
    const numbers = readSequence(signature, INTEGER, INTEGER);
    if (numbers.length !== 2) return undefined;
    return joinHalves(
      numbers.map(({ body }) => (unsigned || body[0]! < 0x80 ? trimZeros(body) : undefined)),
      size,
    );
  } catch {
    // no such value
  }
  return undefined;
}

/** r‖s with halves of another size, a last odd byte dropped; undefined where a number does not fit. */
export function ecdsaResize(signature: Uint8Array, size: number): Bytes | undefined {
  const half = Math.floor(signature.length / 2);
  return joinHalves([trimZeros(signature.subarray(0, half)), trimZeros(signature.subarray(half, 2 * half))], size);
}

function joinHalves(halves: readonly (Uint8Array | undefined)[], size: number): Bytes | undefined {
  const raw = new Uint8Array(2 * size);
  for (const [i, half] of halves.entries()) {
    if (half === undefined || half.length > size) return undefined;
    raw.set(half, (i + 1) * size - half.length);
  }
  return raw;
}

/** r‖s as an Ecdsa-Sig-Value. */
export function ecdsaToDer(signature: Uint8Array): Bytes {
  const half = signature.length / 2;
  return writeDer(SEQUENCE, writeInteger(signature.subarray(0, half)), writeInteger(signature.subarray(half)));
}
