/**
 * Pantahub and devices on the LAN: the pvr protocol from the client's side.
 *
 * @module
 */
export { connectHub, type HubOptions } from "./connect-hub.ts";
export { connectLan, lanUrl } from "./connect-lan.ts";
export { downloadObject } from "./download-object.ts";
export { findDevices, type LanDevice, type MdnsSocket } from "./find-devices.ts";
export {
  authStatus,
  claimDevice,
  createDevice,
  deviceDocument,
  deviceSummaries,
  registerAccount,
  setDeviceMeta,
} from "./hub-account.ts";
export { type JsonAnswer, type JsonRequest, type Requester, requestJson } from "./json-request.ts";
export { type PvrAuthOptions, parseHubChallenge, pvrAuth, type TokenCache } from "./pvr-auth.ts";
export {
  checkPostable,
  type PostedStep,
  postRevision,
  putRevision,
  type RemotePost,
  remoteInfo,
  remoteRevision,
  remoteState,
  remoteStep,
} from "./remote.ts";
export type * from "./types.ts";
export { type UploadOptions, uploadObjects } from "./upload-objects.ts";
