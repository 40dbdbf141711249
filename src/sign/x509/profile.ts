import { type Certificate, extensionIds } from "./certificate.ts";
import { formatName } from "./name.ts";
import { isWellFormedName } from "./name-constraints.ts";

/**
 * What RFC 5280, 4 demands of whoever issues a certificate, and 6 does not ask whoever checks one. Told, not refused:
 * the CA in the official Pantavisor images does not mark its basicConstraints critical either.
 */
export function profileProblems(certificate: Certificate, isAnchor: boolean): string[] {
  const { subject, serial, constraints, extensions, authorityKey, names } = certificate;
  const problems: string[] = [];
  const has = (oid: string): boolean => extensions.some((extension) => extension.oid === oid);
  const isCritical = (oid: string): boolean => extensions.some((found) => found.oid === oid && found.critical);
  const say = (what: string): void => void problems.push(`${formatName(subject)}: ${what}`);
  if (!authorityKey?.keyIdentifier && !isAnchor) say("no authority key identifier");
  if (constraints?.ca && !has(extensionIds.subjectKey)) say("a CA without a subject key identifier");
  if (constraints?.ca && subject.sets.length === 0) say("a CA without a name");
  for (const [what, oid] of [
    ["basic constraints of a CA", constraints?.ca ? extensionIds.constraints : ""],
    ["name constraints", extensionIds.nameConstraints],
    ["policy constraints", extensionIds.policyConstraints],
    ["names instead of a subject", subject.sets.length === 0 ? extensionIds.names : ""],
  ] as const) {
    if (has(oid) && !isCritical(oid)) say(`${what} not marked critical`);
  }
  if (serial.length > 20 || serial[0]! >= 0x80 || serial.every((byte) => byte === 0)) {
    say("a serial number that is not 1 to 20 octets and positive");
  }
  if (names && !names.every(isWellFormedName)) say("a malformed alternative name");
  return problems;
}
