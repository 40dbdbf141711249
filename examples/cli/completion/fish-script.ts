import { type Place, quoted } from "./words.ts";

const PARTS = "'(pvsdk completion parts 2>/dev/null)'";

/** fish has no backslash-quote trick: within single quotes it escapes both. */
function word(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Completion of fish: where one is decides, as in the other shells. */
export function fishScript(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  const lines = places.flatMap(({ path, words, flags, takesParts }) => {
    const here = `complete -c pvsdk -n ${word(`__pvsdk_at ${word(path)}`)}`;
    return [
      ...words.map(({ name, summary }) => `${here} -f -a ${word(name)} -d ${word(summary)}`),
      ...(takesParts ? [`${here} -f -a ${PARTS}`] : []),
      ...flags.map((flag) => {
        const names = flag.names.map((name) =>
          name.startsWith("--") ? `-l ${word(name.slice(2))}` : `-s ${word(name.slice(1))}`,
        );
        const value = flag.takesParts ? ` -x -a ${PARTS}` : flag.takesValue ? " -r" : "";
        return `${here} ${names.join(" ")} -d ${word(flag.summary)}${value}`;
      }),
    ];
  });
  return `function __pvsdk_at
    set -l place ''
    for each in (commandline -opc)[2..-1]
        set -l next (string trim -- "$place $each")
        switch $next
            case ${known.join(" ")}
                set place $next
        end
    end
    test "$place" = "$argv[1]"
end
${lines.join("\n")}`;
}
