import { canonicalJson, carryNumber, type JsonObject, type SignatureReport, type State } from "@pv/sdk";

/** What signatures say together of each key: it is enough if one of them protects it. */
export function summaryOf(state: State, reports: readonly SignatureReport[]): JsonObject {
  if (reports.length === 0) return {};
  const selected = new Set(reports.flatMap(({ paths }) => paths));
  const excluded = new Set(reports.flatMap((report) => report.excluded));
  const keys = Object.keys(state).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lists = {
    protected: keys.filter((key) => selected.has(key)),
    excluded: keys.filter((key) => excluded.has(key) && !selected.has(key)),
    notseen: keys.filter((key) => !selected.has(key) && !excluded.has(key)),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0));
}

/** A signature as `sig ls --with-sigs` shows it; the payload if asked for or in the file, in plain base64, without padding, as pvr has it. */
export function signatureText(state: State, { path, paths }: SignatureReport, withPayload: boolean): JsonObject {
  const { protected: head, signature, payload: embedded } = state[path] as JsonObject;
  const selected: Record<string, JsonObject[string]> = {};
  for (const key of paths) {
    selected[key] = state[key]!;
    carryNumber(selected, state, key);
  }
  const payload = canonicalJson(selected);
  return {
    ...(withPayload || embedded ? { payload: Buffer.from(payload).toString("base64").replace(/=+$/, "") } : {}),
    protected: head!,
    signature: signature!,
  };
}
