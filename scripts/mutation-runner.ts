/**
 * A test runner for Stryker that keeps sources and tests loaded: a mutant is switched on, and the tests that reach it
 * run until one fails. Vitest would start and load everything anew for each of some thousand mutants.
 *
 * While working on one file, `MUTATION_TESTS=chain,certificate` runs these tests only.
 *
 * What `test/sign` uses of Vitest is made here (`describe`, `it`, `each`, hooks); `expect` and `vi` are Vitest's own.
 */
import { readdirSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { INSTRUMENTER_CONSTANTS, type MutantCoverage } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";

type Work = (...args: never[]) => unknown;

interface Suite {
  name: string;
  before: Work[];
  after: Work[];
}

interface Test {
  id: string;
  name: string;
  fileName: string;
  run: () => unknown;
  suites: readonly Suite[];
  /** Milliseconds it took the last time. */
  took: number;
}

/** What instrumented code looks at (`@stryker-mutator/instrumenter`). */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/** Suites that need a browser or try every byte. */
const left: ReadonlySet<string> = new Set(["browser", "flip-bytes", "hostile"]);

const tests: Test[] = [];
let suites: Suite[] = [];
let fileName = "";

const describe = (name: string, body: () => void): void => {
  const outer = suites;
  suites = [...outer, { name, before: [], after: [] }];
  body();
  suites = outer;
};

const it = (name: string, run: () => unknown): void => {
  const whole = [...suites.map((suite) => suite.name), name].join(" > ");
  tests.push({ id: `${relative("", fileName)}#${tests.length} ${whole}`, name: whole, fileName, run, suites, took: 0 });
};
it.each =
  (cases: readonly unknown[]) =>
  (name: string, run: Work): void => {
    for (const one of cases) it(name, () => run(...((Array.isArray(one) ? one : [one]) as never[])));
  };

const hook = (kind: "before" | "after") => (work: Work) => void suites.at(-1)![kind].push(work);

async function load(): Promise<void> {
  const { expect, vi } = await import("vitest");
  const made = { describe, it, expect, vi, beforeEach: hook("before"), afterEach: hook("after") };
  Object.assign(globalThis, { mutationTests: made });
  const module = `export const { ${Object.keys(made).join(", ")} } = globalThis.mutationTests`;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "vitest"
        ? { url: `data:text/javascript,${encodeURIComponent(module)}`, shortCircuit: true }
        : next(specifier, context),
  });
  // All of it before any mutant is on: what is loaded on demand would else be loaded with one.
  for (const name of list("src/sign")) await import(pathToFileURL(name).href);
  const wanted = process.env["MUTATION_TESTS"]?.split(",");
  for (const path of list("test/sign")) {
    const name = /([^/]+)\.test\.ts$/.exec(path)?.[1];
    if (name === undefined || left.has(name) || (wanted && !wanted.includes(name))) continue;
    fileName = path;
    await import(pathToFileURL(path).href);
  }
}

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => resolve(folder, name));
}

/** The message of a failure; undefined for a test that passes. */
async function failure({ run, suites: around }: Test): Promise<string | undefined> {
  try {
    for (const suite of around) for (const work of suite.before) await work();
    await run();
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  } finally {
    for (const suite of around) for (const work of suite.after) await work();
  }
  return undefined;
}

async function execute(test: Test): Promise<TestResult> {
  const begin = performance.now();
  const failureMessage = await failure(test);
  test.took = performance.now() - begin;
  const { id, name, fileName: file, took: timeSpentMs } = test;
  const result = { id, name, fileName: file, timeSpentMs };
  return failureMessage === undefined
    ? { ...result, status: TestStatus.Success }
    : { ...result, status: TestStatus.Failed, failureMessage };
}

class InProcessRunner implements TestRunner {
  readonly #namespace: Namespace = ((globalThis as unknown as Record<string, Namespace>)[
    INSTRUMENTER_CONSTANTS.NAMESPACE
  ] ??=
    {});

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: false };
  }

  async init(): Promise<void> {
    process.on("unhandledRejection", () => {});
    await load();
  }

  async dryRun(): Promise<DryRunResult> {
    const results: TestResult[] = [];
    for (const test of tests) {
      this.#namespace.currentTestId = test.id;
      results.push(await execute(test));
    }
    this.#namespace.currentTestId = undefined;
    const mutantCoverage = this.#namespace.mutantCoverage;
    return { status: DryRunStatus.Complete, tests: results, ...(mutantCoverage && { mutantCoverage }) };
  }

  async mutantRun({ testFilter, hitLimit, activeMutant }: MutantRunOptions): Promise<MutantRunResult> {
    const wanted = new Set(testFilter);
    const chosen = tests.filter(({ id }) => wanted.size === 0 || wanted.has(id)).sort((a, b) => a.took - b.took);
    Object.assign(this.#namespace, { activeMutant: activeMutant.id, hitLimit, hitCount: 0 });
    const results: TestResult[] = [];
    for (const test of chosen) {
      const took = test.took;
      const result = await execute(test);
      test.took = took || test.took;
      results.push(result);
      if (result.status === TestStatus.Failed) break;
    }
    this.#namespace.activeMutant = undefined;
    const timeout = determineHitLimitReached(this.#namespace.hitCount, hitLimit);
    return toMutantRunResult(timeout ?? { status: DryRunStatus.Complete, tests: results });
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", InProcessRunner)];
