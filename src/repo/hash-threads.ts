import { nativeThreads, type ObjectId } from "../core/index.ts";

/** A thread that hashes files of the runtime, one after the other, and copies them on the way. */
export interface HashThread {
  /** The SHA-256 of a file; with `copy`, a new file of that name holds what was hashed, and is on the disk. */
  hash(path: string, copy?: string): Promise<ObjectId>;
  close(): void;
}

type Answer = { id: ObjectId } | { code: string; message: string };

/** What `node:fs` and `node:crypto` give a thread. */
interface ThreadHost {
  fs: {
    openSync(path: string, flags: string, mode?: number): number;
    readSync(file: number, buffer: Uint8Array): number;
    writeSync(file: number, buffer: Uint8Array, offset: number, length: number): number;
    fdatasyncSync(file: number): void;
    closeSync(file: number): void;
  };
  createHash(name: string): { update(bytes: Uint8Array): void; digest(form: "hex"): string };
}

/** Runs in a thread, as text: it may use nothing but its arguments. */
function hashFile(host: ThreadHost, buffer: Uint8Array, path: string, copy: string | undefined): string {
  const { fs } = host;
  const input = fs.openSync(path, "r");
  try {
    const output = copy === undefined ? undefined : fs.openSync(copy, "wx", 0o666);
    try {
      const hash = host.createHash("sha256");
      for (let length = fs.readSync(input, buffer); length > 0; length = fs.readSync(input, buffer)) {
        hash.update(buffer.subarray(0, length));
        if (output === undefined) continue;
        for (let done = 0; done < length; ) done += fs.writeSync(output, buffer, done, length - done);
      }
      if (output !== undefined) fs.fdatasyncSync(output);
      return hash.digest("hex");
    } finally {
      if (output !== undefined) fs.closeSync(output);
    }
  } finally {
    fs.closeSync(input);
  }
}

const program = (): string => `
const { getBuiltinModule } = process;
const { parentPort } = getBuiltinModule("node:worker_threads");
const host = { fs: getBuiltinModule("node:fs"), createHash: getBuiltinModule("node:crypto").createHash };
const buffer = new Uint8Array(2 ** 20);
const hashFile = ${hashFile};
parentPort.on("message", ([path, copy]) => {
  try {
    parentPort.postMessage({ id: hashFile(host, buffer, path, copy) });
  } catch (error) {
    parentPort.postMessage({ code: String(error.code ?? "unknown"), message: String(error.message) });
  }
});`;

/** Undefined where the runtime has no such threads: Node's alone take a program as text. */
export function openHashThread(): HashThread | undefined {
  const native = "Bun" in globalThis || "Deno" in globalThis ? undefined : nativeThreads();
  if (!native) return undefined;
  const thread = new native.Worker(new URL(`data:text/javascript,${encodeURIComponent(program())}`));
  let settle: ((answer: Answer) => void) | undefined;
  thread.on("message", (answer: Answer) => settle?.(answer));
  const gone = (): void => settle?.({ code: "unknown", message: "a thread that hashes files has ended" });
  thread.on("error", gone);
  thread.on("exit", gone);
  return {
    hash: (path, copy) =>
      new Promise((resolve, reject) => {
        settle = (answer) => {
          settle = undefined;
          if ("id" in answer) resolve(answer.id);
          else reject(Object.assign(new Error(answer.message), { code: answer.code }));
        };
        thread.postMessage([path, copy]);
      }),
    close: () => void thread.terminate(),
  };
}
