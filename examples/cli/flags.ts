/** Flags as Go programs read them, on the way to a parser that reads them as most others do. */

/** Go's `ParseBool`; undefined for what is neither. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  return undefined;
}

/** Long and short names of flags, and whether a value follows. */
export type Flags = ReadonlyMap<string, boolean>;

/** Names in `-m, --message <text>`. */
export function flagNames(flags: string): readonly (readonly [name: string, takesValue: boolean])[] {
  return [...flags.matchAll(/(?<=^|\s)--?([A-Za-z][A-Za-z-]*)/g)].map(([, name]) => [name!, /[<[]/.test(flags)]);
}

/** `-parts x` as `--parts x`, `--raw=false` as nothing; what stands behind a flag that takes a value is left alone. */
export function plainFlags(args: readonly string[], flags: Flags): readonly string[] {
  const plain: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return [...plain, ...args.slice(at)];
    const [, name, value] = /^--?([A-Za-z][A-Za-z-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const takesValue = name === undefined ? undefined : flags.get(name);
    if (name === undefined || takesValue === undefined) {
      plain.push(arg);
      continue;
    }
    const long = name.length === 1 ? `-${name}` : `--${name}`;
    if (takesValue) {
      plain.push(long);
      if (value !== undefined) plain.push(value);
      else if (at + 1 < args.length) plain.push(args[++at]!);
    } else if (value === undefined || parseBool(value) === true) plain.push(long);
    else if (parseBool(value) === undefined) plain.push(arg);
  }
  return plain;
}
