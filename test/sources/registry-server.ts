import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** An answer that a test puts in place of the registry's own; false leaves it to the registry. */
export type Twist = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface TestRegistry {
  /** `127.0.0.1:port`. */
  host: string;
  /** Each request so far: method, path, and the headers that matter. */
  requests: { method: string; url: string; authorization: string | undefined; range: string | undefined }[];
  close(): Promise<void>;
}

interface IndexEntry {
  mediaType: string;
  digest: string;
  annotations?: Record<string, string>;
}

interface ListEntry extends IndexEntry {
  platform?: { architecture: string };
}

/** Serves an OCI layout folder as a registry on loopback, as the registry product does. */
export async function startRegistry(
  layout: string,
  twist: Twist = () => false,
  tls?: { key: string; cert: string },
  onPort = 0,
): Promise<TestRegistry> {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: IndexEntry[] };
  const requests: TestRegistry["requests"] = [];
  const blob = (digest: string): Buffer => readFileSync(join(layout, "blobs/sha256", digest.slice(7)));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? "";
    requests.push({
      method: request.method ?? "",
      url,
      authorization: request.headers.authorization,
      range: request.headers.range,
    });
    if (await twist(request, response)) return;
    const [, repository, kind, name] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    try {
      if (kind === "manifests") {
        const entry = name!.startsWith("sha256:")
          ? undefined
          : index.manifests.find(
              ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === `${repository}:${name}`,
            );
        let bytes = blob(entry?.digest ?? name!);
        let type = entry?.mediaType;
        const list = JSON.parse(bytes.toString()) as { mediaType?: string; manifests?: ListEntry[] };
        // Who asks for no list is given its entry for linux/amd64, as the registry product does.
        const single = request.headers.accept === "application/vnd.docker.distribution.manifest.v2+json";
        const amd64 = list.manifests?.find(({ platform }) => platform?.architecture === "amd64");
        if (single && amd64) {
          bytes = blob(amd64.digest);
          type = amd64.mediaType;
        }
        response.setHeader("content-type", type ?? list.mediaType ?? "application/vnd.oci.image.manifest.v1+json");
        response.setHeader("docker-content-digest", `sha256:${createHash("sha256").update(bytes).digest("hex")}`);
        response.end(bytes);
      } else if (kind === "blobs") {
        const bytes = blob(name!);
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
        if (from > 0)
          response.writeHead(206, {
            "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
            "content-length": bytes.length - from,
          });
        else response.setHeader("content-length", bytes.length);
        response.end(bytes.subarray(from));
      } else response.writeHead(404).end();
    } catch {
      response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    }
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  await new Promise<void>((listening) => server.listen(onPort, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
