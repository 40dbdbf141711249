/**
 * Growing arrays of plain numbers: a tree of 200,000 entries is some megabytes of them, where an object for each entry
 * would be a hundred.
 */

function grown(capacity: number, needed: number): number {
  return Math.max(needed, capacity + (capacity >> 1) + 64);
}

/** A column of unsigned 32-bit numbers. */
export class Column {
  values: Uint32Array = new Uint32Array(64);
  length = 0;

  push(value: number): number {
    if (this.length === this.values.length) this.#grow(this.length + 1);
    this.values[this.length] = value;
    return this.length++;
  }

  get(index: number): number {
    return this.values[index]!;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** Adds `count` zeros; returns the index of the first. */
  reserve(count: number): number {
    const first = this.length;
    if (first + count > this.values.length) this.#grow(first + count);
    this.values.fill(0, first, first + count);
    this.length += count;
    return first;
  }

  #grow(needed: number): void {
    const next = new Uint32Array(grown(this.values.length, needed));
    next.set(this.values.subarray(0, this.length));
    this.values = next;
  }
}

/** A column of whole numbers up to 2^53: sizes and positions. */
export class WideColumn {
  values: Float64Array = new Float64Array(64);
  length = 0;

  push(value: number): number {
    if (this.length === this.values.length) {
      const next = new Float64Array(grown(this.length, this.length + 1));
      next.set(this.values);
      this.values = next;
    }
    this.values[this.length] = value;
    return this.length++;
  }

  get(index: number): number {
    return this.values[index]!;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }
}

/** Bytes one after another. */
export class Arena {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  length = 0;

  /** Adds bytes; returns where they are. */
  push(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    return at;
  }

  /** Adds `count` bytes of no promised value; returns where they are. */
  reserve(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) {
      const next = new Uint8Array(grown(this.bytes.length, at + count));
      next.set(this.bytes.subarray(0, at));
      this.bytes = next;
    }
    this.length += count;
    return at;
  }

  view(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(at, at + length);
  }
}
