import type { Repository } from "@pv/sdk/repo";

/** Local time as RFC 3339 with an offset, whole seconds, as pvr writes it. */
function localTime(now: Date): string {
  const pad = (value: number): string => String(Math.abs(value)).padStart(2, "0");
  const offset = -now.getTimezoneOffset();
  const zone = offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${pad(Math.trunc(offset / 60))}:${pad(offset % 60)}`;
  const date = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
  return `${date}T${pad(now.getHours())}:${pad(now.getMinutes())}:${pad(now.getSeconds())}${zone}`;
}

/** Writes and tracks `checkpoint.json`: a revision that differs from the last one even if nothing else does. */
export async function checkpoint(repository: Repository): Promise<void> {
  await repository.folder.write("checkpoint.json", JSON.stringify({ major: localTime(new Date()) }));
  await repository.add("checkpoint.json");
}
