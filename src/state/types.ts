import type { JsonObject, ObjectId } from "../core/index.ts";

/** Frozen. */
export interface State extends JsonObject {
  "#spec": string;
}
/** Some keys of a state. */
export interface StatePart extends JsonObject {}
/** A state or what carries one. */
export type StateLike = State | { state: State };
/** What a container may set, as run.json spells it; defaults come from its group. */
export type RunSettings = {
  group?: string;
  restart_policy?: "system" | "container";
  status_goal?: "MOUNTED" | "STARTED" | "READY";
  roles?: readonly string[];
  auto_recovery?: AutoRecovery;
  drivers?: { required?: readonly string[]; optional?: readonly string[]; manual?: readonly string[] };
  network?: JsonObject;
  logs?: readonly JsonObject[];
  services?: { required?: readonly ServiceNeed[]; optional?: readonly ServiceNeed[] };
};
/** Restarts; seconds. */
export type AutoRecovery = {
  policy: "no" | "always" | "on-failure" | "unless-stopped";
  max_retries?: number;
  retry_delay?: number;
  backoff_factor?: number;
  stable_timeout?: number;
  backoff_policy?: string;
};
/** What a device connects. */
export type ServiceType = "unix" | "rest" | "dbus" | "drm" | "wayland" | "input";
/** A service asked for. */
export type ServiceNeed = { name: string; type: ServiceType; target?: string; interface?: string; role?: string };
/** A service given. */
export type ServiceOffer = { name: string; type: ServiceType; socket?: string };
/** run.json. */
export type RunDocument = RunSettings & {
  name: string;
  type: "lxc";
  config?: string;
  "root-volume"?: string;
  volumes?: readonly string[];
  storage?: Readonly<Record<string, VolumeDocument>>;
  exports?: readonly string[];
};
/** Where data lives. */
export type Persistence = "permanent" | "revision" | "boot";
/** One volume. */
export type VolumeDocument = { persistence: Persistence; disk?: string };
/** One group; order is start order, seconds. */
export type GroupDocument = {
  name: string;
  status_goal?: "MOUNTED" | "STARTED" | "READY";
  restart_policy?: "system" | "container";
  timeout?: number;
  auto_recovery?: AutoRecovery;
  description?: string;
};
/** device.json; the four standard groups unless given. */
export type DeviceDocument = {
  groups?: readonly GroupDocument[];
  disks?: readonly JsonObject[];
  volumes?: Readonly<Record<string, VolumeDocument>>;
  network?: JsonObject;
};
/** bsp/run.json: linux and initrd, or fit, or rpiab. */
export type BspDocument = {
  linux?: string;
  initrd?: string;
  fdt?: string;
  fit?: string;
  rpiab?: string;
  addons?: readonly string[];
  modules?: string;
  firmware?: string;
};
/** One part. */
export interface Part {
  name: string;
  kind: "device" | "bsp" | "container" | "other";
  keys: readonly string[];
  objects: ReadonlyMap<string, ObjectId>;
  run?: RunDocument;
  services?: readonly ServiceOffer[];
  signatures: readonly string[];
}
