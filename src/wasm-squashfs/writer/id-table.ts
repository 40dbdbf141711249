import type { Bytes } from "../../core/index.ts";
import { ID_ENTRY_BYTES, MAX_IDS } from "../format.ts";
import { checkU32, treeInvalid } from "./tree-invalid.ts";

/** The distinct user and group ids, in the order in which they came. */
export class IdTable {
  readonly #indexes: Map<number, number> = new Map();

  get size(): number {
    return this.#indexes.size;
  }

  indexOf(id: number, what: "user id" | "group id", path: string): number {
    const known = this.#indexes.get(id);
    if (known !== undefined) return known;
    checkU32(id, what, path);
    if (this.size === MAX_IDS) {
      throw treeInvalid(path, `brings one id too many: an image has room for ${MAX_IDS} user and group ids`);
    }
    this.#indexes.set(id, this.size);
    return this.size - 1;
  }

  entries(): Bytes {
    const out = new DataView(new ArrayBuffer(this.size * ID_ENTRY_BYTES));
    for (const [id, index] of this.#indexes) out.setUint32(index * ID_ENTRY_BYTES, id, true);
    return new Uint8Array(out.buffer);
  }
}
