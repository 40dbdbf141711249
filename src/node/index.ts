export { directoryStore } from "./directory-store.ts";
export { dockerAuth } from "./docker-auth.ts";
export { fileSink } from "./file-sink.ts";
export { fileSource } from "./file-source.ts";
export { saveFile } from "./save-file.ts";
