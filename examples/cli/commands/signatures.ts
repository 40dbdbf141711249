import type { Command } from "../command.ts";

export const signatureCommands: readonly Command[] = [];
