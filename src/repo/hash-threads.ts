import type { ObjectId } from "../core/index.ts";
import { nativeThreads } from "../core/internal.ts";

/** A thread that hashes files of the runtime, one after the other, and copies them on the way. */
export interface HashThread {
  /** The SHA-256 of a file; with `copy`, a new file of that name holds what was hashed. */
  hash(path: string, copy?: string): Promise<ObjectId>;
  close(): void;
}

type Answer = { id: ObjectId } | { code: string; message: string };

/** What Node gives a thread. */
interface ThreadHost {
  fs: {
    openSync(path: string, flags: string): number;
    readSync(file: number, buffer: Uint8Array): number;
    fchmodSync(file: number, mode: number): void;
    closeSync(file: number): void;
    copyFileSync(from: string, to: string, flags: number): void;
    constants: { COPYFILE_EXCL: number; COPYFILE_FICLONE: number };
  };
  createHash(name: string): { update(bytes: Uint8Array): void; digest(form: "hex"): string };
  umask(): number;
}

/** Runs in a thread, as text: it may use nothing but its arguments. A copy is made by the system, and then hashed. */
function hashFile(host: ThreadHost, buffer: Uint8Array, path: string, copy: string | undefined): string {
  const { fs } = host;
  if (copy !== undefined) fs.copyFileSync(path, copy, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
  const file = fs.openSync(copy ?? path, "r");
  try {
    const hash = host.createHash("sha256");
    for (let length = fs.readSync(file, buffer); length > 0; length = fs.readSync(file, buffer))
      hash.update(buffer.subarray(0, length));
    if (copy !== undefined) fs.fchmodSync(file, 0o666 & ~host.umask());
    return hash.digest("hex");
  } finally {
    fs.closeSync(file);
  }
}

const program = (): string => `
const { getBuiltinModule, umask } = process;
const { parentPort } = getBuiltinModule("node:worker_threads");
const { createHash } = getBuiltinModule("node:crypto");
const host = { fs: getBuiltinModule("node:fs"), createHash, umask: () => umask() };
const buffer = new Uint8Array(2 ** 18);
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
