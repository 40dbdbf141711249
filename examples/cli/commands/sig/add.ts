import { writeFile } from "node:fs/promises";
import { canonicalJson, signState } from "@pv/sdk";
import { list, type Run, text } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { signaturePath, signerOf, warn } from "../../signatures.ts";

/** Signs as pvr does, and says what a device would not believe. The state is not changed. */
export const run: Run = async (context, args, options) => {
  const parts = [...list(options, "part"), ...list(options, "parts").flatMap((names) => names.split(","))];
  const raw = text(options, "raw");
  if (raw === undefined && parts.length === 0)
    throw new UsageError(`no part nor raw name provided: say --part=${args[0] ?? "web"}`);
  if (raw !== undefined && parts.length > 0) throw new UsageError("part and raw flag cannot be used at same time");
  if (args.length > 0) context.note(`warning: not a part to sign, say --part=${args[0]}`);
  if ([...parts, raw].includes("")) throw new UsageError("a name is empty");
  const given = (name: string): readonly string[] | undefined => (options[name] ? list(options, name) : undefined);
  const [include, exclude] = [given("include"), given("exclude")];
  const signer = await signerOf(context, options);
  const repository = await context.repository();
  const signed = await signState((await repository.revision()).state, {
    signer,
    policy: "pvr",
    ...(raw === undefined ? { parts, include, exclude } : { raw: { name: raw, include: include ?? ["**"], exclude } }),
    config: options["noconfig"] !== true,
    payload: options["withPayload"] === true,
    onWarning: (finding) => warn(context, finding),
    ...context.job,
  });
  const output = text(options, "output");
  for (const name of raw === undefined ? parts : [raw]) {
    const path = signaturePath(name.replace(/\/+$/, ""));
    const signature = canonicalJson(signed[path]!);
    await repository.folder.write(path, signature);
    if (output === "-") context.print(signature);
    else if (output !== undefined) await writeFile(output, signature);
  }
};
