import type { Finding } from "../../core/index.ts";
import type {
  DocumentChange,
  ImageDiff,
  ObjectChange,
  ObjectSet,
  PartDiff,
  Reason,
  StateDiff,
  UpdatePlan,
} from "../types.ts";
import { memberChanges } from "./members.ts";
import { formatBytes, shortId } from "./text-of.ts";

/** Our own words, or text of others that every format must escape: as code, or as a sentence. */
export type Inline = string | { code: string } | { said: string };

/** One line of a report, with lines below it. */
export interface Item {
  mark: "+" | "-" | "~" | "!" | "";
  text: readonly Inline[];
  items?: readonly Item[];
}

/** What every format shows, in its order. */
export interface Report {
  summary: readonly Inline[];
  sections: readonly { heading: readonly Inline[]; items: readonly Item[] }[];
}

const code = (text: string): Inline => ({ code: text });
const said = (text: string): Inline => ({ said: text });
const marks = { added: "+", removed: "-", changed: "~" } as const;
/** Rules that make a device reboot; all others refuse. */
const rebootRules = new Set(["BSP_CHANGED", "DEVICE_CHANGED", "OWNER_NONE", "RESTART_POLICY_SYSTEM"]);

const joined = (names: readonly string[]): Inline[] =>
  names.flatMap((name, index) => (index === 0 ? [code(name)] : [", ", code(name)]));

function reasonItem({ path, rule, message }: Reason): Item {
  const about = path === "" || message.includes(path) ? [] : [code(path), ": "];
  return { mark: "!", text: [...about, said(message), " [", code(rule), "]"] };
}

function objectItem(what: string, { ids, sizeBytes }: ObjectSet): Item {
  const size = sizeBytes === undefined ? "size unknown" : formatBytes(sizeBytes);
  return { mark: "", text: [`${what}: ${ids.length} ${ids.length === 1 ? "object" : "objects"}, ${size}`] };
}

function findingItem({ severity, code: name, path, message, effect, hint }: Finding): Item {
  const text: Inline[] = [`${severity}: `, code(path), ": ", said(message), " [", code(name), "]"];
  return {
    mark: severity === "error" ? "!" : "",
    text,
    items: [
      { mark: "", text: ["effect: ", said(effect)] },
      { mark: "", text: ["hint: ", said(hint)] },
    ],
  };
}

function changeItem(change: ObjectChange | DocumentChange): Item {
  const { path, before, after } = change;
  const mark = before === undefined ? "+" : after === undefined ? "-" : "~";
  if (change.kind === "object") {
    const ids = [change.before, change.after].filter((id) => id !== undefined).map(shortId);
    return {
      mark,
      text: [code(path), " ", ...ids.flatMap((id, index) => (index === 0 ? [code(id)] : [" → ", code(id)]))],
    };
  }
  const { shown, more } = memberChanges(before, after);
  const items = shown.map((member): Item => {
    const [was, is] = [member.before ?? "", member.after ?? ""].map(code) as [Inline, Inline];
    if (member.before === undefined) return { mark: "+", text: [code(member.path), ": ", is] };
    if (member.after === undefined) return { mark: "-", text: [code(member.path), ": ", was] };
    return { mark: "~", text: [code(member.path), ": ", was, " → ", is] };
  });
  if (more > 0) items.push({ mark: "", text: [`and ${more} more`] });
  return { mark, text: [code(path), ` (${change.aspects.join(", ")})`], items };
}

function partSection({ name, change, version, changes }: PartDiff): Report["sections"][number] {
  const from = version?.before === undefined ? [] : [code(version.before)];
  const to = version?.after === undefined ? [] : [code(version.after)];
  const versions: Inline[] = version ? [", version ", ...from, ...(from[0] && to[0] ? [" → "] : []), ...to] : [];
  return { heading: [code(name), `: ${change}`, ...versions], items: changes.map(changeItem) };
}

function imageSection({ path, changes }: ImageDiff): Report["sections"][number] {
  const items = changes.map((change): Item => {
    const delta =
      change.deltaBytes === 0 ? "" : `, ${change.deltaBytes > 0 ? "+" : ""}${formatBytes(change.deltaBytes)}`;
    const what =
      change.change === "changed" ? ` (${change.aspects.join(", ")}${delta})` : delta && ` (${delta.slice(2)})`;
    return { mark: marks[change.change], text: [code(change.path), what] };
  });
  return { heading: ["Inside ", code(path)], items };
}

function planSections(plan: UpdatePlan): Report["sections"][number][] {
  const refusals = plan.reasons.filter(({ rule }) => !rebootRules.has(rule));
  const reboots = plan.reasons.filter(({ rule }) => rebootRules.has(rule));
  const actions = (["stop", "restart", "start", "keep"] as const).flatMap((action): Item[] => {
    const names = plan.containers.filter((container) => container.action === action).map(({ name }) => name);
    return names.length > 0 ? [{ mark: "", text: [`${action}: `, ...joined(names)] }] : [];
  });
  const sections = [
    { heading: ["Why it is rejected"], items: refusals.map(reasonItem) },
    {
      heading: [plan.transition === "rejected" ? "Why it would reboot" : "Why it reboots"],
      items: reboots.map(reasonItem),
    },
    { heading: ["Containers"], items: actions },
    {
      heading: ["Objects"],
      items: [
        objectItem("to download", plan.download),
        objectItem("already there", plan.kept),
        objectItem("no longer needed", plan.garbage),
      ],
    },
    {
      heading: ["Broken signatures"],
      items: plan.brokenSignatures.map(
        (name): Item => ({ mark: "!", text: [code(name), ": what it covers changed; sign it anew"] }),
      ),
    },
    { heading: ["Findings"], items: plan.findings.map(findingItem) },
  ];
  return sections.filter(({ items }) => items.length > 0);
}

/** What there is to say of a difference or a plan. */
export function reportOf(what: StateDiff | UpdatePlan): Report {
  const plan = "transition" in what ? what : undefined;
  const parts = (plan ? plan.diff : (what as StateDiff)).parts;
  const count = `${parts.length} ${parts.length === 1 ? "part differs" : "parts differ"}`;
  return {
    summary: [plan ? said(plan.summary) : parts.length === 0 ? "Nothing differs." : `${count}.`],
    sections: [
      ...(plan ? planSections(plan) : []),
      ...parts.map(partSection),
      ...(plan?.images ?? []).map(imageSection),
    ],
  };
}
