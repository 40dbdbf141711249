/** pvsdk against a server that plays the conversations recorded with pvr. */
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Asked, type TestServer, testServer } from "../hub/server.ts";
import { check, checkMet } from "./deviations.ts";
import { recordedCases, type Step } from "./recorded.ts";
import { Sandbox } from "./sandbox.ts";

interface Exchange {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number;
  answerHeaders: Record<string, string>;
  answer: string;
}

/** Commands that pvr answers by asking on the terminal. */
const atTerminal = (step: Step): boolean => step.tty === true;

let box: Sandbox;
let server: TestServer | undefined;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  box.remove();
});

const here = (text: string): string => text.replaceAll("REMOTE", server?.origin.slice("http://".length) ?? "");
/** JSON bodies without regard to the order of their members. */
const plain = (body: string): string => {
  try {
    const sort = (value: unknown): unknown =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, member]) => [key, sort(member)]),
          )
        : value;
    return JSON.stringify(sort(JSON.parse(body)));
  } catch {
    return body;
  }
};

/** Plays a transcript: each answer once, the last of its kind again; what was never asked of pvr's server is an error. */
function player(
  transcript: readonly Exchange[],
  others: readonly Exchange[],
): { unknown: string[]; answer: Parameters<typeof testServer>[0] } {
  const left = [...transcript];
  const unknown: string[] = [];
  const fits = (exchange: Exchange, asked: Asked): boolean =>
    exchange.method === asked.method &&
    exchange.path === asked.path &&
    (exchange.headers["Authorization"] ?? "") === (asked.headers.authorization ?? "") &&
    (asked.method === "GET" || plain(here(exchange.body)) === plain(asked.body.toString()));
  return {
    unknown,
    answer(asked, response) {
      const at = left.findIndex((exchange) => fits(exchange, asked));
      const exchange =
        at >= 0
          ? left[at]!
          : (transcript.findLast((each) => fits(each, asked)) ?? others.find((each) => fits(each, asked)));
      if (at >= 0) left.splice(at, 1);
      if (!exchange) {
        unknown.push(`${asked.method} ${asked.path} ${asked.headers.authorization ?? ""} ${asked.body}`);
        response.writeHead(418).end();
        return;
      }
      const headers = Object.fromEntries(
        Object.entries(exchange.answerHeaders).map(([name, value]) => [name, here(value)]),
      );
      const hex = /^hex:\s*/.test(exchange.answer);
      response.writeHead(exchange.status, headers);
      response.end(hex ? Buffer.from(exchange.answer.replace(/^hex:\s*/, ""), "hex") : here(exchange.answer));
    },
  };
}

const tokens: Readonly<Record<string, readonly [access: string, refresh: string]>> = {
  "01-good.http.txt": ["good", "good"],
  "02-refresh.http.txt": ["", "old"],
  "03-stale-evicts-refresh-token.http.txt": ["stale", "stale"],
};

function writeTokens(transcript: string): void {
  const [access, refresh] = tokens[transcript]!;
  const key = here("http://REMOTE/auth realm=pantahub services");
  box.write(
    "home/.pvr/auth.json",
    JSON.stringify({ spec: "1", tokens: { [key]: { Name: "", "access-token": access, "refresh-token": refresh } } }),
  );
}

describe("recorded conversations", () => {
  it.each(recordedCases("http"))("$name", { timeout: 60_000 }, async ({ name, steps, trees, files }) => {
    for (const [path, file] of Object.entries(trees.input ?? {})) box.write(path, file);
    const all = Object.entries(files).flatMap(([file, exchanges]) =>
      file.endsWith(".http.txt") ? (exchanges as unknown as Exchange[]) : [],
    );
    let answer: Parameters<typeof testServer>[0] = (_, response) => void response.writeHead(418).end();
    const lan = name === "http-19-lan-device";
    server = await testServer((asked, response, origin) => answer(asked, response, origin), lan ? 12368 : 0);
    for (const [at, step] of steps.entries()) {
      if (step.note?.includes("cl/app/c.bin")) box.write("x/cl/app/c.bin", "payload C");
      if (step.cmd === undefined || atTerminal(step)) continue;
      const label = `${name} ${at} ${step.cmd}`;
      const transcript = step.transcript;
      const { unknown, answer: next } = player((transcript ? files[transcript] : []) as unknown as Exchange[], all);
      answer = next;
      if (name === "http-10-post-cached-token" && transcript) writeTokens(transcript);
      const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, here(value)]));
      const { exit, stderr } = await box.runLine(here(step.cmd), step.cwd, env);
      check(`${label}: requests`, unknown, [], stderr);
      if (typeof step.exit === "number") check(`${label}: exit`, exit, step.exit, stderr);
      else expect.soft(exit, label).not.toBe(0);
    }
    const compare = (record: string, path: string): void => {
      if (typeof files[record] !== "string") return;
      const text = existsSync(box.path(path)) ? box.read(path) : "absent";
      const scrubbed = text.replaceAll(box.work, "$WORK").replaceAll(here("REMOTE"), "REMOTE");
      check(`${name} ${record}`, scrubbed, files[record]);
    };
    for (const folder of ["repo", "x-cl"]) {
      compare(`pvr-json-after-${folder}`, `${folder.replace("-", "/")}/.pvr/json`);
      compare(`pvr-config-after-${folder}`, `${folder.replace("-", "/")}/.pvr/config`);
    }
    checkMet(name);
  });
});
