/**
 * A grammar of states that a device must judge: sound ones, each with up to three mutations that aim at a rule.
 * Seeded: the same number gives the same state everywhere.
 */
import { aimedMutations } from "./grammar/aimed-mutations.ts";
import { containerMutations } from "./grammar/container-mutations.ts";
import { deviceMutations } from "./grammar/device-mutations.ts";
import type { Mutation } from "./grammar/mutation.ts";
import { dice, type Json, sound } from "./grammar/sound.ts";
import { textMutations } from "./grammar/text-mutations.ts";

const mutations: [tag: string, mutation: Mutation][] = Object.entries({
  text: textMutations,
  ...deviceMutations,
  ...containerMutations,
}).flatMap(([list, all]) =>
  Object.entries(all).map(([name, mutation]): [string, Mutation] => [`${list}.${name}`, mutation]),
);

const aimed = Object.entries(aimedMutations);

export interface GrammarCase {
  id: string;
  /** Mutations applied, in order; one may hide another. */
  tags: string[];
  config: Record<string, string>;
  text: string;
}

/** Sorted at every level, no white space. */
export function write(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join()}]`;
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value[key]!)}`).join()}}`;
}

/** State number `seed`. */
export function grammarCase(seed: number): GrammarCase {
  const d = dice(seed);
  const made = sound(d);
  const tags: string[] = [];
  const late: ((text: string) => string)[] = [];
  for (let count = d.pick([0, 1, 1, 2, 3, 4, 6]); count > 0; count--) {
    const [tag, mutation] = d.pick(d.chance(20) ? aimed : mutations);
    const change = mutation(d, made);
    tags.push(tag);
    if (typeof change === "function") late.push(change as (text: string) => string);
  }
  let text = `{${made.pairs.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join()}}`;
  for (const change of late) text = change(text);
  return { id: `g${seed}`, tags, config: made.config, text };
}

/** FNV-1a of the text's code units, as hex. */
export function textHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
