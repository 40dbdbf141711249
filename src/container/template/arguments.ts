import type { JsonObject, JsonValue } from "../../core/index.ts";
import { containerInvalid } from "../container-invalid.ts";
import { goText, isList, isObject } from "./go-text.ts";
import { isTrue, itemsOf, type TemplateInput } from "./template-input.ts";

/** Reads the template's arguments; what is read strictly must be of the right kind. */
export interface Arguments {
  /** The value as it stands. */
  value(key: string): JsonValue | undefined;
  /** True where the argument is given and not empty. */
  has(key: string): boolean;
  /** A switch. */
  flag(key: string): boolean;
  /** Text, or `fallback` where there is none. */
  text(key: string, fallback: string): string;
  /** Items of a list, as text; pvr's template takes some lists with texts only. */
  list(key: string, textsOnly?: boolean): string[];
  /** A comma list as it stands; "" where there is none. */
  csv(key: string): string;
}

const off: ReadonlySet<string> = new Set(["false", "0", "no", "off"]);

/** `args.X`, as errors name it. */
function wrongKind(name: string, key: string, wanted: string, hint?: string): Error {
  return containerInvalid(name, `args.${key}`, `${key} must be ${wanted}`, hint);
}

/** The arguments as pvr's template reads them: anything prints, and only "" and false are off. */
function exactArguments({ name, args }: TemplateInput): Arguments {
  const has = (key: string): boolean => isTrue(args[key]);
  return {
    value: (key) => args[key],
    has,
    flag: has,
    text: (key, fallback) => (args[key] === undefined || args[key] === null ? fallback : goText(args, key)),
    list(key, textsOnly = false) {
      if (!has(key)) return [];
      const items = itemsOf(args[key]!);
      if (!items) throw wrongKind(name, key, "a list");
      return items.map(([parent, at]) => {
        const item = (parent as Readonly<Record<string | number, JsonValue | undefined>>)[at];
        if (textsOnly && typeof item !== "string") throw wrongKind(name, key, "a list of texts");
        return goText(parent, at);
      });
    },
    csv(key) {
      if (!has(key)) return "";
      const value = args[key];
      if (typeof value !== "string") throw wrongKind(name, key, "text with commas");
      return value;
    },
  };
}

function scalar(parent: JsonObject | readonly JsonValue[], key: string | number): string | undefined {
  const value = (parent as Readonly<Record<string | number, JsonValue | undefined>>)[key];
  return typeof value === "object" || value === undefined ? undefined : goText(parent, key);
}

/** The arguments read with care: kinds are checked, one text does for a list, and words such as "false" are false. */
function strictArguments({ name, args }: TemplateInput): Arguments {
  const has = (key: string): boolean => isTrue(args[key]);
  return {
    value: (key) => args[key],
    has,
    flag(key) {
      const value = args[key];
      if (isList(value) || isObject(value)) throw wrongKind(name, key, "true or false");
      return has(key) && !off.has(String(value).toLowerCase());
    },
    text(key, fallback) {
      if (args[key] === undefined || args[key] === null) return fallback;
      const text = scalar(args, key);
      if (text === undefined) throw wrongKind(name, key, "text");
      return text;
    },
    list(key) {
      if (!has(key)) return [];
      const value = args[key]!;
      if (typeof value === "string") return [value];
      if (!isList(value)) throw wrongKind(name, key, "a list of texts");
      return value.map((_, index) => {
        const text = scalar(value, index);
        if (text === undefined) throw wrongKind(name, key, "a list of texts");
        return text;
      });
    },
    csv(key) {
      if (!has(key)) return "";
      const value = args[key];
      if (isList(value) && value.every((item) => typeof item === "string" && !item.includes(",")))
        return value.join(",");
      if (typeof value !== "string") throw wrongKind(name, key, "text with commas");
      return value;
    },
  };
}

/** The reader that goes with an input. */
export function argumentsOf(input: TemplateInput): Arguments {
  return input.compat ? exactArguments(input) : strictArguments(input);
}

/** `PV_RUNLEVEL` and `PV_STATUS_GOAL` are compared as text; other kinds have no meaning. */
function word({ name, args }: TemplateInput, key: string): string | undefined {
  const value = args[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number") return goText(args, key);
  throw wrongKind(name, key, "text");
}

/**
 * True where the container is started, so that it needs an lxc.container.conf. pvr drops that for the run level `data`
 * too, even when the container has a goal of its own beyond being mounted; such a container would crash the runtime.
 */
export function isStarted(input: TemplateInput): boolean {
  const level = word(input, "PV_RUNLEVEL");
  const goal = word(input, "PV_STATUS_GOAL");
  if (input.compat) return level !== "data" && goal !== "MOUNTED";
  return goal !== "MOUNTED" && (level !== "data" || (goal !== undefined && goal !== ""));
}
