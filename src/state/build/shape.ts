import type { JsonObject, JsonValue } from "../../core/index.ts";
import { type Problems, shown } from "./problems.ts";
import { checkLookups } from "./words.ts";

/** Finds what is wrong with one value of a document. */
export type Check = (value: JsonValue, path: string, problems: Problems) => void;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function wrong(problems: Problems, path: string, value: JsonValue, wanted: string): void {
  problems.add("VALUE_INVALID", path, `${shown(value)} is not ${wanted}`, `give ${wanted}`);
}

/** A text of any kind, but not an empty one. */
export const text: Check = (value, path, problems) => {
  if (typeof value !== "string" || value === "") wrong(problems, path, value, "a text");
};

/** One of some words, case and all. */
export function oneOf(...words: readonly string[]): Check {
  return (value, path, problems) => {
    if (typeof value !== "string" || !words.includes(value)) wrong(problems, path, value, `one of ${words.join(", ")}`);
  };
}

/** A whole number that fits 32 bits: a device reads it with `atoi`. */
export const count: Check = (value, path, problems) => {
  const fits = typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff;
  if (!fits) wrong(problems, path, value, "a whole number from 0 to 2147483647");
};

/** A number of 0 or more. */
export const factor: Check = (value, path, problems) => {
  const fits = typeof value === "number" && value >= 0 && value <= 1e6;
  if (!fits) wrong(problems, path, value, "a number from 0 to 1000000");
};

export const flag: Check = (value, path, problems) => {
  if (typeof value !== "boolean") wrong(problems, path, value, "true or false");
};

/** What need only be an object. */
export const anyObject: Check = (value, path, problems) => {
  if (!isObject(value)) wrong(problems, path, value, "an object");
};

/** A list; with `nestedLast`, only its last element may hold nested values (a device loses its place behind one). */
export function list(check: Check, options: { nestedLast?: boolean; notEmpty?: boolean; most?: number } = {}): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) return wrong(problems, path, value, "a list");
    if (options.notEmpty && value.length === 0) wrong(problems, path, value as JsonValue, "a list of at least one");
    if (value.length > (options.most ?? Number.POSITIVE_INFINITY)) {
      wrong(problems, path, value as JsonValue, `a list of at most ${options.most}`);
    }
    for (const [index, element] of (value as readonly JsonValue[]).entries()) {
      check(element, `${path}/${index}`, problems);
      if (!options.nestedLast || index === value.length - 1 || !hasNested(element)) continue;
      const hint = "only the last element of this list may hold lists or objects: move it there, or leave them out";
      problems.add(
        "NESTED_NOT_LAST",
        `${path}/${index}`,
        "it holds a list or an object and is not the last",
        hint,
        "the device loses its place in the list",
      );
    }
  };
}

/** True where an element holds a list or an object that is not empty. */
export function hasNested(element: JsonValue): boolean {
  return (
    isObject(element) &&
    Object.values(element).some((value) => typeof value === "object" && value !== null && Object.keys(value).length > 0)
  );
}

/** Members by name, all alike. */
export function mapOf(check: Check): Check {
  return (value, path, problems) => {
    if (!isObject(value)) return wrong(problems, path, value, "an object");
    for (const [name, member] of Object.entries(value)) {
      if (!/^(?!\.\.?$)[^\s\p{Cc}"\\]+$/u.test(name) || name.split("/").includes("..")) {
        problems.add(
          "NAME_INVALID",
          `${path}/${name}`,
          `${shown(name)} is no name`,
          "use letters, digits, . _ - and /",
        );
      }
      if (member !== undefined) check(member, `${path}/${name}`, problems);
    }
  };
}

/** An object with known members, which a device looks up in its text, and others, which it does not. */
export function object(members: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path, problems) => {
    if (!isObject(value)) return wrong(problems, path, value, "an object");
    checkMembers(value, members, required, path, problems);
    checkLookups(value, Object.keys(members), path, problems);
  };
}

/** The members of a document by their checks. */
export function checkMembers(
  value: JsonObject,
  members: Readonly<Record<string, Check>>,
  required: readonly string[],
  path: string,
  problems: Problems,
): void {
  for (const name of required) {
    if (Object.hasOwn(value, name) && value[name] !== undefined) continue;
    problems.add("MEMBER_MISSING", path, `it has no "${name}"`, `give it "${name}"`);
  }
  for (const [name, check] of Object.entries(members)) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (member !== undefined) check(member, `${path}/${name}`, problems);
  }
}
