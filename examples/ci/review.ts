/** node examples/ci/review.ts OLD.tgz NEW.tgz [FREE_BYTES] > comment.md; exits with 1 where a device would refuse NEW. */
import { checkState, objectSizes, planUpdate, readExport, renderDiff } from "@pv/sdk";
import { directoryStore, exitWithError, fileSource } from "@pv/sdk/node";

const [before = "old.pvrexport.tgz", after = "new.pvrexport.tgz", free] = process.argv.slice(2);
async function main(): Promise<void> {
  const store = directoryStore(".pv/objects");
  const [from, to] = [await readExport(fileSource(before), store), await readExport(fileSource(after), store)];
  const room = free === undefined ? {} : { freeBytes: Number(free) };
  const plan = planUpdate(from, to, { findings: checkState(to), sizes: await objectSizes(from, to), ...room });
  process.stdout.write(renderDiff(plan, "markdown", { title: `${after}: ${plan.summary}` }));
  if (plan.transition === "rejected") process.exitCode = 1;
}
main().catch(exitWithError);
