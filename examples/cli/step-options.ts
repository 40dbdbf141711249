/** Flags of what posts a step. */
export const stepOptions: readonly (readonly [flags: string, description: string])[] = [
  ["-e, --envelope <json>", "a JSON object to put the step into"],
  ["-m, --commit-msg <text>", "the message"],
  ["--rev <number>", "number of the new revision; -1 (default) appends"],
  ["-f, --force", "upload also objects that are there"],
];
