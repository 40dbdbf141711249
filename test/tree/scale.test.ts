import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Cost {
  entries: number;
  bytes: number;
  cpuMs: number;
  rssMb: number;
}

function run(what: string, count: number): Cost {
  const script = join(import.meta.dirname, "scale-run.ts");
  return JSON.parse(execFileSync(process.execPath, [script, what, String(count)], { encoding: "utf8" })) as Cost;
}

describe("200,000 entries", () => {
  it.each(["tar", "overlay"])("through %s in linear time and bounded memory", (what) => {
    const few = run(what, 25_000);
    const many = run(what, 200_000);
    expect(many).toMatchObject({ entries: 202_000, bytes: 20_000_000 });
    expect(many.cpuMs).toBeLessThan(few.cpuMs * 8 * 1.5);
    expect(many.rssMb).toBeLessThan(450);
  });
});
