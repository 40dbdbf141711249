import { deviceSummaries } from "@pv/sdk/hub";
import type { Run } from "../../command.ts";
import { hubUrl, requester } from "../../remote.ts";

const columns = [
  ["ID", "deviceid"],
  ["NICK", "device-nick"],
  ["REV", "revision"],
  ["STATUS", "status"],
  ["STATE", "state-sha"],
  ["SEEN", "timestamp"],
  ["IP", "real-ip"],
  ["MESSAGE", "status-msg"],
] as const;

/** The devices of the account, a line each. */
export const run: Run = async (context) => {
  const devices = await deviceSummaries(requester(context), hubUrl(context));
  if (context.json) return context.print(JSON.stringify(devices));
  const cell = (value: unknown): string => String(value ?? "").replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  const rows = devices.map((device) =>
    columns.map(([title, key]) => cell(title === "STATE" ? String(device[key] ?? "").slice(0, 8) : device[key])),
  );
  const table = [columns.map(([title]) => title as string), ...rows];
  const widths = columns.map((_, at) => Math.max(...table.map((row) => row[at]!.length)));
  for (const row of table) context.print(`  ${row.map((text, at) => text.padEnd(widths[at]!)).join("   ")}  `);
};
