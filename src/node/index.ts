export { directoryStore } from "./directory-store.ts";
export { dockerAuth } from "./docker-auth.ts";
