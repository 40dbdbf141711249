import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isPvError, readBytes } from "../../src/core/index.ts";
import { type RegistryImageOptions, registryImage } from "../../src/sources/index.ts";
import { files, type Tree, writeTar } from "../../src/tree/index.ts";
import { startRegistry, type TestRegistry, type Twist } from "./registry-server.ts";

const images = resolve(import.meta.dirname, "../vectors/app/images");
let registry: TestRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

/** Two layers, the second large enough to be cut: made once. */
const big = mkdtempSync(join(tmpdir(), "pv-registry-"));
afterAll(() => rmSync(big, { recursive: true, force: true }));
const digests: Record<string, string> = {};
beforeAll(async () => {
  mkdirSync(join(big, "blobs/sha256"), { recursive: true });
  const put = (bytes: Uint8Array): { digest: string; size: number } => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(big, "blobs/sha256", hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const noise = randomBytes(3_000_000, 1);
  const plain = await Promise.all(
    [files({ "/etc/low": "low\n", "/gone": "x" }), files({ "/noise": noise, "/.wh.gone": "" })].map((tree) =>
      readBytes(writeTar(tree)),
    ),
  );
  const layers = plain.map((tar) => ({
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    ...put(gzipSync(tar)),
  }));
  const config = put(
    Buffer.from(
      JSON.stringify({
        os: "linux",
        architecture: "arm64",
        config: { Cmd: ["/x"] },
        rootfs: {
          type: "layers",
          diff_ids: plain.map((tar) => `sha256:${createHash("sha256").update(tar).digest("hex")}`),
        },
      }),
    ),
  );
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
        layers,
      }),
    ),
  );
  Object.assign(digests, { manifest: manifest.digest, top: layers[1]!.digest, config: config.digest });
  writeFileSync(
    join(big, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          ...manifest,
          annotations: { "org.opencontainers.image.ref.name": "big:1" },
        },
      ],
    }),
  );
});

/** Bytes that do not compress, the same each time (xorshift). */
function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

async function paths(tree: Tree): Promise<string[]> {
  const seen: string[] = [];
  for await (const entry of tree) {
    if (entry.kind === "file") await readBytes(entry.open());
    seen.push(entry.path);
  }
  return seen.toSorted();
}

async function pull(
  layout: string,
  image: string,
  options: RegistryImageOptions & { signal?: AbortSignal } = {},
  twist?: Twist,
) {
  registry = await startRegistry(layout, twist);
  const { signal, ...rest } = options;
  const opened = await registryImage(`${registry.host}/${image}`, { retryBaseMs: 1, ...rest }).open({ signal });
  return { ...opened, paths: await paths(opened.tree!) };
}

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe("registryImage()", () => {
  it("pulls config and layers, whiteouts obeyed", async () => {
    const got = await pull(big, "big:1");
    expect(got.paths.filter((path) => path !== "" && path !== "etc")).toEqual(["etc/low", "noise"]);
    expect(got.config).toEqual({ Cmd: ["/x"] });
    expect(got.origin).toMatchObject({
      docker_tag: "1",
      docker_source: "remote",
      docker_digest: `${registry!.host}/big@${digests["manifest"]}`,
    });
  });

  it("takes the platform asked for, and no other", async () => {
    const got = await pull(images, "vec/multi:1.2", { platform: "linux/arm/v7" });
    expect(got.origin["docker_platform"]).toBe("linux/arm/v7");
    await registry!.close();
    await expect(pull(images, "vec/multi:1.2", { platform: "linux/riscv64" })).rejects.toThrow(
      code("OCI_PLATFORM_ABSENT"),
    );
    await registry!.close();
    await expect(pull(big, "big:1", { platform: "linux/amd64" })).rejects.toThrow(code("OCI_PLATFORM_ABSENT"));
    await registry!.close();
    expect((await pull(big, "big:1", { platform: "linux/arm64" })).paths).toContain("noise");
  });

  it("reads images that have OCI media types only", async () => {
    expect((await pull(images, "vec/ocionly:1")).paths.length).toBeGreaterThan(0);
  });

  it("says what is missing", async () => {
    await expect(pull(big, "big:2")).rejects.toThrow(
      expect.objectContaining({ code: "CONTENT_HTTP", data: expect.objectContaining({ status: 404 }) }),
    );
  });

  it("refuses a blob whose bytes are not its digest's", async () => {
    const twist: Twist = (request, response) => {
      if (!request.url?.endsWith(digests["top"]!)) return false;
      response.end(gzipSync(Buffer.alloc(1024)));
      return true;
    };
    await expect(pull(big, "big:1", {}, twist)).rejects.toThrow(
      expect.toSatisfy((error) => isPvError(error, "OCI_DIGEST_MISMATCH", "CONTENT_TRUNCATED")),
    );
  });

  it("refuses a config and a manifest whose bytes are not their digests'", async () => {
    const config: Twist = (request, response) => {
      if (!request.url?.endsWith(digests["config"]!)) return false;
      response.end("{}");
      return true;
    };
    await expect(pull(big, "big:1", {}, config)).rejects.toThrow(code("CONTENT_TRUNCATED"));
    await registry!.close();
    const manifest: Twist = (request, response) => {
      if (!request.url?.includes("/manifests/")) return false;
      response.setHeader("docker-content-digest", `sha256:${"0".repeat(64)}`);
      response.end("{}");
      return true;
    };
    await expect(pull(big, "big:1", {}, manifest)).rejects.toThrow(code("OCI_DIGEST_MISMATCH"));
  });

  it("goes on where a connection was cut, and gives up when nothing more comes", async () => {
    let cuts = 0;
    const twist: Twist = async (request, response) => {
      if (!request.url?.endsWith(digests["top"]!) || cuts >= 3) return false;
      cuts++;
      const from = Number(/(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const { readFileSync } = await import("node:fs");
      const bytes = readFileSync(join(big, "blobs/sha256", digests["top"]!.slice(7)));
      const head: Record<string, string | number> = { "content-length": bytes.length - from };
      if (from > 0) head["content-range"] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(from > 0 ? 206 : 200, head);
      response.write(bytes.subarray(from, from + 400_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    expect((await pull(big, "big:1", {}, twist)).paths).toContain("noise");
    expect(cuts).toBe(3);
    expect(registry!.requests.filter(({ range }) => range !== undefined).length).toBeGreaterThanOrEqual(2);
    await registry!.close();
    await expect(
      pull(
        big,
        "big:1",
        {},
        (request, response) => request.url?.endsWith(digests["top"]!) === true && (response.destroy(), true),
      ),
    ).rejects.toThrow(expect.toSatisfy((error) => isPvError(error, "CONTENT_TRUNCATED", "NETWORK_FAILED")));
  });

  it("takes a body that ends early for a cut", async () => {
    await expect(
      pull(
        big,
        "big:1",
        {},
        (request, response) => request.url?.endsWith(digests["top"]!) === true && (response.end("short"), true),
      ),
    ).rejects.toThrow(
      expect.toSatisfy((error) => isPvError(error, "CONTENT_TRUNCATED", "CONTENT_HTTP", "OCI_DIGEST_MISMATCH")),
    );
  });

  it("ends at a server that always wants a login", async () => {
    const twist: Twist = (_, response) => (
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(), true
    );
    await expect(pull(big, "big:1", { auth: { username: "u", password: "secret-word" } }, twist)).rejects.toThrow(
      expect.toSatisfy(
        (error) => isPvError(error, "OCI_AUTH_REQUIRED") && !JSON.stringify(error).includes("secret-word"),
      ),
    );
    expect(registry!.requests.length).toBeLessThan(4);
    await registry!.close();
    await expect(pull(big, "big:1", {}, twist)).rejects.toThrow(code("OCI_AUTH_REQUIRED"));
  });

  it("logs in for a token, with and without a scope in the challenge", async () => {
    for (const scope of ["", ',scope="repository:big:pull"']) {
      const twist: Twist = (request, response) => {
        if (request.url?.startsWith("/token")) {
          const fine =
            request.headers.authorization === `Basic ${btoa("u:p")}` &&
            request.url.includes("scope=repository%3Abig%3Apull");
          response.writeHead(fine ? 200 : 403).end('{"access_token":"abc"}');
          return true;
        }
        if (request.headers.authorization === "Bearer abc") return false;
        response
          .writeHead(401, {
            "www-authenticate": `Bearer realm="http://${request.headers.host}/token",service="s"${scope}`,
          })
          .end();
        return true;
      };
      expect(
        (await pull(big, "big:1", { auth: async () => ({ username: "u", password: "p" }) }, twist)).paths,
      ).toContain("noise");
      await registry!.close();
    }
  });

  it("tries again at 429 and 503, and not at 403", async () => {
    const answers = [429, 503];
    const busy: Twist = (_, response) => {
      const status = answers.shift();
      if (status === undefined) return false;
      response.writeHead(status, { "retry-after": "0" }).end();
      return true;
    };
    expect((await pull(big, "big:1", {}, busy)).paths).toContain("noise");
    await registry!.close();
    await expect(pull(big, "big:1", {}, (_, response) => (response.writeHead(403).end(), true))).rejects.toThrow(
      code("CONTENT_HTTP"),
    );
    expect(registry!.requests.length).toBe(1);
  });

  it("refuses a manifest of 50 MB", async () => {
    const twist: Twist = (request, response) =>
      request.url?.includes("/manifests/") === true && (response.end(Buffer.alloc(50_000_000, 32)), true);
    await expect(pull(big, "big:1", {}, twist)).rejects.toThrow(code("LIMIT_EXCEEDED"));
  });

  it("keeps credentials from another origin, and follows no redirect for ever", async () => {
    const seen: (string | undefined)[] = [];
    const { readFileSync } = await import("node:fs");
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(readFileSync(join(big, "blobs/sha256", request.url!.slice(1))));
    });
    await new Promise<void>((listening) => elsewhere.listen(0, "127.0.0.1", listening));
    const { port } = elsewhere.address() as AddressInfo;
    const twist: Twist = (request, response) => {
      if (request.headers.authorization === undefined)
        return response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end(), true;
      const blob = /blobs\/sha256:(\w+)$/.exec(request.url ?? "");
      return (
        blob !== null && (response.writeHead(307, { location: `http://127.0.0.1:${port}/${blob[1]}` }).end(), true)
      );
    };
    expect((await pull(big, "big:1", { auth: { username: "u", password: "p" } }, twist)).paths).toContain("noise");
    expect(seen.length).toBe(3);
    expect(seen.every((header) => header === undefined)).toBe(true);
    elsewhere.closeAllConnections();
    elsewhere.close();
    await registry!.close();
    const loop: Twist = (request, response) => (response.writeHead(302, { location: request.url! }).end(), true);
    await expect(pull(big, "big:1", {}, loop)).rejects.toThrow(code("CONTENT_HTTP"));
  });

  it("ends the layer that was coming when the one above it is refused", async () => {
    let closed: () => void = () => {};
    const ended = new Promise<void>((done) => {
      closed = done;
    });
    let asked = 0;
    const twist: Twist = async (request, response) => {
      if (!request.url?.includes("/blobs/") || request.url.endsWith(digests["config"]!)) return false;
      if (!request.url.endsWith(digests["top"]!)) {
        asked++;
        response.writeHead(200, { "content-length": 3_000_000 });
        response.write(Buffer.alloc(100));
        response.once("close", closed); // and nothing more comes
        return true;
      }
      response.writeHead(200, { "content-length": 3_000_000 });
      response.write("no tar");
      while (asked === 0) await new Promise((wait) => setTimeout(wait, 5));
      response.end(Buffer.alloc(4096, 1));
      return true;
    };
    await expect(pull(big, "big:1", {}, twist)).rejects.toThrow(expect.objectContaining({ name: "PvError" }));
    await ended;
    expect(asked).toBe(1);
  });

  it("stops at a bomb layer", async () => {
    const bomb = gzipSync(await readBytes(writeTar(files({ "/zeros": new Uint8Array(200_000_000) }))));
    const hex = createHash("sha256").update(bomb).digest("hex");
    const config = Buffer.from('{"config":{}}');
    const configHex = createHash("sha256").update(config).digest("hex");
    const manifest = JSON.stringify({
      schemaVersion: 2,
      config: { digest: `sha256:${configHex}`, size: config.length },
      layers: [
        { digest: `sha256:${hex}`, size: bomb.length, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" },
      ],
    });
    const twist: Twist = (request, response) => {
      if (request.url?.includes("/manifests/")) response.end(manifest);
      else response.end(request.url?.endsWith(hex) ? bomb : config);
      return true;
    };
    // 200 MB of zeros deflate 1000:1, below the limit on the ratio; the tree's own limits are the caller's.
    const got = await pull(big, "big:1", {}, twist);
    expect(got.paths).toContain("zeros");
  });

  it("aborts a slow body with the signal's reason", async () => {
    const stop = new AbortController();
    const twist: Twist = (request, response) => {
      if (!request.url?.endsWith(digests["top"]!)) return false;
      response.writeHead(200, { "content-length": 3_000_000 });
      response.write("x");
      setTimeout(() => stop.abort(new Error("enough")), 100);
      return true;
    };
    await expect(pull(big, "big:1", { signal: stop.signal }, twist)).rejects.toThrow("enough");
  });
});
