import { pipeline } from "node:stream/promises";
import { writeExport } from "@pv/sdk";
import { saveFile } from "@pv/sdk/node";
import { type Run, text } from "../command.ts";

/** Compressed where the name says so, as pvr decides; `-` is standard output. */
export const run: Run = async (context, args, options) => {
  const [file] = args;
  if (file === undefined) throw new TypeError("name the file to write, or - for standard output");
  if (args.length > 1) throw new TypeError("export takes one file");
  const revision = await (await context.repository()).revision();
  const gzip = /\.t?gz$/i.test(file);
  const archive = writeExport(revision, { ...context.job, gzip, parts: text(options, "parts") });
  if (file === "-") await pipeline(archive, process.stdout, { end: false });
  else await saveFile(archive, file, context.job);
};
