import { anyObject, type Check, count, factor, list, mapOf, object, oneOf, text } from "./shape.ts";

/** The values of documents as a device reads them (runtime.md sections 2 and 3), each with the keys looked up in it. */
export const statusGoal: Check = oneOf("MOUNTED", "STARTED", "READY");
export const restartPolicy: Check = oneOf("system", "container");

export const autoRecovery: Check = object(
  {
    policy: oneOf("no", "always", "on-failure", "unless-stopped"),
    max_retries: count,
    retry_delay: count,
    backoff_factor: factor,
    reset_window: count,
    stable_timeout: count,
    backoff_policy: text,
  },
  ["policy"],
);

export const volumes: Check = mapOf(
  object({ persistence: oneOf("permanent", "revision", "boot"), disk: text }, ["persistence"]),
);

const serviceType = oneOf("unix", "rest", "dbus", "drm", "wayland", "input");

const serviceNeeds: Check = list(
  object({ name: text, type: serviceType, role: text, interface: text, target: text }, ["name", "type"]),
);
export const services: Check = object({ required: serviceNeeds, optional: serviceNeeds });

const offer: Check = object(
  { name: text, type: serviceType, socket: text, owns: text, bus: text, role: text, allow: list(text) },
  ["type"],
);

/** What services.json offers; a name of the device's own D-Bus needs no other name. */
export const serviceOffers: Check = list((value, path, problems) => {
  offer(value, path, problems);
  const named =
    typeof value === "object" && value !== null && ["name", "owns"].some((key) => Object.hasOwn(value, key));
  if (!named) problems.add("MEMBER_MISSING", path, 'it has no "name"', 'give it "name"', "nobody can ask for it");
});

export const drivers: Check = object({ required: list(text), optional: list(text), manual: list(text) });

export const network: Check = object({
  mode: oneOf("host", "pool", "none"),
  pool: text,
  hostname: text,
  ip: text,
  mac: text,
});

/** Log sources: pairs of texts, never none. */
export const logs: Check = list((value, path, problems) => {
  anyObject(value, path, problems);
  const pairs = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (pairs.length === 0) problems.add("VALUE_INVALID", path, "it is empty", "give it pairs of texts, or leave it out");
  for (const [name, member] of pairs) text(member ?? null, `${path}/${name}`, problems);
});
