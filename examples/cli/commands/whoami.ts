import { authStatus } from "@pv/sdk/hub";
import type { Run } from "../command.ts";
import { hubUrl, requester } from "../remote.ts";

/** Whose login is cached for a hub. */
export const run: Run = async (context, [url]) => {
  const address = url ?? `${hubUrl(context)}/auth/auth_status`;
  const { nick, prn } = await authStatus(requester(context), address);
  const at = address.replace(/\/auth_status\/?$/, "");
  if (context.json) context.print(JSON.stringify({ nick, prn, at }));
  else context.print(`${String(nick)}(${String(prn)}) at ${at}`);
};
