import { oneLine } from "./one-line.ts";
import { formatBytes } from "./render/text-of.ts";
import type { UpdatePlan } from "./types.ts";

/** What is said of some names, as far as they fit into a title; nothing where there are none. */
const list = (what: string, names: readonly string[]): string[] =>
  names.length > 0 ? [what + oneLine(names.join(", "))] : [];

/** A plan in a few short sentences. */
export function summarize({ diff, transition, reasons, containers, download, brokenSignatures }: UpdatePlan): string {
  const said = list(
    transition === "reboot" ? "Reboots: " : "Rejected: ",
    reasons.map(({ message }) => message),
  );
  if (!said[0]) {
    for (const verb of ["Stops ", "Restarts ", "Starts "]) {
      const who = containers.filter(({ action }) => verb.toLowerCase() === `${action}s `).map(({ name }) => name);
      said.push(...list(verb, who));
    }
    said.push(diff.parts[0] ? "No reboot" : "Nothing changes");
  }
  const { ids, sizeBytes } = download;
  if (ids[0]) {
    said.push(`To download: ${ids.length}${sizeBytes === undefined ? "" : ` (${formatBytes(sizeBytes)})`}`);
  }
  said.push(...list("Broken signatures: ", brokenSignatures));
  return `${said.join(". ")}.`;
}
