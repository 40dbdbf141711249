import { writeFile } from "node:fs/promises";
import { canonicalJson, resignState } from "@pv/sdk";
import { type Run, text } from "../../command.ts";
import { signatureKeys, signerOf, warn, withSignature } from "../../signatures.ts";

/** The lists come from the work tree, what is signed from the commit, as in pvr. */
export const run: Run = async (context, args, options) => {
  const repository = await context.repository();
  let { state } = await repository.revision();
  const keys = signatureKeys(state, args.length > 0 ? args : ["_sigs/*.json"]);
  if (keys.length === 0) return context.note("warning: there is no such signature");
  const signer = await signerOf(context, options);
  for (const key of keys) state = await withSignature(state, repository.folder, key);
  const signed = await resignState(state, {
    signer,
    names: keys,
    policy: "pvr",
    payload: options["withPayload"] === true,
    onWarning: (finding) => warn(context, finding),
    ...context.job,
  });
  const output = text(options, "output");
  for (const key of keys) {
    const signature = canonicalJson(signed[key]!);
    await repository.folder.write(key, signature);
    if (output !== undefined) await writeFile(output, signature);
    context.note(`Updating pvs signature @ ${key} [DONE]`);
  }
};
