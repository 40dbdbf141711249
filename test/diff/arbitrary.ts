import fc from "fast-check";
import { type JsonValue, parseState, type State } from "../../src/index.ts";

/** Text of numbers that a double holds, nearly holds and does not hold. */
const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.constantFrom(
    "9007199254740993",
    "9007199254740992",
    "1.0",
    "1",
    "0.10",
    "-0",
    "1e21",
    "1e400",
    "0.30000000000000004441",
  ),
);

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "name",
    "group",
    "__proto__",
    "constructor",
    "toString",
    "a/b",
    "",
    "\u{1f600}",
    "\uff01",
  ),
  fc.string({ maxLength: 4 }),
);

const object = (member: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .uniqueArray(fc.tuple(name, member), { maxLength: 4, selector: ([key]) => key })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`);

/** JSON text; nulls only inside arrays, where a merge patch leaves them alone, or anywhere. */
const json = (nulls: boolean): fc.Arbitrary<string> =>
  fc.letrec<{ value: string; inArray: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      numberText,
      fc.constantFrom("true", "false", '""', ...(nulls ? ["null"] : [])),
      fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
      object(tie("value")),
      fc.array(tie("inArray"), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`),
    ),
    inArray: fc.oneof(
      { depthSize: "small" },
      fc.constant("null"),
      tie("value"),
      object(fc.oneof(fc.constant("null"), tie("value"))),
    ),
  })).value;

const key: fc.Arbitrary<string> = fc.constantFrom(
  "device.json",
  "bsp/run.json",
  "bsp/kernel.img",
  "web/run.json",
  "web/root.squashfs",
  "web/src.json",
  "db/run.json",
  "_config/web/etc/x.json",
  "_config/web/etc/y",
  "_sigs/web.json",
  "n.json",
  "__proto__",
  "constructor",
  "x/\u{1f600}",
);

const id: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c").map((digit) => `"${digit.repeat(64)}"`);

/** Text of a state of any documents, its members in any order. */
export function stateText(nulls = false): fc.Arbitrary<string> {
  const document = fc.oneof(json(nulls), id);
  return fc
    .uniqueArray(fc.tuple(key, document), { maxLength: 6, selector: ([path]) => path })
    .map((entries) => ["#spec", '"pantavisor-service-system@1"', ...entries.flat()])
    .map((flat) => {
      const members: string[] = [];
      for (let at = 0; at < flat.length; at += 2) members.push(`${JSON.stringify(flat[at])}:${flat[at + 1]}`);
      return `{${members.join(",")}}`;
    });
}

/** A state of any documents. */
export const anyState = (nulls = false): fc.Arbitrary<State> => stateText(nulls).map((text) => parseState(text));

/** A state around some entries. */
export function state(entries: Readonly<Record<string, JsonValue>> = {}): State {
  return parseState({ "#spec": "pantavisor-service-system@1", ...entries });
}

/** An object id that is the same digit all over. */
export const oid = (digit: string): string => digit.repeat(64);
