/** Services in the arguments of the build side: a device never reads them, run.json must repeat them. */
import type { Keys } from "./keys.ts";
import { childrenOf, kindOf, memberOf, rawOf } from "./lookup.ts";
import { quote, type Reading } from "./reading.ts";
import { ARRAY, OBJECT, type Tokens } from "./tokenizer.ts";

const ARGUMENTS = [
  ["PV_SERVICES_REQUIRED", true],
  ["PV_SERVICES_OPTIONAL", false],
] as const;

/** Compares `args` of src.json (or args.json) with what run.json asks for. */
export function checkArguments(reading: Reading, json: Tokens, keys: Keys): void {
  for (const { name, token } of keys.all) {
    const isSource = name.endsWith("/src.json");
    if (!isSource && !name.endsWith("/args.json")) continue;
    const container = reading.byFolder.get(name.slice(0, name.lastIndexOf("/")));
    if (!container || kindOf(json, token + 1) !== OBJECT) continue;
    const needs = new Map(container.needs.map((need) => [need.name, need]));
    const document = reading.sub(json, token + 1);
    const at = isSource ? memberOf(document, "args") : 0;
    const args = at === undefined ? undefined : reading.sub(document, at);
    const rendered = new Set<string>();
    for (const [argument, required] of ARGUMENTS) {
      const value = args && memberOf(args, argument);
      if (value === undefined || !args) continue;
      for (const service of namesIn(args, value)) {
        rendered.add(service);
        if (needs.get(service)?.required === required) continue;
        const message = `${argument} names ${quote(service)}, ${container.key} does not`;
        reading.report("SERVICE_NOT_RENDERED", `${name}${isSource ? "/args" : ""}/${argument}`, message);
      }
    }
    if (!isSource || memberOf(document, "template") === undefined) continue;
    for (const need of container.needs) {
      if (need.name === undefined || rendered.has(need.name)) continue;
      reading.report("SERVICE_NOT_IN_ARGS", need.path, `service ${quote(need.name)} is in no argument of ${name}`);
    }
  }
}

/** Names of the services in a list; an argument given as text is left alone. */
function namesIn(args: Tokens, list: number): string[] {
  if (kindOf(args, list) !== ARRAY) return [];
  return childrenOf(args, list).flatMap((element) => {
    const members = kindOf(args, element) === OBJECT ? childrenOf(args, element) : [];
    const name = members.find((member) => rawOf(args, member) === "name");
    return name === undefined ? [] : [rawOf(args, name + 1)];
  });
}
