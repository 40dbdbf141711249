import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Packed } from "./sandbox.ts";

/** A recorded command, or what was done by hand between two. */
export interface Step {
  note?: string;
  cwd: string;
  cmd?: string;
  env?: Record<string, string>;
  exit: number | string;
  stdout: string | { sha256: string } | null;
  "dot-pvr-new"?: string | null;
  transcript?: string;
  tty?: boolean;
}

/** A recorded case. */
export interface Case {
  name: string;
  steps: readonly Step[];
  trees: Readonly<Record<"input" | "before" | "after", Readonly<Record<string, Packed>> | undefined>>;
  files: Readonly<Record<string, string | { base64: string } | { sha256: string }>>;
}

/** The cases of one kind: `canon`, `diff`, `flow`, `http`. */
export function recordedCases(kind: string): readonly Case[] {
  const text = readFileSync(new URL(`../vectors/repo/${kind}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
}

/** Bytes or text in the form that long records were cut to. */
export function inRecordedForm(recorded: unknown, actual: Buffer | string): unknown {
  const bytes = Buffer.from(actual as Buffer);
  if (typeof recorded === "object" && recorded !== null && "sha256" in recorded)
    return { sha256: createHash("sha256").update(bytes).digest("hex") };
  if (typeof recorded === "object" && recorded !== null && "base64" in recorded)
    return { base64: bytes.toString("base64") };
  return bytes.toString();
}
