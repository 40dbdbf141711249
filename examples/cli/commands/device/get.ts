import { deviceDocument } from "@pv/sdk/hub";
import type { Run } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { printIndented } from "../../print-indented.ts";
import { hubUrl, requester } from "../../remote.ts";

/** A device's document at the hub. */
export const run: Run = async (context, [name]) => {
  if (name === undefined) throw new UsageError("name the device: nick, id, or user/nick");
  printIndented(context, await deviceDocument(requester(context), hubUrl(context), name));
};
