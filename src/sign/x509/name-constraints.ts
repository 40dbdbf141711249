import { type DerElement, readAllDer } from "../der.ts";
import type { Certificate } from "./certificate.ts";
import { attributeText, EMAIL_ADDRESS, foldName, readName } from "./name.ts";

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
const EMAIL = 0x81;
const DNS = 0x82;
const DIRECTORY = 0xa4;
const URI = 0x86;
const IP = 0x87;

/** What a check found: fine, against a constraint, or not to be understood. */
export type NameVerdict = "fine" | "refused" | "malformed";

const latin = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

/** Letters, digits, hyphens and dots; no empty label, none above 63 characters (RFC 1034, 3.5). */
function isHost(name: string): boolean {
  return /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i.test(name);
}

/** True for a name that its type allows; a wildcard may lead a DNS name. */
export function isWellFormedName({ tag, body }: DerElement): boolean {
  const text = latin(body);
  if (tag === DNS) return isHost(text.replace(/^\*\./, "")) && !/^\d+(?:\.\d+){3}$/.test(text);
  if (tag === EMAIL) return /^[^\s@\0]+@[^@]+$/.test(text) && isHost(text.slice(text.indexOf("@") + 1));
  if (tag === IP) return body.length === 4 || body.length === 16;
  return tag !== DIRECTORY || foldDirectory(body) !== undefined;
}

function isWellFormedBase({ tag, body }: DerElement): boolean {
  const text = latin(body);
  if (tag === DNS) return text === "" || isHost(text);
  if (tag === URI) return isHost(text.replace(/^\./, ""));
  if (tag === EMAIL) {
    return text.includes("@") ? isWellFormedName({ tag, body, whole: body }) : isHost(text.replace(/^\./, ""));
  }
  if (tag === DIRECTORY) return foldDirectory(body) !== undefined;
  return tag !== IP || ((body.length === 8 || body.length === 32) && isMask(body.subarray(body.length / 2)));
}

/** Ones, then zeros. */
function isMask(mask: Uint8Array): boolean {
  return /^1*0*$/.test([...mask].map((byte) => byte.toString(2).padStart(8, "0")).join(""));
}

/** True where a name lies in the subtree of a base of the same type. */
function isWithin(name: DerElement, base: DerElement): boolean {
  const [text, limit] = [latin(name.body).toLowerCase(), latin(base.body).toLowerCase()];
  switch (name.tag) {
    case DNS:
      return limit === "" || text === limit || text.endsWith(`.${limit}`);
    case EMAIL: {
      const at = latin(name.body).lastIndexOf("@");
      if (limit.includes("@")) {
        const split = latin(base.body).lastIndexOf("@");
        return (
          text.slice(at) === limit.slice(split) && latin(name.body).slice(0, at) === latin(base.body).slice(0, split)
        );
      }
      const host = text.slice(at + 1);
      return limit.startsWith(".") ? host.endsWith(limit) : host === limit;
    }
    case URI: {
      const host = /^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#:]*)/.exec(text)?.[1] ?? "";
      return limit.startsWith(".") ? host.endsWith(limit) : host === limit;
    }
    case IP: {
      const size = base.body.length / 2;
      return (
        name.body.length === size && name.body.every((byte, i) => ((byte ^ base.body[i]!) & base.body[size + i]!) === 0)
      );
    }
    default: {
      const mine = foldDirectory(name.body)!;
      return foldDirectory(base.body)!.every((set, i) => set === mine[i]);
    }
  }
}

/** A directory name by its sets; undefined for what is none. An explicit tag holds the name whole. */
function foldDirectory(body: Uint8Array): string[] | undefined {
  try {
    const [name, ...more] = readAllDer(body);
    return more.length === 0 ? foldName(readName(name!).sets) : undefined;
  } catch {
    // no name
  }
  return undefined;
}

/** A wildcard covers names both inside and outside of a subtree of the same level. */
function mayBeWithin(name: DerElement, base: DerElement): boolean {
  if (isWithin(name, base)) return true;
  const [text, limit] = [latin(name.body).toLowerCase(), latin(base.body).toLowerCase()];
  if (name.tag !== DNS || !text.startsWith("*.")) return false;
  return limit.slice(limit.indexOf(".")) === text.slice(1) && limit.includes(".");
}

/** The names of a certificate that constraints are about: its subject, its alternative names, e-mail in the subject. */
function namesOf(certificate: Certificate): DerElement[] {
  const { subject, names = [] } = certificate;
  const found = [...names];
  if (subject.sets.length > 0) found.push({ tag: DIRECTORY, whole: subject.raw, body: subject.raw });
  if (!names.some(({ tag }) => tag === EMAIL)) {
    for (const attribute of subject.sets.flat()) {
      if (attribute.oid !== EMAIL_ADDRESS) continue;
      found.push({ tag: EMAIL, whole: attribute.value, body: new TextEncoder().encode(attributeText(attribute)) });
    }
  }
  return found;
}

/** What a CA's constraints say of a certificate below it (RFC 5280, 6.1.4 g; 4.2.1.10). */
export function checkNameConstraints(certificate: Certificate, issuer: Certificate): NameVerdict {
  const limits = issuer.nameConstraints;
  if (!limits) return "fine";
  if (![...limits.permitted, ...limits.excluded].every(isWellFormedBase)) return "malformed";
  for (const name of namesOf(certificate)) {
    const same = ({ tag }: DerElement): boolean => tag === name.tag;
    const permitted = limits.permitted.filter(same);
    const excluded = limits.excluded.filter(same);
    if (permitted.length + excluded.length === 0) continue;
    // A type that is not understood here may not pass where it is constrained.
    if (![EMAIL, DNS, DIRECTORY, URI, IP].includes(name.tag) || !isWellFormedName(name)) return "refused";
    if (excluded.some((base) => mayBeWithin(name, base))) return "refused";
    if (permitted.length > 0 && !permitted.some((base) => isWithin(name, base))) return "refused";
  }
  return "fine";
}

/** Comparisons that checking a certificate's names may cost: what an attacker multiplies. */
export function constraintWork(certificate: Certificate, issuer: Certificate): number {
  const { permitted = [], excluded = [] } = issuer.nameConstraints ?? {};
  return namesOf(certificate).length * (permitted.length + excluded.length);
}
