import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../examples/cli/program.ts";

/** A file of a packed tree: its text, or what is not text. */
export type Packed = string | { text?: string; base64?: string; link?: string; mode?: string };

/** What a command left. */
export interface Ran {
  exit: number;
  stdout: Buffer;
  stderr: string;
}

/** A folder with a home of its own, in which `pvsdk` runs within this process. */
export class Sandbox {
  readonly work: string = realpathSync(mkdtempSync(join(tmpdir(), "pvsdk-")));

  constructor() {
    mkdirSync(join(this.work, "home"));
  }

  path(name: string): string {
    return join(this.work, name);
  }

  write(name: string, file: Packed): void {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    const { text, base64, link, mode } = typeof file === "string" ? { text: file } : file;
    if (link !== undefined) symlinkSync(link, path);
    else
      writeFileSync(path, base64 === undefined ? (text ?? "") : Buffer.from(base64, "base64"), {
        mode: Number.parseInt(mode ?? "644", 8),
      });
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** `mode  kind  nlink  size  sha256  path` of all that is below a folder. */
  tree(name: string): string[] {
    const lines: string[] = [];
    const visit = (folder: string): void => {
      for (const entry of readdirSync(this.path(join(name, folder))).sort()) {
        const path = folder === "" ? entry : `${folder}/${entry}`;
        const full = this.path(join(name, path));
        const found = lstatSync(full);
        const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
        if (found.isDirectory()) {
          lines.push(`${mode}  dir  ${path}/`);
          visit(path);
        } else if (found.isSymbolicLink()) lines.push(`0777  symlink -> ${readlinkSync(full)}  ${path}`);
        else {
          const sha = createHash("sha256").update(readFileSync(full)).digest("hex");
          lines.push(`${mode}  file  nlink=${found.nlink}  size=${found.size}  sha256=${sha}  ${path}`);
        }
      }
    };
    visit("");
    return lines;
  }

  /** Runs `pvsdk` with words as they are. */
  async run(args: readonly string[], cwd = ".", env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const before = { cwd: process.cwd(), env: { ...process.env }, exitCode: process.exitCode };
    const { write: writeOut } = process.stdout;
    const { write: writeError } = process.stderr;
    const out: Buffer[] = [];
    const error: Buffer[] = [];
    const into = (parts: Buffer[]) => (chunk: string | Uint8Array, encoding?: unknown, done?: () => void) => {
      parts.push(Buffer.from(chunk as Uint8Array));
      const callback = typeof encoding === "function" ? (encoding as () => void) : done;
      callback?.();
      return true;
    };
    mkdirSync(this.path(cwd), { recursive: true });
    process.chdir(this.path(cwd));
    for (const name of Object.keys(process.env)) if (/^(?:PVR?_|HTTPS?_PROXY)/i.test(name)) delete process.env[name];
    Object.assign(process.env, { HOME: this.path("home"), TZ: "UTC", PVR_DISABLE_SELF_UPGRADE: "true" }, env);
    process.stdout.write = into(out) as never;
    process.stderr.write = into(error) as never;
    try {
      const exit = await run(args);
      return { exit, stdout: Buffer.concat(out), stderr: Buffer.concat(error).toString() };
    } finally {
      process.stdout.write = writeOut;
      process.stderr.write = writeError;
      process.chdir(before.cwd);
      for (const name of Object.keys(process.env)) if (!(name in before.env)) delete process.env[name];
      Object.assign(process.env, before.env);
      process.exitCode = before.exitCode;
    }
  }

  /** Runs a recorded command line: words, quotes, and `$WORK`. */
  async runLine(line: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const words = splitWords(line.replaceAll("$WORK", this.work));
    const own = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replaceAll("$WORK", this.work)]),
    );
    return this.run(words.slice(1), cwd, own);
  }

  remove(): void {
    rmSync(this.work, { recursive: true, force: true });
  }
}

function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/gs)].map(([word]) =>
    word.replace(/'([^']*)'|\\(.)/gs, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ""),
  );
}
