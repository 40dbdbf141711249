import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

/** A CA made for one run, and a certificate of it for `localhost`; PEM. */
export interface TestCa {
  ca: string;
  key: string;
  cert: string;
}

/** Makes a CA with openssl; nothing of it is kept. */
export function makeTestCa(): TestCa {
  const folder = mkdtempSync(join(tmpdir(), "pv-ca-"));
  const curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
  try {
    execFileSync(
      "sh",
      [
        "-ec",
        `
        openssl req -x509 ${curve} -keyout ca.key -out ca.pem -subj '/CN=test CA' -addext basicConstraints=critical,CA:TRUE
        openssl req ${curve} -keyout tls.key -out tls.csr -subj /CN=localhost
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > san
        openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out tls.pem
        `,
      ],
      { cwd: folder, stdio: "ignore" },
    );
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    return { ca: read("ca.pem"), key: read("tls.key"), cert: read("tls.pem") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A `fetch` that trusts one CA, and finds one host elsewhere (as a resolver would). */
export function fetchWithCa({ ca }: TestCa, from: string, to: string): typeof fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(String(input));
      if (url.protocol !== "https:") throw new Error(`asked without TLS: ${url.href}`);
      const target = url.host === from ? `https://${to}${url.pathname}${url.search}` : url.href;
      const headers = { ...(init.headers as Record<string, string>), host: url.host };
      const signal = init.signal ?? undefined;
      const sent = request(
        target,
        { ca, headers, servername: url.hostname, ...(signal ? { signal } : {}) },
        (answer) => {
          const made = Object.entries(answer.headers).flatMap(([name, value]) =>
            typeof value === "string" ? [[name, value] as [string, string]] : [],
          );
          const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
          resolve(new Response(body, { status: answer.statusCode!, headers: made }));
        },
      );
      sent.once("error", reject);
      sent.end();
    });
}
