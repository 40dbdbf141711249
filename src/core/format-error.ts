import { isPvError } from "./errors.ts";

/** What an error says beyond its message: the path or the findings that its data names. */
function details(data: object, message: string): string[] {
  const said: string[] = [];
  if ("path" in data && typeof data.path === "string") said.push(data.path);
  if ("findings" in data && Array.isArray(data.findings)) {
    for (const finding of data.findings.slice(0, 3))
      said.push(message.includes(finding.message) ? finding.path : `${finding.path}: ${finding.message}`);
    if (data.findings.length > 3) said.push(`and ${data.findings.length - 3} more`);
  }
  return said;
}

/** Control characters would let a file name redraw a terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
}

/**
 * One line: message, path, hint, code. Never a stack trace, never a control character.
 *
 * @example
 * ```ts
 * import { formatError, PvError } from "@pv/sdk";
 * const line = formatError(new PvError("PATH_UNSAFE", "leaves its folder", { path: "../x" }, { hint: "rename it" }));
 * if (line !== "leaves its folder: ../x (rename it) [PATH_UNSAFE]") throw new Error(line);
 * ```
 */
export function formatError(error: unknown): string {
  if (!isPvError(error)) return printable(error instanceof Error ? error.message || error.name : String(error));
  let line = error.message;
  const known = details(error.data, line).filter((detail) => !line.includes(detail));
  if (known.length > 0) line += `: ${known.join("; ")}`;
  if (error.hint) line += ` (${error.hint})`;
  return printable(`${line} [${error.code}]`);
}
