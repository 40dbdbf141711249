import type { JsonObject } from "../../core/index.ts";
import type { VolumeDocument } from "./device-types.ts";

/** What a group, a container or a service has reached; a goal is what it has to reach. */
export type StatusGoal = "MOUNTED" | "STARTED" | "READY";

/**
 * What a change costs: `system` needs a reboot (and refuses stop and start over the control socket), `container`
 * restarts that container alone.
 */
export type RestartPolicy = "system" | "container";

/** How a device restarts a container that died. Times in seconds; the numbers must be JSON numbers. */
export type AutoRecovery = {
  /** `always` and `on-failure` are one in effect, `unless-stopped` never restarts; `no` takes over the group's whole object. */
  policy: "no" | "always" | "on-failure" | "unless-stopped";
  /** Restarts before it gives up; 0, the default, is without end. Used up during an update: rolled back. */
  max_retries?: number | undefined;
  /** Wait before the first restart; default 0. */
  retry_delay?: number | undefined;
  /** Each wait is the one before times this, where it is above 1. */
  backoff_factor?: number | undefined;
  /** Running this long sets the count of retries back to 0. */
  reset_window?: number | undefined;
  /** Running this long makes it stable; an update is not committed before. */
  stable_timeout?: number | undefined;
  /** When retries are used up: `reboot` (default), `never`, or try again after `30s`, `10min`, `1h`. */
  backoff_policy?: string | undefined;
};

/** What a device connects between containers. */
export type ServiceType = "unix" | "rest" | "dbus" | "drm" | "wayland" | "input";

/** A service asked for; a required one that no container offers fails the start, and so the update. */
export type ServiceNeed = {
  /** The name it is offered under. */
  name: string;
  /** Must be the offer's type to be connected. */
  type: ServiceType;
  /** Where in the container it appears, such as the path of a socket. */
  target?: string | undefined;
  /** The D-Bus interface, or the input device. */
  interface?: string | undefined;
  /** The role that the container takes towards the provider. */
  role?: string | undefined;
};

/** A service given, one entry of services.json. */
export type ServiceOffer = {
  /** The name others ask for; unique in a revision. */
  name: string;
  /** How it is connected. */
  type: ServiceType;
  /** The socket, seen from inside the container. */
  socket?: string | undefined;
  /** D-Bus on the device's own bus: the name owned there; `name` and `socket` are not read then. */
  owns?: string | undefined;
  /** D-Bus: the bus, `system-bus`. */
  bus?: string | undefined;
  /** D-Bus: the role that may own the name. */
  role?: string | undefined;
  /** D-Bus: the roles that may call it. */
  allow?: readonly string[] | undefined;
};

/** How a container reaches the network. */
export type ContainerNetwork = {
  /** `host`: the device's own; `pool`: an address of a pool of device.json; `none`, or any other word: left alone. */
  mode?: "host" | "pool" | "none" | undefined;
  /** The pool; implies `mode: "pool"`. One that does not exist fails the start. */
  pool?: string | undefined;
  /** Host name inside. */
  hostname?: string | undefined;
  /** A fixed address of the pool. */
  ip?: string | undefined;
  /** A fixed MAC address. */
  mac?: string | undefined;
};

/** What a container may set, as run.json spells it; defaults come from its group. */
export type RunSettings = {
  /** Decides start order and defaults. Unknown to device.json: the whole revision is refused. Absent: the last group. */
  group?: string | undefined;
  /** Absent: the group's. */
  restart_policy?: RestartPolicy | undefined;
  /** What the container must reach for the next group to start; absent: the group's. `READY` needs a signal from inside. */
  status_goal?: StatusGoal | undefined;
  /** What it may do on the control socket: `mgmt` (the default when absent) or `nobody`; others are ignored. */
  roles?: readonly string[] | undefined;
  /** Absent, or with policy `no`: the group's. */
  auto_recovery?: AutoRecovery | undefined;
  /** Aliases of bsp/drivers.json to load: before the start, if there, or when the container asks. */
  drivers?:
    | {
        required?: readonly string[] | undefined;
        optional?: readonly string[] | undefined;
        manual?: readonly string[] | undefined;
      }
    | undefined;
  /** Absent: as its lxc configuration says. */
  network?: ContainerNetwork | JsonObject | undefined;
  /** Log sources of the container, pairs of strings; an empty object here gets the revision refused. */
  logs?: readonly JsonObject[] | undefined;
  /** Services of other containers. */
  services?:
    | { required?: readonly ServiceNeed[] | undefined; optional?: readonly ServiceNeed[] | undefined }
    | undefined;
};

/** run.json: the document that makes a folder a container. */
export type RunDocument = RunSettings & {
  /** Must be the folder's name: the device does not check, but volumes, configuration and services get lost else. */
  name: string;
  /** The runtime; without it the device's main process dies at boot. */
  type: "lxc";
  /** The lxc configuration, a file of the folder; a container that is started must have one. */
  config?: string | undefined;
  /** The root file system: a file of the folder whose ending names the file system; `dm:` in front asks for verity. */
  "root-volume"?: string | undefined;
  /** More file systems, laid over the root in order. */
  volumes?: readonly string[] | undefined;
  /** Writable storage by name. */
  storage?: Readonly<Record<string, VolumeDocument>> | undefined;
  /** Files given to other containers; not empty: the lxc export hook runs. */
  exports?: readonly string[] | undefined;
  /** Deprecated name of `group`, for the four standard groups only; `group` wins. */
  runlevel?: string | undefined;
  /** `"no"`: modules and firmware of the board are not mounted into it. */
  automodfw?: string | undefined;
  /** Whether `/dev/log` of the device is mounted into it. */
  "dev-log"?: boolean | undefined;
};
