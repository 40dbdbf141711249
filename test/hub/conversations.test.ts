/** pvsdk against a server that plays what a real Pantahub answered pvr. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { authStatus, pvrAuth, registerAccount, type TokenCache } from "../../src/hub/index.ts";
import { Sandbox } from "../cli/sandbox.ts";
import { type Asked, type TestServer, testServer } from "./server.ts";

interface Exchange {
  method: string;
  path: string;
  authorization: string;
  body: string;
  status: number;
  headers: Record<string, string>;
  answer: string;
}
interface Conversation {
  name: string;
  baseUrl: string;
  exchanges: readonly Exchange[];
}

const conversations = new Map(
  readFileSync(new URL("../vectors/hub/conversations.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Conversation)
    .map((conversation) => [conversation.name, conversation] as const),
);
const TOKEN = "token-of-user1";
const TRAIL = "/trails/6b040451686c82228015629a";

let box: Sandbox;
let server: TestServer;
let playing: Conversation;
let left: Exchange[];
let lastToken = "";
const unknown: string[] = [];

function fits(exchange: Exchange, asked: Asked): boolean {
  const authorization = asked.headers.authorization ?? "";
  const wanted =
    exchange.authorization === ""
      ? ""
      : exchange.authorization === "Bearer <token of user1>"
        ? `Bearer ${playing.name === "21-pvr-login" ? lastToken : TOKEN}`
        : exchange.authorization.includes("<")
          ? `Bearer ${lastToken}`
          : exchange.authorization;
  if (exchange.method !== asked.method || exchange.path !== asked.path || authorization !== wanted) return false;
  if (asked.method === "GET" || exchange.body === asked.body.toString()) return true;
  try {
    expect(JSON.parse(asked.body.toString())).toEqual(JSON.parse(exchange.body));
    return true;
  } catch {
    return false;
  }
}

beforeEach(async () => {
  box = new Sandbox();
  unknown.length = 0;
  server = await testServer((asked, response, origin) => {
    const at = left.findIndex((exchange) => fits(exchange, asked));
    const [exchange] = at < 0 ? [] : left.splice(at, 1);
    if (!exchange) {
      unknown.push(`${playing.name}: ${asked.method} ${asked.path} ${asked.headers.authorization} ${asked.body}`);
      return void response.writeHead(418).end();
    }
    const here = (text: string): string => text.replaceAll(playing.baseUrl, origin);
    if (exchange.path === "/auth/login") lastToken = (JSON.parse(exchange.answer) as { token: string }).token;
    for (const [name, value] of Object.entries(exchange.headers)) response.setHeader(name, here(value));
    response.writeHead(exchange.status).end(here(exchange.answer));
  });
});
afterEach(async () => {
  await server.close();
  box.remove();
  expect(unknown).toEqual([]);
});

function play(name: string): void {
  playing = conversations.get(name)!;
  left = [...playing.exchanges];
}
function logIn(): void {
  const tokens = { Name: "", "access-token": TOKEN, "refresh-token": TOKEN };
  const key = `${server.origin}/auth realm=pantahub services`;
  box.write("home/.pvr/auth.json", JSON.stringify({ spec: "1", tokens: { [key]: tokens } }));
}
async function run(
  name: string,
  cwd: string,
  ...args: string[]
): Promise<{ exit: number; out: string; error: string }> {
  play(name);
  const { exit, stdout, stderr } = await box.run(["-b", server.origin, ...args], cwd);
  return { exit, out: stdout.toString(), error: stderr };
}
const remote = (path = ""): string => `${server.origin}${TRAIL}${path}`;

describe("a recorded Pantahub", () => {
  it("is cloned, posted to, read and put to, as by pvr", async () => {
    logIn();
    box.write(
      "home/.pvr/objects/7c5c395c530cd4df2d44956ffdda432b4a5999ec2a3b7bfd18638e6be7a53717",
      "rootfs bytes of app\n",
    );
    expect(await run("25-pvr-clone", ".", "clone", remote(), "c")).toMatchObject({ exit: 0 });
    box.write("c/app/two.bin", "second rootfs\n");
    expect(await run("26-pvr-post", "c", "add", ".")).toMatchObject({ exit: 0 });
    expect(await run("26-pvr-post", "c", "commit", "-m", "two")).toMatchObject({ exit: 0 });
    const posted = await run("26-pvr-post", "c", "post", "-m", "post from pvr");
    expect(posted).toMatchObject({ exit: 0 });
    expect(posted.error).toContain("Successfully posted Revision 1 (257adc22) to device id 6b040451686c82228015629a");
    expect(left).toEqual([]);
    play("27-pvr-post-noop-and-stale");
    const later = [...left];
    for (const [at, [message, rev, exit]] of (
      [
        ["same again", "-1", 0],
        ["stale rev 2", "2", 3],
        ["forced", "-1", 0],
      ] as const
    ).entries()) {
      left = later.slice(4 * at, 4 * at + 4);
      const args = ["post", "-m", message, "--rev", rev, ...(message === "forced" ? ["--force"] : [])];
      expect((await box.run(args, "c")).exit, message).toBe(exit);
    }
    expect(await run("28-pvr-get-step", "c", "get", remote("/steps/1"))).toMatchObject({ exit: 0 });
    expect(await run("29-pvr-put", "c", "put", remote("/steps/3"))).toMatchObject({ exit: 0 });
    expect(left).toEqual([]);
  });

  it("gives a public device to anybody, and a private one to nobody", async () => {
    expect(await run("32-pvr-anon-public", ".", "clone", remote(), "public")).toMatchObject({ exit: 0 });
    expect(box.read("public/app/two.bin")).toBe("second rootfs\n");
    expect(await run("31-pvr-anon-private", ".", "clone", remote(), "private")).toMatchObject({ exit: 7 });
    expect(await run("34-pvr-bad-token", ".", "-a", "garbage", "clone", remote(), "x")).toMatchObject({ exit: 7 });
  });

  it("answers about accounts and devices", async () => {
    logIn();
    expect((await run("22-pvr-whoami", ".", "whoami")).out).toBe(
      `user1(prn:pantahub.com:auth:/user1) at ${server.origin}/auth\n`,
    );
    expect(JSON.parse((await run("24-pvr-remoteinfo", ".", "remoteinfo", remote())).out)).toMatchObject({
      "pvr-spec": "pvr-pantahub-1",
    });
    const summary = await run("30-pvr-ps-device-logs", ".", "device", "ps");
    expect(summary).toMatchObject({ exit: 0, out: "  ID   NICK   REV   STATUS   STATE   SEEN   IP   MESSAGE  \n" });
    const device = await run("30-pvr-ps-device-logs", ".", "device", "get", "pvr_dev");
    expect(JSON.parse(device.out)).toMatchObject({ nick: "pvr_dev" });
    const set = await run("30-pvr-ps-device-logs", ".", "device", "set", "pvr_dev", "a.b=c");
    expect(set).toMatchObject({ exit: 0, out: '{\n    "a.b": "c"\n}\n' });
    const id = "6b04045d686c82228015629c";
    const claim = await run(
      "33-pvr-claim",
      ".",
      "claim",
      "-c",
      "utterly-solid-ferret",
      `${server.origin}/devices/${id}`,
    );
    expect(claim).toMatchObject({ exit: 0 });
    expect(claim.out + claim.error).not.toContain("umfxr2jax1a4o5b");
  });

  it("makes a device with a first revision", async () => {
    logIn();
    box.write("repo/app/root.squashfs", "rootfs bytes of app\n");
    box.write(
      "repo/app/run.json",
      '{"#spec":"service-manifest-run@1","name":"app","root-volume":"root.squashfs","type":"lxc"}',
    );
    for (const args of [["init"], ["add", "."], ["commit"]]) await box.run(args, "repo");
    const made = await run("23-pvr-device-create", "repo", "device", "create", "pvr_dev");
    expect(made, made.error).toMatchObject({ exit: 0 });
    expect(JSON.parse(made.out)).toMatchObject({ id: "6b040451686c82228015629a", nick: "pvr_dev" });
    expect(left).toEqual([]);
  });

  it("is logged in to by name and password, once, and the login is kept", async () => {
    play("21-pvr-login");
    const kept = new Map<string, { access: string; refresh: string }>();
    const cache: TokenCache = {
      load: async (key) => kept.get(key),
      save: async (key, tokens) => void kept.set(key, tokens),
      forget: async (key) => void kept.delete(key),
    };
    kept.set(`${server.origin}/auth realm=pantahub services`, { access: "old", refresh: "old" });
    const asked: string[] = [];
    const auth = pvrAuth({
      fetch,
      cache,
      fresh: true,
      async askLogin(endpoint) {
        asked.push(endpoint);
        return { username: "user1", password: "user1" };
      },
    });
    const account = await authStatus({ fetch, ...auth }, `${server.origin}/auth/auth_status`);
    expect(account["nick"]).toBe("user1");
    expect(asked).toEqual([`${server.origin}/auth`]);
    expect([...kept.values()]).toEqual([{ access: lastToken, refresh: lastToken }]);
    expect(left).toEqual([]);
  });

  it("takes an account, and says where it goes on", async () => {
    play("35-register-with-captcha");
    const account = { email: "pvrcap@example.com", nick: "pvrcap", password: "pvrpass1" };
    const answer = await registerAccount({ fetch }, server.origin, account);
    expect(answer["redirect-uri"]).toMatch(/^https?:/);
  });
});
