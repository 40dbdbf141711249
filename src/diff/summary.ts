import { formatBytes, visible } from "./paths.ts";
import type { UpdatePlan } from "./types.ts";

/** Up to three names, and how many more. */
function names(verb: string, all: readonly string[]): string[] {
  const shown = all.slice(0, 3).map((name) => visible(name, 60));
  return all.length > 0 ? [verb + shown.join(", ") + (all.length > 3 ? ` and ${all.length - 3} more` : "")] : [];
}

/** A plan in one sentence. */
export function summarize({ diff, transition, reasons, containers, download, brokenSignatures }: UpdatePlan): string {
  const actions = (["stop", "restart", "start"] as const).flatMap((verb) => {
    const who = containers.filter(({ action }) => action === verb);
    return names(
      `${verb}s `,
      who.map(({ name }) => name),
    );
  });
  const why = names(
    `${transition.replace(/t$/, "ts")}: `,
    reasons.map(({ message }) => message),
  );
  actions.push(diff.parts[0] ? "no reboot" : "nothing changes");
  const { ids, sizeBytes } = download;
  const size = sizeBytes === undefined ? "size unknown" : formatBytes(sizeBytes);
  const said = [
    reasons[0] ? why : actions.join(", "),
    ...(ids[0] ? [`downloads ${ids.length} object${ids[1] ? "s" : ""} (${size})`] : []),
    ...names("breaks the signature of ", brokenSignatures),
  ].join("; ");
  return `${said[0]!.toUpperCase() + said.slice(1)}.`;
}
