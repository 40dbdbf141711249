/** Servers that cut, stall, lie and refuse: a typed error or a recovery, never a loop. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { readBytes } from "../../src/core/index.ts";
import {
  connectHub,
  downloadObject,
  postRevision,
  pvrAuth,
  type Requester,
  remoteInfo,
  remoteRevision,
  remoteState,
  uploadObjects,
} from "../../src/hub/index.ts";
import { sameSite } from "../../src/hub/same-site.ts";
import { memoryStore } from "../../src/objects/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { parseState } from "../../src/state/index.ts";
import { Sandbox } from "../cli/sandbox.ts";
import { type Answerer, type Asked, type TestServer, testServer } from "./server.ts";

const SPEC = "pantavisor-service-system@1";
const quick = { fetch, retryBaseMs: 1, timeoutMs: 300 };
const code = (wanted: string) => expect.objectContaining({ code: wanted });
const sha = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

const servers: TestServer[] = [];
const boxes: Sandbox[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  for (const box of boxes.splice(0)) box.remove();
});
async function serve(answer: Answerer): Promise<TestServer> {
  const server = await testServer(answer);
  servers.push(server);
  return server;
}

const json = (response: ServerResponse, value: unknown, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

/** A small hub in working order; what a test gives comes first, and returns true for what it has answered. */
function hub(
  objects: ReadonlyMap<string, Uint8Array>,
  trouble: (asked: Asked, response: ServerResponse, origin: string) => unknown = () => false,
  state: Record<string, unknown> = { "#spec": SPEC },
): Answerer {
  return async (asked, response, origin) => {
    if (await trouble(asked, response, origin)) return;
    const { method, path, body } = asked;
    if (path.endsWith("/.pvrremote")) {
      return json(response, {
        "json-get-url": `${origin}/state`,
        "json-key": "state",
        "objects-endpoint": `${origin}/objects`,
        "post-url": `${origin}/steps`,
      });
    }
    if (path === "/state") return json(response, state);
    if (path === "/steps") return json(response, { rev: 1, "state-sha": "ab", "trail-id": "t" });
    if (path === "/objects/" && method === "POST") {
      const { sha256sum } = JSON.parse(body.toString()) as { sha256sum: string };
      return json(response, { "signed-puturl": `${origin}/put/${sha256sum}` });
    }
    const id = path.split("/").at(-1)!;
    const bytes = objects.get(id);
    if (path.startsWith("/objects/") && bytes)
      return json(response, { "signed-geturl": `${origin}/get/${id}`, size: String(bytes.length) });
    if (path.startsWith("/get/") && bytes) {
      const from = Number(/^bytes=(\d+)-$/.exec(asked.headers.range ?? "")?.[1] ?? 0);
      if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
      return void response.end(bytes.subarray(from));
    }
    if (path.startsWith("/put/")) return void response.writeHead(sha(body) === id ? 200 : 400).end();
    json(response, { Error: "not here" }, 404);
  };
}

const bytes = new Uint8Array(300_000).map((_, at) => at % 251);
const id = sha(bytes);
const one = new Map([[id, bytes]]);
const whole = (server: TestServer): Promise<Uint8Array> =>
  readBytes(downloadObject(quick, `${server.origin}/objects`, id));

describe("a download", () => {
  it("goes on where it was cut", async () => {
    let cuts = 0;
    const server = await serve(
      hub(one, ({ path, headers }, response) => {
        if (!path.startsWith("/get/") || headers.range || cuts++ > 0) return false;
        response.writeHead(200, { "content-length": String(bytes.length) });
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
        return true;
      }),
    );
    expect(sha(await whole(server))).toBe(id);
    expect(server.asked.at(-1)!.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it("begins anew where the server knows no ranges", async () => {
    let asked = 0;
    const server = await serve(
      hub(one, ({ path }, response) => {
        if (!path.startsWith("/get/")) return false;
        if (asked++ > 0) response.end(bytes);
        else {
          response.writeHead(200, { "content-length": String(bytes.length) });
          response.write(bytes.subarray(0, 100_000), () => response.destroy());
        }
        return true;
      }),
    );
    expect(sha(await whole(server))).toBe(id);
  });

  it("ends when it stalls, at its beginning and in its middle", async () => {
    for (const begun of [false, true]) {
      const server = await serve(
        hub(one, ({ path }, response) => {
          if (!path.startsWith("/get/")) return false;
          if (begun) response.write(bytes.subarray(0, 10));
          return true;
        }),
      );
      await expect(whole(server)).rejects.toThrow(code("CONTENT_TRUNCATED"));
      expect(server.asked.length).toBeLessThan(12);
    }
  });

  it("is an error when it is missing, refused, of another length or of other bytes", async () => {
    const cases: readonly [string, (response: ServerResponse) => void][] = [
      ["HUB_HTTP", (response) => void response.writeHead(404).end("<html>gone</html>")],
      ["HUB_HTTP", (response) => void response.writeHead(403).end()],
      ["OBJECT_HASH_MISMATCH", (response) => void response.end(bytes.map((byte) => byte ^ 1))],
      ["CONTENT_TRUNCATED", (response) => void response.end(bytes.subarray(1))],
      ["OBJECT_HASH_MISMATCH", (response) => void response.end(Buffer.concat([bytes, bytes]))],
      ["CONTENT_TRUNCATED", (response) => void response.writeHead(500).end()],
    ];
    for (const [wanted, answer] of cases) {
      const server = await serve(
        hub(one, ({ path }, response) => {
          if (!path.startsWith("/get/")) return false;
          answer(response);
          return true;
        }),
      );
      await expect(whole(server), wanted).rejects.toThrow(code(wanted));
    }
  });

  it("is an error when its record gives no address, or one of a file", async () => {
    for (const record of [{}, { "signed-geturl": "file:///etc/passwd" }, { "signed-geturl": 7 }]) {
      const server = await serve(
        hub(one, ({ path }, response) => {
          if (!path.startsWith("/objects/")) return false;
          json(response, record);
          return true;
        }),
      );
      await expect(whole(server)).rejects.toThrow(code("OBJECT_MISSING"));
    }
  });

  it("never ends a command with 0, and leaves repository and pool as they were", async () => {
    for (const lie of [bytes.map((byte) => byte ^ 1), bytes.subarray(0, 5)]) {
      const state = { "#spec": SPEC, "app/x": id };
      const server = await serve(
        hub(
          one,
          ({ path }, response) => {
            if (!path.startsWith("/get/")) return false;
            response.end(lie);
            return true;
          },
          state,
        ),
      );
      const box = new Sandbox();
      boxes.push(box);
      await box.run(["init"], "repo");
      const before = box.tree("repo");
      const { exit, stderr } = await box.run(["get", `${server.origin}/u/d`], "repo");
      expect(exit, stderr).toBe(3);
      expect(box.tree("repo")).toEqual(before);
      expect(box.tree("home/.pvr/objects")).toEqual([]);
      if (lie.length < bytes.length) continue; // tried again for a while, as a cut may be over
      expect((await box.run(["clone", `${server.origin}/u/d`, "clone"])).exit).toBe(8);
      expect(box.tree(".").some((line) => line.includes("clone"))).toBe(false);
      await server.close();
    }
  }, 60_000);
});

/** A revision of that many objects of 5 bytes. */
async function revisionOf(count: number): Promise<Revision> {
  const objects = memoryStore();
  const state: Record<string, string> = { "#spec": SPEC };
  for (let at = 0; at < count; at++)
    state[`app/${at}`] = await objects.put(new TextEncoder().encode(`${at}`.padStart(5, "0")));
  return { state: parseState(state), objects };
}
const post = async (server: TestServer, revision: Revision, requester: Requester = quick): Promise<string> =>
  (await postRevision(requester, await remoteInfo(requester, `${server.origin}/u/d`), revision, { unchecked: true }))
    .rev;

describe("a post", () => {
  it("sends 1,000 objects, each once", { timeout: 120_000 }, async () => {
    const server = await serve(hub(new Map()));
    // Silence is what others test: here a busy machine may take its time.
    expect(await post(server, await revisionOf(1000), { ...quick, timeoutMs: 30_000 })).toBe("1");
    const puts = server.asked.filter(({ method }) => method === "PUT");
    expect(puts.length).toBe(1000);
    expect(new Set(puts.map(({ path }) => path)).size).toBe(1000);
    expect(server.asked.every(({ headers, method }) => method !== "PUT" || headers.authorization === undefined)).toBe(
      true,
    );
  });

  it("takes 409 for there already, and sends nothing that the newest state names", async () => {
    const revision = await revisionOf(3);
    const [known] = Object.entries(revision.state).slice(1);
    const server = await serve(
      hub(
        new Map(),
        ({ path, method }, response) => {
          if (path !== "/objects/" || method !== "POST") return false;
          json(response, { "signed-puturl": "http://127.0.0.1:9/x" }, 409);
          return true;
        },
        { "#spec": SPEC, [known![0]]: known![1] },
      ),
    );
    expect(await post(server, revision)).toBe("1");
    expect(server.asked.filter(({ path }) => path === "/objects/").length).toBe(2);
    expect(server.asked.some(({ method }) => method === "PUT")).toBe(false);
  });

  it("tries an upload again that was cut or came at a bad time", async () => {
    let troubles = 0;
    const server = await serve(
      hub(new Map(), ({ method }, response) => {
        if (method !== "PUT" || ++troubles > 2) return false;
        if (troubles === 1) response.destroy();
        else response.writeHead(503).end();
        return true;
      }),
    );
    expect(await post(server, await revisionOf(1))).toBe("1");
    expect(troubles).toBe(3);
  });

  it("streams what is large, with its length, and never sends it damaged", async () => {
    const large = new Uint8Array(3_000_000).fill(7);
    const objects = memoryStore();
    const largeId = await objects.put(large);
    const server = await serve(hub(new Map()));
    const revision = { state: parseState({ "#spec": SPEC, "app/large": largeId }), objects };
    expect(await post(server, revision)).toBe("1");
    const sent = server.asked.find(({ method }) => method === "PUT")!;
    expect(sent.headers["content-length"]).toBe("3000000");
    expect(sent.headers["transfer-encoding"]).toBeUndefined();
    expect(sha(sent.body)).toBe(largeId);
    const wrong = {
      size: async () => large.length,
      read: async (at: number, n: number) => large.map((b) => b ^ 1).slice(at, at + n),
    };
    const damaged = { state: revision.state, objects: { has: async () => true, get: () => wrong } };
    await expect(post(server, damaged)).rejects.toThrow(code("OBJECT_HASH_MISMATCH"));
    expect(server.asked.filter(({ path }) => path === "/steps").length).toBe(1);
  });

  it("is an error, and makes no step, when an object cannot be sent", async () => {
    const cases: readonly [string, (response: ServerResponse) => void][] = [
      ["HUB_HTTP", (response) => void response.writeHead(403).end()],
      ["HUB_HTTP", (response) => void response.writeHead(500).end()],
      ["NETWORK_FAILED", (response) => void response.destroy()],
      ["NETWORK_FAILED", () => {}],
    ];
    for (const [wanted, answer] of cases) {
      const server = await serve(
        hub(new Map(), ({ method }, response) => {
          if (method !== "PUT") return false;
          answer(response);
          return true;
        }),
      );
      await expect(post(server, await revisionOf(2)), wanted).rejects.toThrow(code(wanted));
      expect(server.asked.some(({ path }) => path === "/steps")).toBe(false);
      expect(server.asked.length).toBeLessThan(20);
    }
  });

  it("is not sent twice when its answer is lost, and its answer must say which revision it is", async () => {
    for (const answer of [
      (response: ServerResponse) => void response.destroy(),
      (response: ServerResponse) => void response.writeHead(409).end('{"Error":"conflict"}'),
      (response: ServerResponse) => void response.writeHead(500).end(),
      (response: ServerResponse) => json(response, { "state-sha": "x" }),
      (response: ServerResponse) => void response.end("<html>"),
    ]) {
      const server = await serve(
        hub(new Map(), ({ path }, response) => {
          if (path !== "/steps") return false;
          answer(response);
          return true;
        }),
      );
      await expect(post(server, await revisionOf(1))).rejects.toThrow(/./);
      expect(server.asked.filter(({ path }) => path === "/steps").length).toBe(1);
    }
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const server = await serve(
      hub(new Map(), ({ method }) => {
        if (method !== "PUT") return false;
        stop.abort(new Error("enough"));
        return true;
      }),
    );
    const upload = uploadObjects(quick, `${server.origin}/objects`, await revisionOf(20), { signal: stop.signal });
    await expect(upload).rejects.toThrow("enough");
  });
});

describe("a remote", () => {
  it("is an error when it is none", async () => {
    const pages: readonly [string, (response: ServerResponse) => void][] = [
      ["HUB_HTTP", (response) => void response.end("<html>hello</html>")],
      ["HUB_HTTP", (response) => json(response, [])],
      ["HUB_HTTP", (response) => json(response, { "json-get-url": 7 })],
      ["HUB_HTTP", (response) => json(response, { Error: "gone" }, 404)],
      ["HUB_AUTH", (response) => json(response, { Error: "Not Authorized" }, 401)],
      ["NETWORK_FAILED", (response) => void response.destroy()],
      ["NETWORK_FAILED", () => {}],
    ];
    for (const [wanted, answer] of pages) {
      const server = await serve((_, response) => answer(response));
      await expect(remoteInfo(quick, `${server.origin}/u/d`), wanted).rejects.toThrow(code(wanted));
      expect(server.asked.length).toBeLessThan(6);
      await server.close();
    }
    await expect(remoteInfo(quick, "http://127.0.0.1:9/u/d")).rejects.toThrow(code("NETWORK_FAILED"));
  });

  it("has no state where it answers with an error's body, whatever the status", async () => {
    for (const [status, body] of [
      [404, { Error: "gone" }],
      [200, {}],
      [200, { Error: "gone" }],
      [200, { "#spec": 7 }],
      [200, []],
    ] as const) {
      const server = await serve(
        hub(new Map(), ({ path }, response) => {
          if (path !== "/state") return false;
          json(response, body, status);
          return true;
        }),
      );
      const info = await remoteInfo(quick, `${server.origin}/u/d`);
      await expect(remoteState(quick, info), JSON.stringify(body)).rejects.toThrow(code("HUB_HTTP"));
      await expect(remoteRevision(quick, info)).rejects.toThrow(code("HUB_HTTP"));
    }
  });
});

describe("a login", () => {
  const challenge = (origin: string): Record<string, string> => ({
    "www-authenticate": `JWT realm="pantahub services", ph-aeps="${origin}/auth"`,
  });
  const cache = (kept: Map<string, { access: string; refresh: string }>) => ({
    load: async (key: string) => kept.get(key),
    save: async (key: string, tokens: { access: string; refresh: string }) => void kept.set(key, tokens),
    forget: async (key: string) => void kept.delete(key),
  });

  it("is tried in each way once, and then given up", async () => {
    const server = await serve((asked, response, origin) => {
      if (asked.path === "/auth/login") return json(response, { token: `t${server.asked.length}` });
      response.writeHead(401, challenge(origin)).end();
    });
    const kept = new Map([[`${server.origin}/auth realm=pantahub services`, { access: "a", refresh: "r" }]]);
    let asked = 0;
    const auth = pvrAuth({
      fetch,
      cache: cache(kept),
      anonymous: true,
      askLogin: async () => {
        asked++;
        return { username: "u", password: "p" };
      },
    });
    await expect(remoteInfo({ ...quick, ...auth }, `${server.origin}/u/d`)).rejects.toThrow(code("HUB_AUTH"));
    expect(asked).toBe(1);
    expect(server.asked.length).toBeLessThan(12);
    expect(server.asked.map(({ headers }) => headers.authorization)).toContain("Bearer a");
  });

  it("does not hang on a 401 or 403 that does not say where to log in", async () => {
    for (const status of [401, 403]) {
      const server = await serve((_, response) => json(response, { Error: "no" }, status));
      const auth = pvrAuth({ fetch, cache: cache(new Map()), anonymous: true });
      await expect(remoteInfo({ ...quick, ...auth }, `${server.origin}/u/d`)).rejects.toThrow(
        code(status === 401 ? "HUB_AUTH" : "HUB_HTTP"),
      );
      expect(server.asked.length).toBe(1);
    }
  });

  it("is never told to another site, whatever a remote asks for", async () => {
    const kept = new Map([
      ["https://api.pantahub.com/auth realm=pantahub services", { access: "SECRET", refresh: "SECRET" }],
    ]);
    const server = await serve((_, response) => {
      response.writeHead(401, challenge("https://api.pantahub.com")).end();
    });
    const auth = pvrAuth({ fetch, cache: cache(kept), anonymous: true });
    const failed = remoteInfo({ ...quick, ...auth }, `${server.origin}/u/d`);
    await expect(failed).rejects.toThrow(code("HUB_AUTH"));
    await expect(failed).rejects.not.toThrow(/SECRET/);
    expect(JSON.stringify(server.asked.map(({ headers }) => headers))).not.toContain("SECRET");
  });

  it("given with -a goes to the site of its user's choice, wherever the answers lead", async () => {
    const told: [host: string, token: string | null][] = [];
    const fake: typeof fetch = async (input, init) => {
      const url = new URL(String(input));
      told.push([url.host, new Headers(init?.headers).get("authorization")]);
      const document = {
        "json-get-url": "https://evil.example.net/state",
        "objects-endpoint": "https://api.example.com/objects",
        "post-url": "https://evil.example.net/steps",
        id: "1",
      };
      return Response.json(url.pathname.endsWith(".pvrremote") ? document : { "#spec": SPEC, rev: 1 });
    };
    const requester: Requester = { ...quick, fetch: fake, ...pvrAuth({ fetch: fake, token: "SECRET" }) };
    const info = await remoteInfo(requester, "https://pvr.example.com/u/d");
    await remoteState(requester, info);
    await remoteRevision(requester, info).then(({ objects }) => objects.has("0".repeat(64)));
    const hub = await connectHub("https://api.example.com", { token: "SECRET", fetch: fake });
    await hub
      .device("0".repeat(24))
      .clone({ rev: "1" })
      .catch(() => undefined);
    expect(new Set(told.filter(([, token]) => token?.includes("SECRET")).map(([host]) => host))).toEqual(
      new Set(["pvr.example.com", "api.example.com"]),
    );
    expect(told.some(([host]) => host === "evil.example.net")).toBe(true);
  });

  it("goes to a site, and what is one is judged carefully", () => {
    const cases: readonly (readonly [to: string, from: string, same: boolean])[] = [
      ["https://api.pantahub.com/x", "https://pvr.pantahub.com", true],
      ["https://pantahub.com.evil.org", "https://api.pantahub.com", false],
      ["https://evilpantahub.com", "https://api.pantahub.com", false],
      ["http://api.pantahub.com", "https://api.pantahub.com", false],
      ["https://evil.co.uk", "https://hub.co.uk", false],
      ["https://evil.com.au", "https://api.hub.com.au", false],
      ["https://pvr.hub.co.uk", "https://api.hub.co.uk", true],
      ["https://10.0.0.2", "https://10.0.0.1", false],
      ["https://localhost", "https://127.0.0.1", false],
      ["https://hub", "https://hub", true],
      ["https://[::1]:1", "https://[::2]", false],
      ["file:///etc/passwd", "https://hub", false],
    ];
    for (const [to, from, same] of cases) expect(sameSite(to, from), `${to} of ${from}`).toBe(same);
  });

  it("is renewed when it is refused in the middle", async () => {
    let good = "first";
    const server = await serve(async (asked, response, origin) => {
      if (asked.path === "/auth/login") return json(response, { token: good });
      if (asked.headers.authorization !== `Bearer ${good}`)
        return void response.writeHead(401, challenge(origin)).end();
      if (asked.path.endsWith(".pvrremote")) good = "second";
      return hub(one)(asked, response, origin);
    });
    const kept = new Map([[`${server.origin}/auth realm=pantahub services`, { access: "first", refresh: "first" }]]);
    const requester = { ...quick, ...pvrAuth({ fetch, cache: cache(kept) }) };
    const info = await remoteInfo(requester, `${server.origin}/u/d`);
    expect((await remoteState(requester, info))["#spec"]).toBe(SPEC);
    expect(kept.get(`${server.origin}/auth realm=pantahub services`)?.access).toBe("second");
  });
});
