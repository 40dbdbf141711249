import type { SquashfsOptions } from "@pv/sdk/squashfs";
import { ExitError } from "./failures.ts";

/** Options of mksquashfs, as far as ours has the same. */
export interface FormatOptions {
  squashfs: SquashfsOptions;
  /** Paths left out (`-e`). */
  exclude: readonly string[];
  /** `-all-root`. */
  allRoot: boolean;
  /** Words that have no meaning here. */
  ignored: readonly string[];
}

const compressors: readonly string[] = ["gzip", "xz", "lz4", "zstd"];
/** Words with a value that changes nothing here. */
const withValue: ReadonlySet<string> = new Set(["-processors", "-mem", "-Xbcj", "-Xdict-size", "-Xstrategy"]);

function blockSize(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([kKmM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new ExitError(`--format-options: "${text}" is no block size`, 3);
  return Number(digits) * { "": 1, k: 1024, m: 1024 ** 2 }[unit.toLowerCase()]!;
}

/** `-comp xz -b 65536 -e lib/modules`: split at blanks, as pvr hands it to mksquashfs. */
export function parseFormatOptions(text: string): FormatOptions {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const squashfs: SquashfsOptions = {};
  const [exclude, ignored]: [string[], string[]] = [[], []];
  let allRoot = false;
  const value = (at: number): string => {
    if (words[at] === undefined) throw new ExitError(`--format-options: ${words[at - 1]} needs a value`, 3);
    return words[at];
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "-comp") {
      const name = value(++at);
      if (!compressors.includes(name)) throw new ExitError(`--format-options: no compressor is called ${name}`, 3);
      squashfs.compressor = name as NonNullable<SquashfsOptions["compressor"]>;
    } else if (word === "-b") squashfs.blockSizeBytes = blockSize(value(++at));
    else if (word === "-Xcompression-level") squashfs.level = Number(value(++at));
    else if (word === "-Xhc") squashfs.level = 12;
    else if (word === "-exports") squashfs.exportTable = true;
    else if (word === "-all-root" || word === "-root-owned") allRoot = true;
    else if (word === "-e")
      while (words[at + 1] !== undefined && !words[at + 1]!.startsWith("-")) exclude.push(words[++at]!);
    else if (withValue.has(word)) ignored.push(`${word} ${value(++at)}`);
    else if (word !== "-noappend" && word !== "-no-progress") ignored.push(word);
  }
  return { squashfs, exclude: exclude.map((path) => path.replace(/^\/+|\/+$/g, "")), allRoot, ignored };
}
