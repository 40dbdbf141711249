import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Asks on the terminal; what is typed for a secret is not shown. Undefined where there is no terminal. */
export async function ask(question: string, secret = false): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  let silent = false;
  const output = new Writable({
    write(chunk, _, done) {
      if (!silent) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = lines.question(question);
    silent = secret;
    return await answer;
  } finally {
    lines.close();
    if (secret) process.stderr.write("\n");
  }
}
