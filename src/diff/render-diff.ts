import { toHtml, toMarkdown, toText } from "./render/formats.ts";
import { reportOf } from "./render/report.ts";
import { toJson } from "./render/to-json.ts";
import type { StateDiff, UpdatePlan } from "./types.ts";

/**
 * Shows a difference or a plan. `text` for a terminal; `markdown` for a comment on a pull request, never longer than
 * 65,536 bytes; `html` as a fragment for a page; `json` as one line for programs. A plan shows why it reboots or is
 * rejected, what happens to each container, what is downloaded, broken signatures, findings, and, after
 * {@link explainPlan}, the files inside the images.
 *
 * Names, values and messages may come from anybody: they are escaped for the format, without control or direction
 * characters, and cut to a readable length (not in `json`, which is exact).
 *
 * @throws {TypeError} when the format is none of the four.
 * @example
 * ```ts
 * import { diffStates, parseState, renderDiff } from "@pv/sdk";
 * const state = (group: string) => parseState(`{"#spec":"pantavisor-service-system@1","web/run.json":{"group":"${group}"}}`);
 * const text = renderDiff(diffStates(state("app"), state("root")), "text", { title: "web moves" });
 * if (!text.includes('~ group: "app" → "root"')) throw new Error(text);
 * ```
 */
export function renderDiff(
  what: StateDiff | UpdatePlan,
  format: "text" | "markdown" | "html" | "json",
  options: { title?: string | undefined } = {},
): string {
  switch (format) {
    case "text":
      return toText(reportOf(what), options.title);
    case "markdown":
      return toMarkdown(reportOf(what), options.title);
    case "html":
      return toHtml(reportOf(what), options.title);
    case "json":
      return toJson(what, options.title);
    default:
      throw new TypeError(`"${String(format)}" is no format; take text, markdown, html or json`);
  }
}
