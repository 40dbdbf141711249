import { execFile } from "node:child_process";
import { PvError } from "../core/index.ts";
import type { TreeEntry } from "../tree/index.ts";
import { errnoOf } from "./file-error.ts";
import type { SystemPath } from "./system-path.ts";

/** Runs a tool of the system; without a shell, so no name can be taken for a command. */
async function run(tool: string, args: readonly string[], shown: string, hint: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile(tool, args, (error, _out, said) => {
      if (!error) return resolve();
      const reason = errnoOf(error) === "ENOENT" ? `no ${tool}` : said.trim().split("\n")[0] || `${tool} failed`;
      reject(
        new PvError(
          "FILE_FAILED",
          `cannot write ${shown}: ${reason}`,
          { path: shown, reason: tool },
          { hint, cause: error },
        ),
      );
    });
  });
}

/** A path as an argument: it must be text, which a file name need not be. */
function argument(path: SystemPath, shown: string): string {
  if (typeof path === "string") return path;
  const text = path.toString("utf8");
  if (Buffer.from(text).equals(path)) return text;
  throw new PvError(
    "FILE_FAILED",
    `cannot write ${shown}: its name is not UTF-8, and the tool that makes it takes text`,
    { path: shown, reason: "name" },
    { hint: "drop it with mapTree, or write a tar or a squashfs image" },
  );
}

/** Makes a device node or a pipe; Node has no call for it. */
export async function makeSpecial(entry: TreeEntry, path: SystemPath, shown: string): Promise<void> {
  if (entry.kind === "fifo") return run("mkfifo", ["--", argument(path, shown)], shown, "drop it with mapTree");
  if (entry.kind !== "char" && entry.kind !== "block") {
    throw new PvError(
      "FILE_FAILED",
      `cannot write ${shown}: a socket exists only while a program listens`,
      { path: shown, reason: entry.kind },
      { hint: "drop it with mapTree" },
    );
  }
  const type = entry.kind === "char" ? "c" : "b";
  const hint = "device nodes need root; or drop them with mapTree, or write a tar or a squashfs image";
  await run("mknod", ["--", argument(path, shown), type, String(entry.major), String(entry.minor)], shown, hint);
}

/** Sets extended attributes; Node has no call for it. */
export async function setXattrs(entry: TreeEntry, path: SystemPath, shown: string): Promise<void> {
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    const hex = `0x${Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")}`;
    const hint = "drop extended attributes with mapTree, or install setfattr (package attr) and write as root";
    await run("setfattr", ["-h", "-n", name, "-v", hex, "--", argument(path, shown)], shown, hint);
  }
}
