import { randomUUID } from "node:crypto";
import { chmod, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { PvError } from "../core/index.ts";
import type { TokenCache } from "../hub/index.ts";
import { makeFolders } from "./make-folders.ts";

interface Stored {
  spec: string;
  tokens: Record<string, { Name: string; "access-token": string; "refresh-token": string }>;
}

/**
 * Logins kept in pvr's `auth.json`, readable by its owner only. Both tools may use the file in turn; members that are
 * not known are kept.
 *
 * @throws `PvError` `FILE_FAILED` from its methods when the file is broken or cannot be written.
 */
export function tokenCache(path: string): TokenCache {
  async function read(): Promise<Stored> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") return { spec: "1", tokens: {} };
      throw new PvError("FILE_FAILED", `${path} cannot be read`, { path, reason: code ?? "unknown" }, { cause });
    }
    try {
      const value = JSON.parse(text) as Partial<Stored> | null;
      if (typeof value?.tokens === "object" && value.tokens !== null)
        return { ...value, spec: value.spec ?? "1", tokens: value.tokens };
    } catch {
      // The text holds secrets, so neither it nor the parser's words about it are shown.
    }
    throw new PvError(
      "FILE_FAILED",
      `${path} is no login file`,
      { path, reason: "invalid" },
      { hint: "remove it, and log in again" },
    );
  }

  async function write(stored: Stored): Promise<void> {
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await makeFolders(dirname(path), 0o700);
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(JSON.stringify(stored, null, 4));
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(temporary, 0o600);
      await rename(temporary, path);
    } catch (cause) {
      await unlink(temporary).catch(() => {});
      throw new PvError(
        "FILE_FAILED",
        `${path} cannot be written`,
        { path, reason: (cause as NodeJS.ErrnoException).code ?? "unknown" },
        { cause },
      );
    }
  }

  return {
    async load(key) {
      const { tokens } = await read();
      const found = Object.hasOwn(tokens, key) ? tokens[key] : undefined;
      return found && { access: found["access-token"] ?? "", refresh: found["refresh-token"] ?? "" };
    },
    async save(key, { access, refresh }) {
      const stored = await read();
      await write({
        ...stored,
        tokens: { ...stored.tokens, [key]: { Name: "", "access-token": access, "refresh-token": refresh } },
      });
    },
    async forget(key) {
      const stored = await read();
      if (!Object.hasOwn(stored.tokens, key)) return;
      const { [key]: _, ...tokens } = stored.tokens;
      await write({ ...stored, tokens });
    },
  };
}
