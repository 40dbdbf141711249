import { Arena, Column } from "./columns.ts";

const DIGEST_BYTES = 32;

/**
 * A map from SHA-256 digests to numbers, about 44 bytes an entry. The digest is its own hash: making many fall into one
 * slot costs an attacker as many hashes as it saves.
 */
export class DigestTable {
  readonly #digests: Arena = new Arena();
  readonly #values: Column = new Column();
  #slots: Uint32Array = new Uint32Array(1024);

  get size(): number {
    return this.#values.length;
  }

  /** The number kept under a digest, or undefined. */
  get(digest: Uint8Array): number | undefined {
    const slot = this.#find(digest);
    const entry = this.#slots[slot]!;
    return entry === 0 ? undefined : this.#values.get(entry - 1);
  }

  /** Keeps a number under a digest, in place of the one before. */
  set(digest: Uint8Array, value: number): void {
    let slot = this.#find(digest);
    const entry = this.#slots[slot]!;
    if (entry !== 0) {
      this.#values.set(entry - 1, value);
      return;
    }
    if ((this.size + 1) * 2 > this.#slots.length) {
      this.#rehash();
      slot = this.#find(digest);
    }
    this.#digests.push(digest);
    this.#slots[slot] = this.#values.push(value) + 1;
  }

  #find(digest: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = (digest[0]! | (digest[1]! << 8) | (digest[2]! << 16) | (digest[3]! << 24)) & mask;
    for (;;) {
      const entry = this.#slots[slot]!;
      if (entry === 0 || this.#holds(entry - 1, digest)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #holds(entry: number, digest: Uint8Array): boolean {
    const bytes = this.#digests.bytes;
    const at = entry * DIGEST_BYTES;
    for (let index = 0; index < DIGEST_BYTES; index++) if (bytes[at + index] !== digest[index]) return false;
    return true;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.size; entry++) {
      this.#slots[this.#find(this.#digests.view(entry * DIGEST_BYTES, DIGEST_BYTES))] = entry + 1;
    }
  }
}
