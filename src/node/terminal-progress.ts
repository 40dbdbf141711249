import type { Progress } from "../core/index.ts";

const BAR_WIDTH = 24;

function amount(value: number, unit: Progress["unit"]): string {
  if (unit !== "bytes") return String(value);
  if (value < 1024) return `${value} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = value / 1024;
  let at = 0;
  for (; size >= 1024 && at < units.length - 1; at++) size /= 1024;
  return `${size.toFixed(1)} ${units[at]}`;
}

/** Tasks that are no verbs a person would use. */
const verbs: Partial<Record<Progress["task"], string>> = { squashfs: "pack", export: "write", image: "write" };

/** File names may hold anything; a terminal must not be steered by them. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu, "?");
}

function describe({ done, total, unit }: Progress): string {
  const plain = unit === "bytes" ? "" : ` ${unit}`;
  return total === undefined || total === done
    ? `${amount(done, unit)}${plain}`
    : `${amount(done, unit)} of ${amount(total, unit)}${plain}`;
}

function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** Where progress is shown: stderr, or whatever looks like it. */
export interface ProgressTerminal {
  /** True for a terminal that can redraw a line. */
  isTTY?: boolean | undefined;
  /** Its width in characters; 80 unless known. */
  columns?: number | undefined;
  /** Writes text. */
  write(text: string): unknown;
}

/**
 * Shows progress on stderr: on a terminal one line with a bar that is redrawn, and a line for each subject that is
 * done; elsewhere (a log, a CI job) only those lines.
 *
 * @example
 * ```ts
 * import { terminalProgress } from "@pv/sdk/node";
 * const lines: string[] = [];
 * const onProgress = terminalProgress({ write: (text) => lines.push(text) });
 * onProgress({ task: "hash", subject: "kernel.img", done: 1024, unit: "bytes" });
 * onProgress({ task: "hash", subject: "kernel.img", done: 2048, total: 2048, unit: "bytes" });
 * if (lines.join("") !== "hash kernel.img: 2.0 KiB\n") throw new Error(lines.join(""));
 * ```
 */
export function terminalProgress(terminal: ProgressTerminal = process.stderr): (progress: Progress) => void {
  let drawn = false;
  return (progress) => {
    const { task, done, total } = progress;
    const label = printable(`${verbs[task] ?? task} ${progress.subject}`);
    if (done === total) {
      terminal.write(`${drawn ? "\r\u001b[K" : ""}${label}: ${describe(progress)}\n`);
      drawn = false;
      return;
    }
    if (!terminal.isTTY) return;
    const filled = total ? Math.min(BAR_WIDTH, Math.floor((done / total) * BAR_WIDTH)) : 0;
    const bar = total ? `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ` : "";
    const line = shorten(`${bar}${label}: ${describe(progress)}`, (terminal.columns ?? 80) - 1);
    terminal.write(`\r\u001b[K${line}`);
    drawn = true;
  };
}
