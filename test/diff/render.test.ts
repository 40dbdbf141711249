import { describe, expect, it } from "vitest";
import {
  diffStates,
  explainPlan,
  type Finding,
  files,
  type JsonValue,
  parseState,
  planUpdate,
  renderDiff,
  type Tree,
  type UpdatePlan,
} from "../../src/index.ts";
import { oid, state } from "./arbitrary.ts";

const from = state({
  "bsp/kernel.img": oid("0"),
  "device.json": { groups: [{ name: "app" }] },
  "web/root.squashfs": oid("a"),
  "web/run.json": { name: "web", type: "lxc", group: "app" },
  "web/src.json": { docker_tag: "1.0", args: { PV_X: "1" } },
});
const to = state({
  "bsp/kernel.img": oid("1"),
  "db/run.json": { name: "db", type: "lxc" },
  "device.json": { groups: [{ name: "app" }] },
  "web/root.squashfs": oid("b"),
  "web/run.json": { name: "web", type: "lxc", restart_policy: "container" },
  "web/src.json": { docker_tag: "1.1", args: { PV_X: "2" } },
});
const finding: Finding = {
  code: "GROUP_UNKNOWN",
  severity: "warning",
  stage: "parse",
  path: "web/run.json",
  message: "no group",
  effect: "none",
  hint: "name one",
};
const plan = planUpdate(from, to, { sizes: new Map([[oid("1"), 5_000_000]]), findings: [finding] });

describe("renderDiff", () => {
  it("text: the whole story of a plan", () => {
    expect(renderDiff(plan, "text", { title: "gateway" })).toBe(`gateway

Reboots: bsp/kernel.img is of the board. To download: 2.

Why it reboots
  ! bsp/kernel.img is of the board [BSP_CHANGED]

Containers
  restart: web
  start: db

Objects
  to download: 2 objects, size unknown
  already there: 0 objects, 0 B
  no longer needed: 2 objects, size unknown

Findings
  warning: web/run.json: no group [GROUP_UNKNOWN]
      effect: none
      hint: name one

bsp: changed
  ~ bsp/kernel.img 000000000000 → 111111111111

db: added
  + db/run.json (run)

web: changed, version 1.0 → 1.1
  ~ web/root.squashfs aaaaaaaaaaaa → bbbbbbbbbbbb
  ~ web/run.json (group, run)
      - group: "app"
      + restart_policy: "container"
  ~ web/src.json (arguments, version)
      ~ args/PV_X: "1" → "2"
      ~ docker_tag: "1.0" → "1.1"
`);
  });

  it("a difference without a plan, and none at all", () => {
    expect(renderDiff(diffStates(from, to), "text")).toMatch(/^3 parts differ\.\n\nbsp: changed\n/);
    expect(renderDiff(diffStates(from, from), "text")).toBe("Nothing differs.\n");
    expect(renderDiff(planUpdate(from, from), "markdown")).toMatch(/^Nothing changes\\\.\n/);
  });

  it("markdown and html carry the same lines", () => {
    const markdown = renderDiff(plan, "markdown", { title: "gateway" });
    expect(markdown).toContain("### gateway\n");
    expect(markdown).toContain('- `~` `web/run.json` (group, run)\n  - `-` `group`: `"app"`\n');
    const html = renderDiff(plan, "html", { title: "gateway" });
    expect(html).toContain("<h2>gateway</h2>");
    expect(html).toContain("<li><b>-</b> <code>group</code>: <code>&quot;app&quot;</code></li>");
    expect(html.match(/<(ul|li|section|article|code|b|h2|h3|p)\b/g)!.length).toBe(
      html.match(/<\/(ul|li|section|article|code|b|h2|h3|p)>/g)!.length,
    );
  });

  it("json is exact, sorted and without functions", () => {
    const exact = parseState('{"#spec":"s","a.json":{"n":9007199254740993}}');
    const line = renderDiff(planUpdate(state(), exact, { openImage: () => Promise.reject(new Error()) }), "json", {
      title: "t",
    });
    expect(line).toContain('"after":{"n":9007199254740993}');
    const read = JSON.parse(line) as Record<string, unknown>;
    expect(Object.keys(read)).toEqual(Object.keys(read).sort());
    expect(read["title"]).toBe("t");
    expect(read["transition"]).toBe("reboot");
    expect(JSON.parse(renderDiff(diffStates(from, to), "json"))).toEqual(
      JSON.parse(JSON.stringify(diffStates(from, to))),
    );
  });

  it("shows decimals to the last digit, and cuts what is long", () => {
    const number = (text: string) => parseState(`{"#spec":"s","a.json":{"n":${text}}}`);
    expect(renderDiff(diffStates(number("9007199254740992"), number("9007199254740993")), "text")).toContain(
      "9007199254740992 → 9007199254740993",
    );
    const many = state({
      "a.json": Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, index])),
    });
    const text = renderDiff(diffStates(state({ "a.json": {} }), many), "text");
    expect(text).toContain("and 30 more");
    expect(renderDiff(diffStates(state(), state({ [`${"x".repeat(5000)}.json`]: 1 })), "text").length).toBeLessThan(
      1000,
    );
  });

  it("refuses another format", () => {
    expect(() => renderDiff(plan, "pdf" as "text")).toThrow(TypeError);
  });
});

describe("renderDiff against hostile names", () => {
  const evil = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "&lt;b&gt;",
    "`code` ``more``` `",
    "](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "https://evil.example/ www.evil.example",
    "@everyone #1 org/repo#2",
    "a\nb\r\n# heading\n- item",
    "| a | b |",
    "<!-- hidden -->",
    "\u001b[2J\u001b]0;title\u0007",
    "\u202egnp.exe\u2066",
    "\u200b\ufeff\u0000",
    "***__~~bold~~__***",
    "</code></li></ul><b>",
    "$$\\frac{1}{2}$$ :tada:",
  ];
  const entries = Object.fromEntries(
    evil.flatMap((name): [string, JsonValue][] => [
      [`${name}/run.json`, { name, [name]: name }],
      [`_sigs/${name}.json`, { "#spec": "pvs@2", protected: name }],
      [`${name}.json`, name],
      [name, oid("a")],
    ]),
  );
  const made = planUpdate(state(), state(entries), {
    findings: evil.map(
      (name): Finding => ({
        ...finding,
        severity: "error",
        path: name,
        message: name,
        effect: name,
        hint: name,
        code: name,
      }),
    ),
  });
  const title = evil.join(" ");

  it("html: no tag, no entity and no attribute of theirs", () => {
    const html = renderDiff(made, "html", { title });
    const tags = new Set(html.match(/<[^>]*>/g));
    const ours = ["article", "h2", "h3", "p", "section", "ul", "li", "b", "code"].flatMap((tag) => [
      `<${tag}>`,
      `</${tag}>`,
    ]);
    expect([...tags].filter((tag) => !ours.includes(tag))).toEqual(['<article class="pv-diff">']);
    expect(html.replace(/&(?:amp|lt|gt|quot|#39);/g, "").includes("&")).toBe(false);
    expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/);
  });

  it("markdown: names stay in code, sentences are escaped to the last mark", () => {
    const markdown = renderDiff(made, "markdown", { title });
    for (const line of markdown.split("\n")) {
      // Take away code spans as CommonMark reads them: a run of backticks closes at the next run of the same length.
      const outside = line.replace(/(?<!`)(`+)(?!`)([\s\S]*?)(?<!`)\1(?!`)/g, "");
      const own = outside.replace(/\\[!-/:-@[-`{-~]/g, "");
      expect(own, line).not.toMatch(/[<>`[\]!|$~@]|\*(?!\*)(?<!\*\*)|:\/\/|www\./);
      // A mention or a reference needs its sign right before the name.
      expect(outside, line).not.toMatch(/[@#][A-Za-z0-9]/);
    }
    expect(markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069\ufeff]/);
    // A line of theirs cannot become a line of ours.
    expect(markdown).not.toMatch(/^(?:# heading|- item)/m);
  });

  it("text: nothing that moves a cursor or turns text round", () => {
    const text = renderDiff(made, "text", { title });
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
    expect(text).not.toMatch(/^(?:# heading|- item)/m);
  });

  it("markdown fits a comment, however large the change, and says what is left out", () => {
    const huge = state(
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index % 50}/é${index}`, oid("b")])),
    );
    const big = planUpdate(state(), huge);
    const markdown = renderDiff(big, "markdown", { title: "é".repeat(100_000) });
    const bytes = new TextEncoder().encode(markdown).length;
    expect(bytes).toBeLessThanOrEqual(65_536);
    expect(bytes).toBeGreaterThan(60_000);
    expect(markdown).toMatch(/… and \d+ more lines\.\n$/);
    expect(renderDiff(big, "html").length).toBeGreaterThan(100_000);
  });
});

describe("explainPlan", () => {
  const trees: Readonly<Record<string, Tree>> = {
    [oid("a")]: files({ "/etc/motd": "old", "/bin/x": { content: "1", mode: 0o755 }, "/gone": "1" }),
    [oid("b")]: files({ "/etc/motd": "newer", "/bin/x": { content: "1", mode: 0o700 }, "/come\u001b[2J": "1" }),
  };

  it("says which files changed inside an image, and closes it", async () => {
    const log: string[] = [];
    const openImage = (id: string): Promise<Tree> => {
      log.push(`open ${id[0]}`);
      const tree = trees[id]!;
      return Promise.resolve({
        [Symbol.asyncIterator]: () => tree[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: () => Promise.resolve(void log.push(`close ${id[0]}`)),
      });
    };
    const twice = (id: string) => state({ "db/root.squashfs": id, "web/root.squashfs": id, "web/data.bin": id });
    const made = await explainPlan(planUpdate(twice(oid("a")), twice(oid("b")), { openImage }));
    expect(log).toEqual(["open a", "open b", "close a", "close b"]);
    expect(made.images?.map(({ path }) => path)).toEqual(["db/root.squashfs", "web/root.squashfs"]);
    const changes = made.images![0]!.changes.map(({ path, change, aspects }) => `${change} ${path} ${aspects.join()}`);
    expect(changes.sort()).toEqual(
      expect.arrayContaining([
        "changed bin/x mode",
        "changed etc/motd content",
        expect.stringMatching(/^removed gone/),
      ]),
    );
    const text = renderDiff(made, "text");
    expect(text).toContain("Inside web/root.squashfs");
    expect(text).toContain("~ etc/motd (content, +2 B)");
    expect(text).not.toContain("\u001b");
    expect(JSON.parse(renderDiff(made, "json"))).toMatchObject({ images: [{ path: "db/root.squashfs" }, {}] });
  });

  it("needs openImage, hands on its errors, stops when told", async () => {
    const small: UpdatePlan = planUpdate(state({ "w/r.squashfs": oid("a") }), state({ "w/r.squashfs": oid("b") }));
    await expect(explainPlan(small)).rejects.toThrow(TypeError);
    const broken = (): Promise<Tree> => Promise.reject(new Error("gone"));
    await expect(explainPlan(small, { openImage: broken })).rejects.toThrow("gone");
    const openImage = (id: string): Promise<Tree> => Promise.resolve(trees[id]!);
    await expect(explainPlan(small, { openImage, signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    // New and removed images have nothing to be compared with.
    const added = await explainPlan(planUpdate(state(), state({ "w/r.squashfs": oid("b") })), { openImage: broken });
    expect(added.images).toEqual([]);
  });
});
