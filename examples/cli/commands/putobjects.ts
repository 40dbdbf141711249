import { uploadObjects } from "@pv/sdk/hub";
import type { Run } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { requester } from "../remote.ts";

/** The committed revision's objects to an address that takes objects. */
export const run: Run = async (context, [endpoint, ...more], options) => {
  if (endpoint === undefined || more.length > 0) throw new UsageError("name the one address that takes objects");
  if (!/^https?:\/\//.test(endpoint)) throw new ExitError(`${endpoint} is no http or https address`, 4);
  const revision = await (await context.repository()).revision();
  await uploadObjects(requester(context), endpoint, revision, { ...context.job, force: options["force"] === true });
};
