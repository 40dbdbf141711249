import { oneLine } from "./one-line.ts";
import type { UpdatePlan } from "./types.ts";

/** What is said of some names, as far as they fit into a title; nothing where there are none. */
const list = (what: string, names: readonly string[]): string[] =>
  names.length > 0 ? [what + oneLine(names.join(", "))] : [];

/** A plan in a few short sentences. */
export function summarize({ diff, transition, reasons, containers, download, brokenSignatures }: UpdatePlan): string {
  const why = reasons.map(({ message }) => message);
  const said = list(transition === "reboot" ? "Reboots: " : "Rejected: ", why);
  if (said.length === 0) {
    for (const verb of ["Stop", "Restart", "Start"]) {
      const who = containers.filter(({ action }) => action === verb.toLowerCase()).map(({ name }) => name);
      said.push(...list(`${verb}s `, who));
    }
    said.push(diff.parts[0] ? "No reboot" : "Nothing changes");
  }
  const { ids, sizeBytes } = download;
  if (ids[0]) {
    const size = sizeBytes === undefined ? "size unknown" : `${Number((sizeBytes / 1e6).toPrecision(3))} MB`;
    said.push(`Objects to download: ${ids.length} (${size})`);
  }
  said.push(...list("Broken signatures: ", brokenSignatures));
  return `${said.join(". ")}.`;
}
