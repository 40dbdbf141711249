/**
 * Records what the device's parser says to the first 10,000 states of the grammar: `PVPARSE_BIN=... node
 * test/state/record-verdicts.ts`. The program reads `{"id","text","config"}` a line and writes `{"id","verdict"}`.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { grammarCase, textHash } from "./check-grammar.ts";

/** Verdicts of the real parser, in order. */
export function realVerdicts(cases: readonly object[], parser: string): { verdict: string; model?: unknown }[] {
  const input = cases.map((one) => JSON.stringify(one)).join("\n");
  const { stdout, status } = spawnSync(parser, ["--model-all"], { input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${parser} ended with ${status}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { verdict: string });
}

if (process.argv[1] === import.meta.filename) {
  const cases = Array.from({ length: 10_000 }, (_, seed) => grammarCase(seed));
  const verdicts = realVerdicts(cases, process.env["PVPARSE_BIN"]!);
  const lines = cases.map(({ text }, seed) => JSON.stringify([seed, textHash(text), verdicts[seed]!.verdict]));
  writeFileSync(new URL("../vectors/runtime/fuzz.jsonl", import.meta.url), `${lines.join("\n")}\n`);
}
