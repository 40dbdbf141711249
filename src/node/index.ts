export { directoryStore } from "./directory-store.ts";
export { dockerAuth } from "./docker-auth.ts";
export { exitWithError } from "./exit-with-error.ts";
export { fileSink } from "./file-sink.ts";
export { fileSource } from "./file-source.ts";
export { readDirectory } from "./read-directory.ts";
export { saveFile } from "./save-file.ts";
export { type ProgressTerminal, terminalProgress } from "./terminal-progress.ts";
export { writeDirectory } from "./write-directory.ts";
