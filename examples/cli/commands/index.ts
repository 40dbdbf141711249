import type { Command } from "../command.ts";
import { accountCommands, otherCommands } from "./accounts.ts";
import { containerCommands } from "./containers.ts";
import { remoteCommands } from "./remotes.ts";
import { repositoryCommands } from "./repository.ts";
import { signatureCommands } from "./signatures.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...repositoryCommands,
  ...remoteCommands,
  ...containerCommands,
  ...signatureCommands,
  ...accountCommands,
  ...otherCommands,
];
