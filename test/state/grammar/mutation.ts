/** What mutations are made of. */
import type { Dice, Dict, Draft, Json } from "./sound.ts";

/** Changes a draft; one that gives back a function changes the text at the end. */
export type Mutation = (d: Dice, draft: Draft) => unknown;
export type TextMutation = (d: Dice, draft: Draft) => ((text: string) => string) | undefined;

/** Values where another kind is expected, texts that look like JSON among them. */
const ODD: readonly Json[] = [
  ...[
    null,
    true,
    5,
    -1,
    1.5,
    "",
    " ",
    "x",
    "name",
    "café",
    "[q,r]",
    "{a:b}",
    "{",
    "[",
    "}",
    "{a:{",
    "{a:[",
    'a"b',
    "\n",
  ],
  ...[[], {}, ["a"], [["a", 1]], { a: 1 }, [{ name: "z" }], [5], [""], [{}], { name: "n", type: "x" }],
];
export const odd = (d: Dice): Json => structuredClone(d.pick(ODD));

export const isDict = (value: Json | undefined): value is Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The document under a key, made when it is not there. */
export function doc(draft: Draft, key: string, make: () => Dict = () => ({})): Dict {
  const found = draft.get(key);
  if (isDict(found)) return found;
  const made = make();
  draft.set(key, made);
  return made;
}
/** Sets a member to something odd, or takes it away. */
export const field =
  (target: (d: Dice, draft: Draft) => Dict, key: string, ...values: Json[]): Mutation =>
  (d, draft) => {
    const dict = target(d, draft);
    const value = values.length > 0 && d.chance(60) ? structuredClone(d.pick(values)) : odd(d);
    if (d.chance(10)) delete dict[key];
    else dict[key] = value;
  };
export const fields = (target: (d: Dice, draft: Draft) => Dict, keys: readonly string[]): Record<string, Mutation> =>
  Object.fromEntries(keys.map((key) => [key, field(target, key)]));
export const value =
  (key: string): Mutation =>
  (d, draft) =>
    draft.set(key, odd(d));
export const insert = (d: Dice, into: Json[], element: Json): void =>
  void into.splice(d.int(into.length + 1), 0, element);

export function list(parent: Dict, key: string, make: () => Json[]): Json[] {
  if (!Array.isArray(parent[key])) parent[key] = make();
  return parent[key] as Json[];
}
