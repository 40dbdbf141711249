import { pipeline } from "node:stream/promises";
import { writeExport } from "@pv/sdk";
import { saveFile } from "@pv/sdk/node";
import { parseFragment, selectFragment, unmatchedItems } from "@pv/sdk/repo";
import { type Run, text } from "../command.ts";
import { UsageError } from "../failures.ts";

/** Compressed where the name says so, as pvr decides; `-` is standard output. */
export const run: Run = async (context, args, options) => {
  const [file] = args;
  if (file === undefined) throw new UsageError("name the file to write, or - for standard output");
  if (args.length > 1) throw new UsageError("export takes one file");
  const { state, objects } = await (await context.repository()).revision();
  const named = text(options, "parts") ?? "";
  const parts = parseFragment(named === "" ? "" : `#spec,${named}`);
  for (const item of unmatchedItems(parts, state)) context.note(`nothing is named ${item}`);
  const gzip = /\.t?gz$/i.test(file);
  const archive = writeExport({ state: selectFragment(state, parts), objects }, { ...context.job, gzip });
  if (file === "-") return pipeline(archive, process.stdout, { end: false });
  const sha256 = await saveFile(archive, file, { signal: context.job.signal });
  if (context.json) context.print(JSON.stringify({ file, sha256 }));
};
