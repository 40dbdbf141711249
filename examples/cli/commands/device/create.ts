import { createDevice } from "@pv/sdk/hub";
import type { Run } from "../../command.ts";
import { printIndented } from "../../print-indented.ts";
import { hubUrl, requester } from "../../remote.ts";

/** A device of the account, with the committed revision as its factory state. */
export const run: Run = async (context, [nick]) => {
  const revision = await (await context.repository()).revision();
  const device = await createDevice(requester(context), hubUrl(context), nick, revision, context.job);
  printIndented(context, device);
  context.note("Device Created Successfully");
};
