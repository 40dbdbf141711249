import type { Command } from "../command.ts";
import { repositoryCommands } from "./repository.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [...repositoryCommands];
