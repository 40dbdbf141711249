/** Findings of the reading itself. */

/** Kind, hint and, for a warning, effect; `reject` and `crash` have effects of their own. */
export type Row = readonly [kind: "reject" | "crash" | "fail" | "warn", hint: string, effect?: string];

const SHADOW = "no string value may equal a key that is read there, and no nested key may come before the real one";
const OTHER_VALUE = "the device goes on with the other value";
const AS_DEFAULT = "the device goes on as if it were not there";

export type ParseCode =
  | "JSON_INVALID"
  | "JSON_TOO_DEEP"
  | "JSON_TOO_LARGE"
  | "STATE_NOT_OBJECT"
  | "TEXT_NUL"
  | "TEXT_NOT_UTF8"
  | "TEXT_AFTER_STATE"
  | "SPEC_MISSING"
  | "SPEC_REFUSED"
  | "SPEC_UNKNOWN"
  | "SPEC_LEGACY"
  | "RESERVED_LAST"
  | "RESERVED_REPEATED"
  | "RESERVED_ELSEWHERE"
  | "VALUE_BEYOND_TABLE"
  | "VALUE_UNCLOSED"
  | "KEY_SHADOWED"
  | "KEY_MISSPELLED"
  | "KEY_SKIPPED"
  | "KEY_BARE"
  | "KEY_REPEATED"
  | "KEY_ESCAPED"
  | "KEY_UNSAFE"
  | "KEY_SLASHES"
  | "NUMBER_MISREAD"
  | "VALUE_IGNORED"
  | "LIST_SHIFTED"
  | "LIST_UNDEFINED"
  | "DEVICE_UNREAD"
  | "DOCUMENT_IGNORED"
  | "GROUPS_INVALID"
  | "GROUPS_NONE"
  | "GROUP_INVALID"
  | "GROUP_NAMELESS"
  | "GROUP_REPEATED"
  | "GROUP_TIMEOUT_INVALID"
  | "TIMEOUT_MISREAD"
  | "STATUS_GOAL_INVALID"
  | "RESTART_POLICY_INVALID"
  | "DISKS_INVALID"
  | "DISK_INVALID"
  | "DISK_TYPE_UNKNOWN"
  | "DISK_SKIPPED"
  | "DISK_NAMELESS"
  | "DISK_REPEATED"
  | "DISK_ALIAS_EMPTY"
  | "DISK_ALIAS_TAKEN"
  | "DISK_DEFAULT_REPEATED"
  | "DISK_FORMAT_UNKNOWN"
  | "VOLUMES_INVALID"
  | "POOL_DROPPED"
  | "STORAGE_DROPPED"
  | "PERSISTENCE_UNKNOWN"
  | "BSP_REPEATED"
  | "BSP_IMAGE_MISSING"
  | "BSP_RPIAB_MISSING"
  | "BSP_INVALID"
  | "BSP_INCOMPLETE"
  | "DRIVERS_INVALID"
  | "DRIVER_UNREADABLE"
  | "DRIVER_IGNORED"
  | "DRIVERS_UNREAD"
  | "CONTAINER_INVALID"
  | "CONTAINER_EMPTY"
  | "CONTAINER_NAMELESS"
  | "CONTAINER_NAMELESS_CRASH"
  | "CONTAINER_UNEXPECTED"
  | "GROUP_UNKNOWN"
  | "RUNLEVEL_GROUP_MISSING"
  | "ROLES_INVALID"
  | "AUTO_RECOVERY_UNREADABLE"
  | "AUTO_RECOVERY_IGNORED"
  | "BACKOFF_UNKNOWN"
  | "NETWORK_UNREADABLE"
  | "LOGS_INVALID"
  | "EXPORTS_INVALID"
  | "SERVICE_TYPE_UNKNOWN"
  | "SERVICES_LOST"
  | "OFFER_NAMELESS";

export const parseRows: Readonly<Record<ParseCode, Row>> = {
  JSON_INVALID: ["reject", "correct the text at that place"],
  JSON_TOO_DEEP: ["reject", "no document of a state nests deeper than ten levels"],
  JSON_TOO_LARGE: ["reject", "a hub delivers at most 2 MiB of state; files belong into objects, not into the state"],
  STATE_NOT_OBJECT: ["reject", "a state is one object, from paths to objects and documents"],
  TEXT_NUL: ["warn", "remove the byte", "what follows does not exist for the device"],
  TEXT_NOT_UTF8: ["warn", "write the text in UTF-8", "the device takes the bytes as they are; no other tool does"],
  TEXT_AFTER_STATE: ["warn", "remove it", "it defines nothing, but its strings count in every look-up"],

  SPEC_MISSING: ["reject", 'begin the state with "#spec":"pantavisor-service-system@1"'],
  SPEC_REFUSED: ["reject", '"#spec" must come first and be "pantavisor-service-system@1"'],
  SPEC_UNKNOWN: ["crash", '"#spec" must come first and be "pantavisor-service-system@1"'],
  SPEC_LEGACY: [
    "warn",
    'use "pantavisor-service-system@1"',
    "the device reads it as a multi-platform state; nothing of that is checked here",
  ],
  RESERVED_LAST: ["reject", "let the value follow the key"],
  RESERVED_REPEATED: ["warn", "let no other string of the state be that name", "the device ignores the document"],
  RESERVED_ELSEWHERE: [
    "warn",
    "let no other string of the state be that name",
    "the device reads the document from there",
  ],

  VALUE_BEYOND_TABLE: [
    "reject",
    "give the key a value",
    "the device reads memory that is not the text's: it may take the state, refuse it or die",
  ],
  VALUE_UNCLOSED: ["crash", "write an object, not a text that looks like one"],
  KEY_SHADOWED: ["warn", SHADOW, OTHER_VALUE],
  KEY_MISSPELLED: ["warn", "correct the spelling", AS_DEFAULT],
  KEY_SKIPPED: ["warn", "rename the file", "the device leaves the file out of the revision"],
  KEY_BARE: ["warn", "quote the key and give it a value", "the device takes it for a key all the same"],
  KEY_REPEATED: ["warn", "keep one of them", "the device uses both, other tools the last one"],
  KEY_ESCAPED: ["warn", "write the key without escapes", "the device keeps the escapes as part of the name"],
  KEY_UNSAFE: [
    "warn",
    'write paths without "", "." and ".." components',
    "the file may land outside its folder, or nowhere",
  ],
  KEY_SLASHES: ["crash", "remove the key"],
  NUMBER_MISREAD: ["warn", "write a plain number", "the device reads the next bare number after the key, or 0"],
  VALUE_IGNORED: ["warn", "correct the value or leave it out", AS_DEFAULT],
  LIST_SHIFTED: [
    "warn",
    "let only the last element of the list hold nested values",
    "elements are lost, or made of something else",
  ],
  LIST_UNDEFINED: [
    "reject",
    "let every element of the list be an object of pairs",
    "the device reads memory that is not the list's: it may take the state, refuse it or die",
  ],

  DEVICE_UNREAD: [
    "warn",
    "give device.json a list of groups",
    "nothing of device.json is used; with a container the runtime dies",
  ],
  DOCUMENT_IGNORED: ["warn", "move its content into device.json", "device.json replaces it"],
  GROUPS_INVALID: ["reject", "groups is a list of at least one group"],
  GROUPS_NONE: ["crash", "give device.json a list of groups, or leave device.json out"],
  GROUP_INVALID: ["reject", "a group is an object with a name; only the last one may hold nested values"],
  GROUP_NAMELESS: ["reject", "give the group a name"],
  GROUP_REPEATED: ["warn", "give each group a name of its own", "containers join the first one"],
  GROUP_TIMEOUT_INVALID: ["reject", "a timeout is a number of seconds from 0 to 2147483647"],
  TIMEOUT_MISREAD: [
    "warn",
    "write a plain number of seconds",
    "glibc devices use what they read; musl refuses what begins with no digit (read, not measured)",
  ],
  STATUS_GOAL_INVALID: ["reject", "one of MOUNTED, STARTED, READY, in capitals"],
  RESTART_POLICY_INVALID: ["reject", "one of system, container"],

  DISKS_INVALID: ["reject", "a disk list has at least one disk; leave an empty one out"],
  DISK_INVALID: ["reject", "a disk is an object with name and type; only the last one may hold nested values"],
  DISK_TYPE_UNKNOWN: ["reject", "one of dm-crypt-versatile, dm-crypt-caam, dm-crypt-dcp, swap-disk, volume-disk, dual"],
  DISK_SKIPPED: ["warn", "correct the type", "the device passes over the disk"],
  DISK_NAMELESS: ["reject", "give the disk a name"],
  DISK_REPEATED: ["warn", "give each disk a name of its own", "volumes find the first one"],
  DISK_ALIAS_EMPTY: ["reject", "remove the alias"],
  DISK_ALIAS_TAKEN: ["reject", "choose another alias"],
  DISK_DEFAULT_REPEATED: ["warn", 'let one disk have "default":"yes"', "volumes go to the first one"],
  DISK_FORMAT_UNKNOWN: ["warn", "one of ext4, ext3, swap", "the device does not know how to make or mount it"],
  VOLUMES_INVALID: ["reject", "an object of volumes in device.json, a list of names in run.json"],
  POOL_DROPPED: [
    "warn",
    "a pool has subnet (CIDR), gateway, and bridge or parent",
    "the pool does not exist on the device",
  ],
  STORAGE_DROPPED: ["warn", "add persistence: permanent, revision or boot", "the device drops the entry"],
  PERSISTENCE_UNKNOWN: ["warn", "one of permanent, revision, boot", "the data is lost at each boot"],

  BSP_REPEATED: ["reject", 'let no other string of the state be "bsp/run.json"'],
  BSP_IMAGE_MISSING: ["reject", "name linux and initrd, or fit, or rpiab"],
  BSP_RPIAB_MISSING: ["reject", "name the rpiab image, and no fit"],
  BSP_INVALID: ["reject", "bsp/run.json is an object"],
  BSP_INCOMPLETE: ["warn", "name linux and initrd", "the device takes it, then links the wrong boot files"],
  DRIVERS_INVALID: ["reject", "an object of aliases, each with a list of module lines"],
  DRIVER_UNREADABLE: ["reject", "an alias has a list of module lines"],
  DRIVER_IGNORED: ["warn", "an alias has a list of module lines", AS_DEFAULT],
  DRIVERS_UNREAD: [
    "warn",
    'put the aliases below "all"',
    'this runtime reads "all" and its own FIT configuration only',
  ],

  CONTAINER_INVALID: ["reject", "run.json is an object"],
  CONTAINER_EMPTY: ["warn", "give it name and type", "there is no such container on the device"],
  CONTAINER_NAMELESS: ["reject", "give the container a name"],
  CONTAINER_NAMELESS_CRASH: ["crash", "give the container a name"],
  CONTAINER_UNEXPECTED: [
    "warn",
    "keep run.json in the container's own folder",
    "every key that ends in /run.json is a container",
  ],
  GROUP_UNKNOWN: ["reject", "name a group of device.json"],
  RUNLEVEL_GROUP_MISSING: ["reject", "name a group of device.json instead of a runlevel"],
  ROLES_INVALID: ["reject", 'roles is a list, such as ["mgmt"]'],
  AUTO_RECOVERY_UNREADABLE: ["reject", "auto_recovery is an object"],
  AUTO_RECOVERY_IGNORED: [
    "warn",
    "an object whose policy is no, always, on-failure or unless-stopped",
    "the container is not restarted",
  ],
  BACKOFF_UNKNOWN: ["warn", 'reboot, never, or a time such as "10min"', "the device reboots, or counts seconds"],
  NETWORK_UNREADABLE: ["reject", "network is an object"],
  LOGS_INVALID: ["reject", "logs is a list of objects that are not empty"],
  EXPORTS_INVALID: ["reject", "exports is a list of names"],
  SERVICE_TYPE_UNKNOWN: ["warn", "one of unix, rest, dbus, drm, wayland, input", "nothing connects the service"],
  SERVICES_LOST: ["warn", "run.json comes first, and its name is the folder's", "the services are not offered"],
  OFFER_NAMELESS: ["warn", "give the service a name", "nobody can ask for it"],
};
