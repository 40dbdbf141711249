import { describe, expect, it } from "vitest";
import { OID, readDer, SEQUENCE, writeDer } from "../../src/sign/der.ts";
import { readCertificate } from "../../src/sign/x509/certificate.ts";
import {
  checkNameConstraints,
  constraintWork,
  isWellFormedName,
  type NameVerdict,
} from "../../src/sign/x509/name-constraints.ts";
import {
  type CertificateSpec,
  directoryName,
  dnsName,
  emailName,
  ipName,
  makeCertificate,
  name,
  registeredId,
  uriName,
} from "./make-certificate.ts";

const read = (spec: CertificateSpec): NonNullable<ReturnType<typeof readCertificate>> =>
  readCertificate(new Uint8Array(makeCertificate(spec).der))!;

function verdict(limits: Partial<CertificateSpec>, leaf: Partial<CertificateSpec>): NameVerdict {
  return checkNameConstraints(read({ subject: "Leaf", ...leaf }), read({ subject: "CA", ca: true, ...limits }));
}

const set = (...attributes: Uint8Array[]): Uint8Array => writeDer(0x31, ...attributes);
const attribute = (oid: number[], value: string, tag = 0x0c): Uint8Array =>
  writeDer(SEQUENCE, writeDer(OID, new Uint8Array(oid)), writeDer(tag, new TextEncoder().encode(value)));
const cn = [0x55, 4, 3];
const org = [0x55, 4, 10];
const email = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
const directory = (...sets: Uint8Array[]): Uint8Array => writeDer(0xa4, writeDer(SEQUENCE, ...sets));

describe("name constraints (RFC 5280, 4.2.1.10)", () => {
  it("none constrain nothing", () => expect(verdict({}, { names: [dnsName("a.b")] })).toBe("fine"));

  const permitted: [string, Uint8Array, Uint8Array, NameVerdict][] = [
    ["the host itself", dnsName("example.com"), dnsName("example.com"), "fine"],
    ["a host below", dnsName("example.com"), dnsName("a.b.example.com"), "fine"],
    ["in another case", dnsName("Example.COM"), dnsName("a.eXample.com"), "fine"],
    ["any host", dnsName(""), dnsName("example.org"), "fine"],
    ["another host", dnsName("example.com"), dnsName("example.org"), "refused"],
    ["a host that only ends so", dnsName("example.com"), dnsName("badexample.com"), "refused"],
    ["a host above", dnsName("a.example.com"), dnsName("example.com"), "refused"],
    ["a wildcard below", dnsName("example.com"), dnsName("*.a.example.com"), "fine"],
    ["a wildcard over the host", dnsName("a.example.com"), dnsName("*.example.com"), "refused"],
    ["a host with an underscore", dnsName("example.com"), dnsName("a_b.example.com"), "refused"],
    ["a host with an empty label", dnsName("example.com"), dnsName("a..example.com"), "refused"],
    ["a host that begins with a hyphen", dnsName("example.com"), dnsName("-a.example.com"), "refused"],
    ["a label of 63 characters", dnsName("example.com"), dnsName(`${"a".repeat(63)}.example.com`), "fine"],
    ["a label of 64 characters", dnsName("example.com"), dnsName(`${"a".repeat(64)}.example.com`), "refused"],
    ["a name of 253 characters", dnsName("example.com"), dnsName(`${"a.".repeat(121)}example.com`), "fine"],
    ["a name of 255 characters", dnsName("example.com"), dnsName(`${"a.".repeat(122)}example.com`), "refused"],
    ["an address as a host", dnsName(""), dnsName("8.8.8.8"), "refused"],
    ["a malformed host", dnsName("exa mple.com"), dnsName("example.com"), "malformed"],
    ["a wildcard as the limit", dnsName("*.example.com"), dnsName("a.example.com"), "malformed"],
    ["a limit with a leading dot", dnsName(".example.com"), dnsName("a.example.com"), "malformed"],

    ["a mailbox", emailName("me@example.com"), emailName("me@example.com"), "fine"],
    ["a mailbox, its host in another case", emailName("me@example.com"), emailName("me@EXAMPLE.com"), "fine"],
    ["a mailbox, its name in another case", emailName("me@example.com"), emailName("Me@example.com"), "refused"],
    ["another mailbox", emailName("me@example.com"), emailName("you@example.com"), "refused"],
    ["a mailbox elsewhere", emailName("me@example.com"), emailName("me@example.org"), "refused"],
    ["any mailbox of a host", emailName("example.com"), emailName("me@example.com"), "fine"],
    ["a mailbox of a host below", emailName("example.com"), emailName("me@a.example.com"), "refused"],
    ["a mailbox of any host below", emailName(".example.com"), emailName("me@a.example.com"), "fine"],
    ["a mailbox of the host itself", emailName(".example.com"), emailName("me@example.com"), "refused"],
    ["a mailbox with two signs", emailName("example.com"), emailName("a@b@example.com"), "refused"],
    ["a mailbox without a name", emailName("example.com"), emailName("@example.com"), "refused"],
    ["a limit with a broken host", emailName("me@exa mple"), emailName("me@example.com"), "malformed"],
    ["a limit that is no host", emailName("*.example.com"), emailName("me@example.com"), "malformed"],

    ["an address", ipName(192, 0, 2, 0, 255, 255, 255, 0), ipName(192, 0, 2, 200), "fine"],
    ["an address outside", ipName(192, 0, 2, 0, 255, 255, 255, 0), ipName(192, 0, 3, 1), "refused"],
    ["an address in half an octet", ipName(10, 16, 0, 0, 255, 240, 0, 0), ipName(10, 31, 0, 1), "fine"],
    ["an address beside half an octet", ipName(10, 16, 0, 0, 255, 240, 0, 0), ipName(10, 32, 0, 1), "refused"],
    ["any address", ipName(0, 0, 0, 0, 0, 0, 0, 0), ipName(1, 2, 3, 4), "fine"],
    ["a long address", ipName(...v6(0x20), ...v6(0xff)), ipName(...v6(0x20)), "fine"],
    ["another long address", ipName(...v6(0x20), ...v6(0xff)), ipName(...v6(0x21)), "refused"],
    ["a short address under a long limit", ipName(...v6(0), ...v6(0)), ipName(1, 2, 3, 4), "refused"],
    ["a broken address", ipName(0, 0, 0, 0, 0, 0, 0, 0), ipName(1, 2, 3), "refused"],
    ["a mask with a hole", ipName(10, 0, 0, 0, 255, 0, 255, 0), ipName(10, 0, 0, 1), "malformed"],
    ["half a limit", ipName(10, 0, 0, 0), ipName(10, 0, 0, 1), "malformed"],

    ["a URI of a host", uriName("example.com"), uriName("https://example.com/x"), "fine"],
    ["a URI with user and port", uriName("example.com"), uriName("https://me@example.com:8080/x"), "fine"],
    ["a URI of another host", uriName("example.com"), uriName("https://example.org/example.com"), "refused"],
    ["a URI of a host below", uriName("example.com"), uriName("https://a.example.com/"), "refused"],
    ["a URI of any host below", uriName(".example.com"), uriName("https://a.example.com/"), "fine"],
    ["a URI without a host", uriName("example.com"), uriName("urn:example"), "refused"],
    ["a limit that is no host of a URI", uriName("exa mple"), uriName("https://example.com/"), "malformed"],

    ["an identifier, which is not understood", registeredId("1.2.3"), registeredId("1.2.3"), "refused"],
  ];
  it.each(permitted)("permitted: %s", (_what, limit, given, expected) => {
    expect(verdict({ permitted: [limit] }, { names: [given] })).toBe(expected);
  });

  const excluded: [string, Uint8Array, Uint8Array, NameVerdict][] = [
    ["a host", dnsName("example.com"), dnsName("a.example.com"), "refused"],
    ["another host", dnsName("example.com"), dnsName("example.org"), "fine"],
    ["a wildcard that covers it", dnsName("a.example.com"), dnsName("*.example.com"), "refused"],
    ["a wildcard beside it", dnsName("a.example.com"), dnsName("*.example.org"), "fine"],
    ["a wildcard above it", dnsName("a.b.example.com"), dnsName("*.example.com"), "fine"],
    ["a wildcard over a single label", dnsName("com"), dnsName("*.com"), "refused"],
    ["any host at all", dnsName(""), dnsName("example.org"), "refused"],
    ["an address", ipName(192, 0, 2, 0, 255, 255, 255, 0), ipName(192, 0, 2, 1), "refused"],
    ["a mailbox", emailName("example.com"), emailName("me@example.com"), "refused"],
    ["a name of another type", dnsName("example.com"), emailName("me@example.com"), "fine"],
  ];
  it.each(excluded)("excluded: %s", (_what, limit, given, expected) => {
    expect(verdict({ excluded: [limit] }, { names: [given] })).toBe(expected);
  });

  it("of another type say nothing about a name", () => {
    expect(verdict({ permitted: [dnsName("example.com")] }, { names: [ipName(1, 2, 3, 4)] })).toBe("fine");
    expect(verdict({ permitted: [registeredId("1.2.3")] }, { names: [dnsName("a.b")] })).toBe("fine");
  });

  it("ask every name, and any limit of a kind may permit it", () => {
    const two = { permitted: [dnsName("example.com"), dnsName("example.org")] };
    expect(verdict(two, { names: [dnsName("example.org"), dnsName("example.com")] })).toBe("fine");
    expect(verdict(two, { names: [dnsName("example.org"), dnsName("example.net")] })).toBe("refused");
  });

  it("that exclude win", () => {
    const both = { permitted: [dnsName("example.com")], excluded: [dnsName("a.example.com")] };
    expect(verdict(both, { names: [dnsName("b.example.com")] })).toBe("fine");
    expect(verdict(both, { names: [dnsName("a.example.com")] })).toBe("refused");
  });

  it("are about the subject, too", () => {
    const limit = { permitted: [directoryName("Leaf")] };
    expect(verdict(limit, {})).toBe("fine");
    expect(verdict(limit, { subject: "Other" })).toBe("refused");
    expect(verdict(limit, { subject: "leaf" })).toBe("fine");
    expect(verdict(limit, { subject: " LEAF  " })).toBe("fine");
    expect(verdict({ excluded: [directoryName("Leaf")] }, {})).toBe("refused");
    expect(verdict(limit, { subject: "", names: [dnsName("a.b")] })).toBe("fine");
  });

  it("take a directory name as a beginning of sets", () => {
    const subject = writeDer(SEQUENCE, set(attribute(org, "Acme")), set(attribute(cn, "Leaf")));
    const acme = directory(set(attribute(org, "acme")));
    expect(verdict({ permitted: [acme] }, { subject })).toBe("fine");
    expect(verdict({ permitted: [directory(set(attribute(cn, "Leaf")))] }, { subject })).toBe("refused");
    const longer = directory(set(attribute(org, "Acme")), set(attribute(cn, "Leaf")), set(attribute(cn, "More")));
    expect(verdict({ permitted: [longer] }, { subject })).toBe("refused");
    const inOneSet = writeDer(SEQUENCE, set(attribute(cn, "Leaf"), attribute(org, "Acme")));
    const turned = directory(set(attribute(org, "Acme"), attribute(cn, "Leaf")));
    expect(verdict({ permitted: [turned] }, { subject: inOneSet })).toBe("fine");
    expect(verdict({ permitted: [acme] }, { subject: inOneSet })).toBe("refused");
  });

  it("compare strings of other kinds byte for byte", () => {
    const teletex = (value: string): Uint8Array => set(attribute(cn, value, 0x14));
    const subject = writeDer(SEQUENCE, teletex("Leaf"));
    expect(verdict({ permitted: [directory(teletex("Leaf"))] }, { subject })).toBe("fine");
    expect(verdict({ permitted: [directory(teletex("leaf"))] }, { subject })).toBe("refused");
    expect(verdict({ permitted: [directoryName("Leaf")] }, { subject })).toBe("refused");
    const printable = writeDer(SEQUENCE, set(attribute(cn, "Leaf", 0x13)));
    expect(verdict({ permitted: [directoryName("Leaf")] }, { subject: printable })).toBe("fine");
  });

  it("look at mail in the subject where no other name is one", () => {
    const subject = writeDer(SEQUENCE, set(attribute(email, "me@example.com", 0x16)));
    expect(verdict({ permitted: [emailName("example.com")] }, { subject })).toBe("fine");
    expect(verdict({ permitted: [emailName("example.org")] }, { subject })).toBe("refused");
    expect(verdict({ permitted: [emailName("example.org")] }, { subject, names: [emailName("me@example.org")] })).toBe(
      "fine",
    );
    expect(
      verdict(
        { permitted: [emailName("example.org")] },
        { subject: writeDer(SEQUENCE, set(attribute(org, "me@example.com"))) },
      ),
    ).toBe("fine");
  });

  it("refuse what only begins like a directory name, and do not mind one set of many", () => {
    const subject = writeDer(SEQUENCE, set(attribute(org, "Acme")), set(attribute(cn, "Leaf")));
    const other = directory(set(attribute(org, "Acme")), set(attribute(cn, "Other")));
    expect(verdict({ permitted: [other] }, { subject })).toBe("refused");
  });

  it.each([
    ["no sequence", writeDer(0xa4, new Uint8Array([5, 0]))],
    ["nothing", writeDer(0xa4)],
    ["two names", writeDer(0xa4, writeDer(SEQUENCE), writeDer(SEQUENCE))],
    ["attributes without a set", writeDer(0xa4, writeDer(SEQUENCE, attribute(cn, "Leaf")))],
    [
      "an attribute without a value",
      writeDer(0xa4, writeDer(SEQUENCE, set(writeDer(SEQUENCE, writeDer(OID, new Uint8Array(cn)))))),
    ],
  ])("take a directory name of %s for malformed", (_what, broken) => {
    expect(verdict({ excluded: [directoryName("X")] }, { names: [broken] })).toBe("refused");
    expect(verdict({ excluded: [broken] }, {})).toBe("malformed");
    expect(isWellFormedName(readDer(broken))).toBe(false);
    expect(isWellFormedName(readDer(directoryName("X")))).toBe(true);
  });

  it("look at all limits before any name", () => {
    expect(verdict({ permitted: [dnsName("a.b"), dnsName("*.b")] }, { names: [dnsName("a.b")] })).toBe("malformed");
    expect(verdict({ permitted: [dnsName("a.b")], excluded: [dnsName("*.b")] }, {})).toBe("malformed");
  });

  it("say nothing of kinds that they do not know, where none is limited", () => {
    expect(verdict({ permitted: [dnsName("a.b")] }, { names: [registeredId("1.2.3"), dnsName("a.b")] })).toBe("fine");
    expect(verdict({ permitted: [dnsName("a.b")] }, { names: [emailName("no mail"), dnsName("a.b")] })).toBe("fine");
  });

  it("refuse a broken address where addresses are excluded", () => {
    const excluded = [ipName(10, 0, 0, 0, 255, 0, 0, 0)];
    expect(verdict({ excluded }, { names: [ipName(11, 0, 0)] })).toBe("refused");
    expect(verdict({ excluded }, { names: [ipName(11, 0, 0, 1)] })).toBe("fine");
  });

  it("know wildcards of hosts only", () => {
    expect(verdict({ excluded: [uriName("a.example.com")] }, { names: [uriName("*.example.com")] })).toBe("fine");
  });

  it("look at mail in the subject beside names of other kinds", () => {
    const subject = writeDer(SEQUENCE, set(attribute(email, "me@example.com", 0x16)));
    const limits = { permitted: [emailName("example.org")] };
    expect(verdict(limits, { subject, names: [dnsName("a.b")] })).toBe("refused");
  });

  it("cost names times limits", () => {
    const ca = read({ subject: "CA", ca: true, permitted: [dnsName("a"), dnsName("b")], excluded: [dnsName("c")] });
    expect(constraintWork(read({ subject: "Leaf", names: [dnsName("x"), dnsName("y")] }), ca)).toBe(9);
    expect(constraintWork(read({ subject: "Leaf" }), read({ subject: "CA", ca: true }))).toBe(0);
  });

  it.each([
    ["an empty list", writeDer(SEQUENCE)],
    ["an empty list of permitted names", writeDer(SEQUENCE, writeDer(0xa0))],
    ["another list", writeDer(SEQUENCE, writeDer(0xa2, writeDer(SEQUENCE, dnsName("a"))))],
    [
      "the lists the other way round",
      writeDer(
        SEQUENCE,
        writeDer(0xa1, writeDer(SEQUENCE, dnsName("a"))),
        writeDer(0xa0, writeDer(SEQUENCE, dnsName("a"))),
      ),
    ],
    [
      "a minimum",
      writeDer(SEQUENCE, writeDer(0xa0, writeDer(SEQUENCE, dnsName("a"), writeDer(0x80, new Uint8Array([1]))))),
    ],
  ])("with %s are no certificate", (_what, value) => {
    const { der } = makeCertificate({
      subject: "CA",
      ca: true,
      extensions: [{ oid: "2.5.29.30", critical: true, value }],
    });
    expect(readCertificate(new Uint8Array(der))).toBeUndefined();
  });

  it("with both lists are one", () => {
    expect(
      read({ subject: name("CA"), ca: true, permitted: [dnsName("a")], excluded: [dnsName("b")] }).nameConstraints,
    ).toMatchObject({
      permitted: [{ tag: 0x82 }],
      excluded: [{ tag: 0x82 }],
    });
  });
});

/** A long address or mask of equal octets. */
function v6(octet: number): number[] {
  return new Array<number>(16).fill(octet);
}
