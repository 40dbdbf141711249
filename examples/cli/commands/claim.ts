import { claimDevice } from "@pv/sdk/hub";
import { ask } from "../ask.ts";
import { type Run, text } from "../command.ts";
import { UsageError } from "../failures.ts";
import { hubUrl, requester } from "../remote.ts";

/** Makes a device that has registered itself your own, by the words that it shows. */
export const run: Run = async (context, [device]: readonly string[], options) => {
  if (device === undefined) throw new UsageError("name the device: https://<hub>/devices/<id>");
  const url = URL.canParse(device) ? device : `${hubUrl(context)}/devices/${encodeURIComponent(device)}`;
  const challenge = text(options, "challenge") ?? (await ask("Challenge: "));
  if (!challenge) throw new UsageError("give --challenge, the words that the device shows");
  const { id, nick } = await claimDevice(requester(context), url, challenge);
  if (context.json) context.print(JSON.stringify({ id, nick }));
  else context.note(`${String(nick)} is yours now`);
};
