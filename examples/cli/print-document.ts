import { canonicalJson, type JsonValue } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Context } from "./context.ts";

/** A document as pvr prints it: indented by a TAB, or on one canonical line, which `--json` gives too. */
export function printDocument(context: Context, document: JsonValue, canonical: boolean): void {
  const line = canonicalJson(document);
  context.print(canonical || context.json ? line : goJson(line, { indent: "\t" }));
}
