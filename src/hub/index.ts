/**
 * Pantahub and devices on the LAN: the pvr protocol from the client's side.
 *
 * @module
 */
export { connectHub, type HubOptions } from "./connect-hub.ts";
export { connectLan, lanUrl } from "./connect-lan.ts";
export { type JsonAnswer, type JsonRequest, type Requester, requestJson } from "./json-request.ts";
export { type PvrAuthOptions, parseHubChallenge, pvrAuth, type TokenCache } from "./pvr-auth.ts";
export { type PostedStep, postRevision, type RemotePost, remoteInfo, remoteRevision, remoteState } from "./remote.ts";
export { downloadObject, uploadObjects } from "./remote-objects.ts";
export type * from "./types.ts";
