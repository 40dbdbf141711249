import { registerAccount } from "@pv/sdk/hub";
import { ask } from "../ask.ts";
import { type Run, text } from "../command.ts";
import { UsageError } from "../failures.ts";
import { hubUrl, requester } from "../remote.ts";

/** Asks a hub for an account, and says where a person goes on. */
export const run: Run = async (context, [url], options) => {
  const value = async (name: string, question: string, secret = false): Promise<string> => {
    const found = text(options, name) ?? (await ask(question, secret));
    if (!found) throw new UsageError(`give --${name}`);
    return found;
  };
  const nick = await value("user", "Username: ");
  const email = await value("email", "Email: ");
  const password = await value("pass", "Password: ", true);
  const hub = url?.replace(/\/+$/, "") ?? hubUrl(context);
  const answer = await registerAccount(requester(context), hub, { nick, email, password });
  const page = answer["redirect-uri"];
  if (context.json) context.print(JSON.stringify({ page: page ?? null }));
  else if (typeof page === "string" && page !== "") context.print(page);
  else context.note(`registered; a mail to ${email} may ask you to confirm`);
};
