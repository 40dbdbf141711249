import { type DeviceDocument, listParts, objectSizes, type Revision } from "@pv/sdk";

/** Bytes as a person reads them. */
function human(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${sizeBytes} B`;
  return sizeBytes < 2 ** 20 ? `${(sizeBytes / 1024).toFixed(1)} KiB` : `${(sizeBytes / 2 ** 20).toFixed(1)} MiB`;
}

/** One line a part: name, group, goal, size of its objects, its largest object. */
export async function partTable(revision: Revision): Promise<string> {
  const sizes = await objectSizes(revision);
  const { groups = [] } = revision.state["device.json"] as DeviceDocument;
  const goalOf = (group: string | undefined): string => groups.find(({ name }) => name === group)?.status_goal ?? "";
  const rows = [["part", "group", "goal", "size", "object"]];
  for (const part of listParts(revision)) {
    if (part.kind === "other") continue; // signatures of what is no part
    const objects = [...part.objects].map(([path, id]) => ({ path, id, sizeBytes: sizes.get(id) ?? 0 }));
    const largest = objects.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0];
    const total = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    rows.push([
      part.name,
      part.run?.group ?? "",
      part.run?.status_goal ?? goalOf(part.run?.group),
      human(total),
      largest ? `${largest.id.slice(0, 12)} ${largest.path}` : "",
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
