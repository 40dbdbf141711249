import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** Where pvsdk is meant to differ from what was recorded, by a heading of docs/compatibility.md. */
const byHeading: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL("./deviations.json", import.meta.url), "utf8"),
) as Record<string, string[]>;
const listed = new Set(Object.values(byHeading).flat());
const met = new Set<string>();

/** Checks one thing, unless it is listed: then it must differ, or the list is out of date. */
export function check(name: string, actual: unknown, recorded: unknown, said = ""): void {
  if (listed.has(name)) {
    met.add(name);
    expect.soft(actual, `${name} is listed as a deviation`).not.toEqual(recorded);
  } else expect.soft(actual, `${name} ${said}`).toEqual(recorded);
}

/** At the end of a case: all that is listed of it was met. */
export function checkMet(caseName: string): void {
  const own = (name: string): boolean => name.startsWith(`${caseName} `);
  expect.soft([...met].filter(own).sort(), "the list of deviations").toEqual([...listed].filter(own).sort());
}

/** Every heading is there to be read, and every case is one. */
export function checkHeadings(caseNames: readonly string[]): void {
  const text = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
  for (const heading of Object.keys(byHeading)) expect(text).toContain(`\n## ${heading}\n`);
  for (const name of listed)
    expect(
      caseNames.some((each) => name.startsWith(`${each} `)),
      name,
    ).toBe(true);
}
