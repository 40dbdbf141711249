/**
 * Puts mutated squashfs images through the reader: `node test/fuzz/squashfs-fuzz.ts [--count N] [--seed N] [--case N]
 * [--write]`.
 *
 * Half of the images have uncompressed tables, whose fields are changed by name; the rest is changed by byte. Any error
 * but a typed one, a case above its time, or memory above its bound ends the run with exit code 1. `--write` keeps a
 * corpus (the first case of each outcome of each seed) and the report beside this file.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CHECKS } from "../../src/wasm-squashfs/reader/checks.ts";
import { directed } from "./directed.ts";
import { exercise } from "./exercise.ts";
import { applyEdits, createRandom, type Edit, mutate, type Random, type Seed } from "./mutate.ts";
import { makeSeeds, readSeeds } from "./seeds.ts";

/** One kept case: which image, what was changed, what came of it. */
export interface CorpusCase {
  seed: string;
  edits: Edit[];
  outcomes: string[];
}

const MAX_CASE_MS = 5000;
/** What is held after a collection: the heap and all that hangs on it. */
const MAX_HELD_MIB = 128;
/** The process's memory: the C library keeps what thousands of decompressors left in pieces. */
const MAX_RSS_MIB = 1024;
const MAX_CORPUS_BYTES = 1_400_000;

interface Totals {
  cases: number;
  structured: number;
  valid: number;
  limited: number;
  counts: Map<string, number>;
  corpus: Map<string, CorpusCase>;
  slowestMs: number;
  peakRssMiB: number;
  peakHeldMiB: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Measures memory after collections: what a first one finds free is closed in the turn after it. */
async function measure(totals: Totals, number: number): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  totals.peakRssMiB = Math.max(totals.peakRssMiB, rss / 2 ** 20);
  totals.peakHeldMiB = Math.max(totals.peakHeldMiB, (heapUsed + external) / 2 ** 20);
  if (totals.peakRssMiB > MAX_RSS_MIB || totals.peakHeldMiB > MAX_HELD_MIB)
    throw new Error(`${totals.peakHeldMiB} MiB held, ${totals.peakRssMiB} MiB of memory at case ${number}`);
}

/** What case `number` is; nothing else decides. */
function caseOf(seeds: readonly Seed[], start: number, number: number): { seed: Seed; edits: Edit[] } {
  const random: Random = createRandom(Math.imul(start, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const structured = number % 2 === 0;
  const seed = random.pick(seeds.filter((candidate) => (candidate.fields !== undefined) === structured));
  return { seed, edits: mutate(seed, random) };
}

async function fuzz(count: number, start: number): Promise<Totals> {
  const seeds = readSeeds();
  const totals: Totals = {
    cases: 0,
    structured: 0,
    valid: 0,
    limited: 0,
    counts: new Map(),
    corpus: new Map(),
    slowestMs: 0,
    peakRssMiB: 0,
    peakHeldMiB: 0,
  };
  const note = (seed: Seed, edits: Edit[], outcomes: string[]): void => {
    for (const outcome of outcomes) totals.counts.set(outcome, (totals.counts.get(outcome) ?? 0) + 1);
    if (outcomes.length === 0) totals.valid++;
    if (outcomes.includes("LIMIT_EXCEEDED")) totals.limited++;
    const key = `${seed.name} ${outcomes.join(" ")}`;
    if (!totals.corpus.has(key)) totals.corpus.set(key, { seed: seed.name, edits, outcomes });
  };
  const all = new Map([...seeds, ...(await makeSeeds())].map((seed) => [seed.name, seed]));
  for (const { check, seed: name, edits } of directed) {
    const seed = all.get(name)!;
    const { outcomes } = await exercise(applyEdits(seed.bytes, edits(seed)), { maxBytes: 2 ** 24, maxEntries: 10_000 });
    if (!outcomes.includes(check)) throw new Error(`the case made for ${check} gave ${outcomes.join() || "nothing"}`);
    totals.counts.set(check, (totals.counts.get(check) ?? 0) + 1);
  }
  for (let number = 0; number < count; number++) {
    const { seed, edits } = caseOf(seeds, start, number);
    const began = performance.now();
    const { outcomes } = await exercise(applyEdits(seed.bytes, edits), undefined, number % 8 > 5).catch(
      (cause: unknown) => {
        throw new Error(`case ${number} of seed ${start} (${seed.name}: ${JSON.stringify(edits)})`, { cause });
      },
    );
    const took = performance.now() - began;
    totals.cases++;
    if (seed.fields) totals.structured++;
    totals.slowestMs = Math.max(totals.slowestMs, took);
    if (took > MAX_CASE_MS) throw new Error(`case ${number} of seed ${start} took ${took} ms`);
    note(seed, edits, outcomes);
    if (number % 1000 === 0) await measure(totals, number);
    if (number % 20_000 === 0) console.error(`${number} of ${count}, ${Math.round(totals.peakHeldMiB)} MiB held`);
  }
  return totals;
}

/** The smallest cases first, as many as fit. */
function corpusText(corpus: Iterable<CorpusCase>): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const line of [...corpus].map((kept) => JSON.stringify(kept)).toSorted((a, b) => a.length - b.length)) {
    bytes += line.length + 2;
    if (bytes > MAX_CORPUS_BYTES) break;
    lines.push(line);
  }
  return `[\n${lines.join(",\n")}\n]\n`;
}

function report(totals: Totals, start: number, seconds: number): string {
  const rows = Object.entries(CHECKS).map(
    ([check, what]) => `| \`${check}\` | ${totals.counts.get(check) ?? 0} | ${what} |`,
  );
  return `# Fuzzing the squashfs reader

\`node test/fuzz/squashfs-fuzz.ts --count ${totals.cases} --seed ${start} --write\` wrote this page and
\`test/vectors/squashfs/fuzz-corpus.json\`, which \`npm test\` replays.

| | |
|---|---|
| mutated images | ${totals.cases} |
| of them with uncompressed tables, changed field by field | ${totals.structured} |
| still valid after the change | ${totals.valid} |
| stopped by a limit | ${totals.limited} |
| errors that were not typed, hangs | 0 |
| slowest image | ${Math.ceil(totals.slowestMs)} ms |
| most memory held (heap and buffers, after a collection) | ${Math.ceil(totals.peakHeldMiB)} MiB |
| peak memory of the process | ${Math.ceil(totals.peakRssMiB)} MiB |
| time | ${Math.round(seconds)} s |

One image can fire several checks (each file is read, whatever became of the one before). The counts include one case
for each check that was made for it (\`test/fuzz/directed.ts\`).

| check | fired | what it says |
|---|---|---|
${rows.join("\n")}
`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
      case: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  const start = Number(values.seed);
  if (values.case !== undefined) {
    const { seed, edits } = caseOf(readSeeds(), start, Number(values.case));
    console.log(seed.name, JSON.stringify(edits), await exercise(applyEdits(seed.bytes, edits)));
  } else {
    const began = performance.now();
    const totals = await fuzz(Number(values.count), start);
    const silent = Object.keys(CHECKS).filter((check) => !totals.counts.has(check));
    const text = report(totals, start, (performance.now() - began) / 1000);
    console.log(text);
    if (silent.length > 0) throw new Error(`never fired: ${silent.join(", ")}`);
    if (values.write) {
      writeFileSync(join(import.meta.dirname, "squashfs-report.md"), text);
      const corpus = join(import.meta.dirname, "../vectors/squashfs/fuzz-corpus.json");
      writeFileSync(corpus, corpusText(totals.corpus.values()));
    }
  }
}
