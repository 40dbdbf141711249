export {};
export { dockerAuth } from "./docker-auth.ts";
