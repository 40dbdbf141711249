import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request, read. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Answers a request, or does to its connection what no answer would. */
export type Answerer = (asked: Asked, response: ServerResponse, origin: string) => void | Promise<void>;

/** A server on loopback for one test. */
export interface TestServer {
  origin: string;
  asked: Asked[];
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Starts a server; each request is kept and answered. */
export async function testServer(answer: Answerer, port = 0): Promise<TestServer> {
  const asked: Asked[] = [];
  let origin = "";
  const server: Server = createServer((request, response) => {
    readBody(request)
      .then(async (body) => {
        const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
        asked.push(one);
        await answer(one, response, origin);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
