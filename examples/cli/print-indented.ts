import { canonicalJson, type JsonValue } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Context } from "./context.ts";

/** A hub's answer as pvr prints it: indented by four blanks; on one line with `--json`. */
export function printIndented(context: Context, document: JsonValue): void {
  const line = canonicalJson(document);
  context.print(context.json ? line : goJson(line, { indent: "    ", shortest: true }));
}
