import { sleep } from "../core/internal.ts";

/** A device that announces itself on the local network. */
export interface LanDevice {
  /** Its id at a hub; empty for one that has none yet. */
  id: string;
  /** Name in the local domain: `gateway.local`. */
  host: string;
  addresses: readonly string[];
  /** Of its ssh. */
  port: number;
  /** The hub that it belongs to. */
  hub: string;
  /** The words to claim it by, as long as it belongs to nobody. */
  challenge: string;
}

/** A record of an mDNS answer, as `multicast-dns` gives it. */
interface MdnsRecord {
  name: string;
  type: string;
  data?: unknown;
}

/** The socket of mDNS: an instance of `multicast-dns`, or what behaves like it. */
export interface MdnsSocket {
  /** Sends one question packet to everybody. */
  query(questions: readonly { name: string; type: "PTR" | "SRV" | "TXT" | "A" | "AAAA" }[]): void;
  /** Hears every answer, to whomever it was sent. */
  on(event: "response", listener: (packet: MdnsPacket) => void): unknown;
  /** Hears no more. */
  removeListener(event: "response", listener: (packet: MdnsPacket) => void): unknown;
}

interface MdnsPacket {
  answers: readonly MdnsRecord[];
  additionals?: readonly MdnsRecord[] | undefined;
}

const SERVICE = "_ssh._tcp.local";
/** Nobody has more devices in one network; an answer is from anybody. */
const MAX_RECORDS = 10_000;
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder();

function texts(data: unknown): readonly string[] {
  const parts = Array.isArray(data) ? data : [data];
  return parts.flatMap((part) =>
    part instanceof Uint8Array ? [decoder.decode(part)] : typeof part === "string" ? [part] : [],
  );
}

/** What was heard so far, by name and type. */
class Heard {
  readonly #records = new Map<string, Map<string, unknown>>();
  #count = 0;

  add({ name, type, data }: MdnsRecord): boolean {
    const key = `${type} ${String(name).toLowerCase()}`;
    const found = this.#records.get(key) ?? new Map<string, unknown>();
    const text = JSON.stringify(data ?? null);
    if (found.has(text) || ++this.#count > MAX_RECORDS) return false;
    this.#records.set(key, found.set(text, data));
    return true;
  }

  all(type: string, name: string): readonly unknown[] {
    return [...(this.#records.get(`${type} ${name.toLowerCase()}`)?.values() ?? [])];
  }

  device(instance: string): LanDevice | undefined {
    const service = this.all("SRV", instance)[0] as { target?: unknown; port?: unknown } | undefined;
    const text = this.all("TXT", instance).flatMap(texts);
    const value = (name: string): string =>
      text.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
    if (typeof service?.target !== "string" || !text.some((each) => /^(?:device-id|pantahub|challenge)=/.test(each)))
      return undefined;
    const host = service.target;
    return {
      id: value("device-id"),
      host,
      addresses: [...this.all("A", host), ...this.all("AAAA", host)].map(String).sort(),
      port: Number(service.port) || 0,
      hub: value("pantahub"),
      challenge: value("challenge"),
    };
  }
}

/**
 * Devices that announce themselves by mDNS, each as soon as all of it is known; ends after `waitMs` (5,000 unless given)
 * or when stopped. The socket is the caller's: opened, and closed, by it.
 */
export async function* findDevices(
  socket: MdnsSocket,
  { waitMs = 5000, signal }: { waitMs?: number | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<LanDevice, void, void> {
  const heard = new Heard();
  const given = new Set<string>();
  let wake: () => void = () => {};
  let over = false;
  let changed = false;
  const listen = ({ answers, additionals = [] }: MdnsPacket): void => {
    let isNew = false;
    for (const record of [...answers, ...additionals]) if (heard.add(record)) isNew = true;
    if (!isNew) return;
    changed = true;
    wake();
  };
  socket.on("response", listen);
  const end = new AbortController();
  const either = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const timer = sleep(waitMs, either).then(
    () => {
      over = true;
      wake();
    },
    () => wake(),
  );
  const asked = new Set<string>();
  const ask = (name: string, type: "PTR" | "SRV" | "TXT" | "A" | "AAAA"): void => {
    if (asked.has(`${type} ${name}`)) return;
    asked.add(`${type} ${name}`);
    socket.query([{ name, type }]);
  };
  try {
    ask(SERVICE, "PTR");
    while (!over) {
      signal?.throwIfAborted();
      changed = false;
      for (const instance of heard.all("PTR", SERVICE).map(String)) {
        const device = heard.device(instance);
        if (!device) {
          ask(instance, "SRV");
          ask(instance, "TXT");
        } else if (device.addresses.length === 0) ask(device.host, "A");
        else if (!given.has(instance)) {
          given.add(instance);
          yield device;
        }
      }
      // What was heard while a device was looked at counts too.
      if (!changed && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    signal?.throwIfAborted();
  } finally {
    end.abort();
    socket.removeListener("response", listen);
    await timer;
  }
}
