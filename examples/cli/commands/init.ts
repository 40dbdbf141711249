import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { initRepository } from "@pv/sdk/repo";
import { type Run, text } from "../command.ts";

/** The pool is shared by all repositories of a user unless one is named, as pvr has it. */
export const run: Run = async (context, _, options) => {
  const objects = text(options, "objects");
  const objectsDir = !objects ? join(context.configDir, "objects") : resolve(objects);
  await mkdir(context.configDir, { recursive: true, mode: 0o700 });
  await mkdir(objectsDir, { recursive: true });
  const repository = await initRepository(process.cwd(), { objectsDir, spec: text(options, "spec") });
  await repository[Symbol.asyncDispose]();
};
