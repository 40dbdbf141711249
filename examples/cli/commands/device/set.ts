import { setDeviceMeta } from "@pv/sdk/hub";
import type { Run } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { printIndented } from "../../print-indented.ts";
import { hubUrl, requester } from "../../remote.ts";

/** Members of a device's user-meta, or of its device-meta when the device itself is logged in. */
export const run: Run = async (context, [name, ...pairs]) => {
  if (name === undefined || pairs.length === 0) throw new UsageError("name the device, then KEY=VALUE");
  const members = pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`write KEY=VALUE, and not ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  const answer = await setDeviceMeta(requester(context), hubUrl(context), name, Object.fromEntries(members));
  printIndented(context, answer ?? {});
  context.note("meta fields Updated Successfully");
};
