/** Findings of what comes after the reading: the start of the containers, and updates. */
import type { Row } from "./rules-parse.ts";

const FAILS = "the revision fails at start: an update rolls back";

export type StartCode =
  | "TYPE_MISSING"
  | "TYPE_UNKNOWN"
  | "CONFIG_MISSING"
  | "CONFIG_LIST"
  | "CONFIG_FILE_MISSING"
  | "VOLUME_SUFFIX_MISSING"
  | "VOLUME_MISSING"
  | "DISK_UNKNOWN"
  | "POOL_UNKNOWN"
  | "SERVICE_UNMET"
  | "SERVICE_HOSTED"
  | "SERVICE_ABSENT"
  | "SERVICE_TYPE_UNLIKE"
  | "SERVICE_REPEATED"
  | "SERVICE_SOCKETLESS"
  | "DRIVER_UNKNOWN"
  | "NAME_REPEATED"
  | "NAME_UNLIKE_FOLDER"
  | "OVERLAY_OWNERLESS";

export const startRows: Readonly<Record<StartCode, Row>> = {
  TYPE_MISSING: [
    "fail",
    'add "type":"lxc", also to a container that is only mounted',
    "the runtime itself dies with SIGSEGV at boot",
  ],
  TYPE_UNKNOWN: ["fail", 'use "type":"lxc"', FAILS],
  CONFIG_MISSING: [
    "fail",
    "name its lxc.container.conf",
    "the runtime itself dies with SIGSEGV when it starts the container",
  ],
  CONFIG_LIST: ["fail", "name one file", FAILS],
  CONFIG_FILE_MISSING: ["fail", "add the file to the container's folder", FAILS],
  VOLUME_SUFFIX_MISSING: [
    "fail",
    "name the file with its type, such as root.squashfs",
    "the runtime itself dies when it mounts the volume",
  ],
  VOLUME_MISSING: ["fail", "add the file", FAILS],
  DISK_UNKNOWN: ["fail", "name a disk of device.json, or an alias", FAILS],
  POOL_UNKNOWN: ["fail", "define the pool in device.json", FAILS],
  SERVICE_UNMET: ["fail", "add a container whose services.json gives it, or make it optional", FAILS],
  SERVICE_HOSTED: [
    "warn",
    "switch the hosted bus on, or add a container that gives it",
    "met only where the device hosts the system bus itself",
  ],
  SERVICE_ABSENT: ["warn", "add a container whose services.json gives it", "the container runs without the service"],
  SERVICE_TYPE_UNLIKE: ["warn", "ask for the type that is given", "the device connects what is given, by its type"],
  SERVICE_REPEATED: ["warn", "give each service a name of its own", "the device connects both"],
  SERVICE_SOCKETLESS: ["warn", "name the socket in services.json", "the device cannot connect it"],
  DRIVER_UNKNOWN: ["warn", 'add the alias to "all" of bsp/drivers.json', "no module is loaded for it"],
  NAME_REPEATED: ["warn", "give each container a name of its own", "files and services go to the first one"],
  NAME_UNLIKE_FOLDER: [
    "warn",
    "call the container like its folder",
    "its files, volumes and services are looked for elsewhere",
  ],
  OVERLAY_OWNERLESS: ["warn", "add the container, or remove the overlay", "nothing lays it over a container"],
};

export type UpdateCode =
  | "BSP_FILE_MISSING"
  | "OBJECT_ID_INVALID"
  | "VALUE_UNSIGNABLE"
  | "VALUE_BARE"
  | "SIGNATURE_LIST_MISSING"
  | "SIGNATURE_REFUSED"
  | "SELECTION_EMPTY"
  | "SIGNATURE_OF_ITSELF"
  | "SIGNATURES_UNCHECKED"
  | "PATTERN_AMBIGUOUS"
  | "PART_UNSIGNED"
  | "SERVICE_NOT_RENDERED"
  | "SERVICE_NOT_IN_ARGS"
  | "STATE_NOT_CANONICAL"
  | "STATE_OVER_HUB_LIMIT"
  | "VOLUME_BIND";

export const updateRows: Readonly<Record<UpdateCode, Row>> = {
  BSP_FILE_MISSING: ["fail", "add the file to bsp/", "the revision cannot be installed"],
  OBJECT_ID_INVALID: [
    "fail",
    "64 lower-case hex digits, or a document in a .json key",
    "no such object can be loaded, or its checksum fails",
  ],
  VALUE_UNSIGNABLE: [
    "fail",
    "put it into an object, or into a document",
    "the signature check dies on it unless secure boot is disabled",
  ],
  VALUE_BARE: [
    "warn",
    "put it into an object or a list",
    "a device signs and checks it with quotes: no signature over it verifies",
  ],
  SIGNATURE_LIST_MISSING: ["fail", "sign again, with both lists", "the signature check dies on it"],
  SIGNATURE_REFUSED: ["fail", "sign again", "every update and boot is refused unless secure boot is disabled"],
  SELECTION_EMPTY: [
    "warn",
    "sign again, with patterns that match on a device",
    "the device signs a lone brace here, which no signer does: it refuses the state unless secure boot is disabled",
  ],
  SIGNATURE_OF_ITSELF: ["fail", 'exclude "_sigs/**"', "the signature can never verify"],
  SIGNATURES_UNCHECKED: [
    "warn",
    "sign parts with fewer patterns",
    "the device applies them all, slowly; what they cover was not looked at here",
  ],
  PATTERN_AMBIGUOUS: [
    "warn",
    'write "part/**" for a part, ["*","*/**"] for all',
    "the device and pvr check different payloads: one of them refuses",
  ],
  PART_UNSIGNED: ["warn", "sign the part", "strict devices refuse the state; others do not protect the part"],
  SERVICE_NOT_RENDERED: [
    "warn",
    "add the service to run.json, or render it again",
    "the device does not know that the container needs it",
  ],
  SERVICE_NOT_IN_ARGS: [
    "warn",
    "add it to PV_SERVICES_REQUIRED or PV_SERVICES_OPTIONAL",
    "the next rendering of run.json loses it",
  ],
  STATE_NOT_CANONICAL: [
    "warn",
    "send the canonical line (formatState)",
    "tools that write the state again change what is compared and signed",
  ],
  STATE_OVER_HUB_LIMIT: ["warn", "move files into objects", "a hub cannot deliver it: answers over 2 MiB are cut off"],
  VOLUME_BIND: ["warn", "use an image, or a .data folder", "an update installs a copy, which the next boot refuses"],
};
