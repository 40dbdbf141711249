import { authStatus } from "@pv/sdk/hub";
import type { Run } from "../command.ts";
import { printIndented } from "../print-indented.ts";
import { hubUrl, requester } from "../remote.ts";

/** Asks for name and password, whatever is cached, and keeps the login for both tools. */
export const run: Run = async (context, [url]) => {
  const address = url ?? `${hubUrl(context)}/auth/auth_status`;
  const account = await authStatus(requester(context, { fresh: true }), address);
  context.note(`Response of GET ${address}`);
  printIndented(context, account);
  context.note("LoggedIn Successfully!");
};
