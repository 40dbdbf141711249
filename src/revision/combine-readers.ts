import { type ByteSource, PvError } from "../core/index.ts";
import type { ObjectReader } from "../objects/index.ts";

/** What a combined reader is made of, so that composing again and again does not stack up. */
const inside: WeakMap<ObjectReader, readonly ObjectReader[]> = /* @__PURE__ */ new WeakMap();

/** One reader of many; the first one that has an object gives it. Asks nothing until bytes are read. */
export function combineReaders(...readers: readonly ObjectReader[]): ObjectReader {
  if (readers.length === 1) return readers[0]!;
  const all = [...new Set(readers.flatMap((reader) => inside.get(reader) ?? [reader]))];
  if (all.length === 1) return all[0]!;
  const combined: ObjectReader = {
    async has(id) {
      for (const reader of all) if (await reader.has(id)) return true;
      return false;
    },
    get(id) {
      let found: Promise<ByteSource> | undefined;
      const find = async (): Promise<ByteSource> => {
        for (const reader of all) if (await reader.has(id)) return reader.get(id);
        const hint = "missingObjects(revision) lists what a revision lacks";
        throw new PvError("OBJECT_MISSING", `no store has object ${id}`, { id }, { hint });
      };
      const source = (): Promise<ByteSource> => {
        found ??= find();
        found.catch(() => {
          found = undefined;
        });
        return found;
      };
      return {
        size: async () => (await source()).size(),
        read: async (offset, length) => (await source()).read(offset, length),
        async close() {
          const before = found;
          found = undefined;
          await (await before?.catch(() => undefined))?.close?.();
        },
      };
    },
  };
  inside.set(combined, all);
  return combined;
}
