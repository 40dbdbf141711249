import { PvError } from "../../core/index.ts";

/** The compressor is in no package at hand. */
export function codecMissing(codec: string, install: string, hint: string, cause: unknown): PvError<"CODEC_MISSING"> {
  return new PvError(
    "CODEC_MISSING",
    `${codec} needs the package ${install}`,
    { codec, install },
    { hint: `npm install ${install}; ${hint}`, cause },
  );
}
