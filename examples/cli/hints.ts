import { isPvError, PvError } from "@pv/sdk/core";

/** The library's words in the words of the command line. */
const words: readonly (readonly [RegExp, string])[] = [
  [/initRepository \(pvsdk init\)/, "pvsdk init"],
  [/writeExport or pvr export/, "pvsdk export"],
  [/fetch what missingObjects names first/, "get what is missing first"],
  [/missingObjects\(revision\) lists what a revision lacks/, "get the revision again from where it came"],
  [/drop (it|them|extended attributes) with mapTree(?:, or write a .*)?/, "leave $1 out"],
  [/use directoryStore.*/, "give what it comes from as a file on the disk"],
  [/(?:open and read it before the next entry, or )?give readTar.*/, "give it uncompressed, as a file"],
  [/replaceParts\(revision, by\).*/, "leave one of them out"],
  [/; an OCI layout needs imageLayout/, ""],
  [/give it uncompressed and as a file: fileSource\(path\)/, "give it uncompressed, as a file"],
  [/; composeState does/, ""],
  [/, as writeSquashfs does/, ""],
  [/createRevision knows all its containers; createContainer needs within/, "add the container it builds on first"],
  [/use readDirectory/, "name a file"],
  [/give its stream instead, such as process\.stdin/, "copy it to a file first"],
  [/, the network and, for a private CA, the fetch option/, " and the network; NODE_EXTRA_CA_CERTS names a private CA"],
];

/** A hint for whoever types commands and calls no function. */
export function inCommandWords(hint: string): string {
  return words.reduce((text, [library, commandLine]) => text.replace(library, commandLine), hint);
}

/** The error with its hint in the words of the command line. */
export function forCommandLine(error: unknown): unknown {
  if (!isPvError(error) || error.hint === undefined) return error;
  const { code, message, data, hint } = error;
  return new PvError(code, message, data as never, { hint: inCommandWords(hint), cause: error });
}
