import { describe, expect, it } from "vitest";
import { BIT_STRING, type DerElement, INTEGER, OID, readSequence, SEQUENCE, writeDer } from "../../src/sign/der.ts";
import { type Certificate, extensionIds, isSignedBy, readCertificate } from "../../src/sign/x509/certificate.ts";
import { formatName, readName, sameName, sameNameMbedtls } from "../../src/sign/x509/name.ts";
import { profileProblems } from "../../src/sign/x509/profile.ts";
import { type CertificateSpec, dnsName, makeCertificate } from "./make-certificate.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const read = (der: Uint8Array): Certificate | undefined => readCertificate(new Uint8Array(der));

/** The certificate with fields of what is signed, or of itself, in another form. */
function rebuilt(inner: (fields: Uint8Array[]) => Uint8Array[], outer = (fields: Uint8Array[]) => fields): Uint8Array {
  const wholes = (elements: DerElement[]): Uint8Array[] => elements.map(({ whole }) => whole);
  const [tbs, ...rest] = readSequence(root.der);
  const fields = inner(wholes(readSequence(tbs!.whole)));
  return writeDer(SEQUENCE, ...outer([writeDer(SEQUENCE, ...fields), ...wholes(rest)]));
}
const replaced =
  (at: number, element: Uint8Array) =>
  (fields: Uint8Array[]): Uint8Array[] =>
    fields.map((field, i) => (i === at ? element : field));
const same = (fields: Uint8Array[]): Uint8Array[] => fields;

describe("certificates", () => {
  it("are read as they are", () => expect(read(rebuilt(same))).toMatchObject({ version: 3 }));

  const extension = (oid: string, value: Uint8Array): CertificateSpec => ({
    subject: "Odd",
    noConstraints: true,
    keyUsage: null,
    purposes: null,
    extensions: [{ oid, value }],
  });
  it.each<[string, Uint8Array]>([
    [
      "a length in more octets than it needs, deep inside",
      rebuilt((fields) => {
        const [from, to] = readSequence(fields[4]!);
        const long = new Uint8Array([0x17, 0x81, from!.body.length, ...from!.body]);
        return replaced(4, writeDer(SEQUENCE, long, to!.whole))(fields);
      }),
    ],
    ["a serial number that is no number", rebuilt(replaced(1, writeDer(4, new Uint8Array([1]))))],
    [
      "a signature that does not end with an octet",
      rebuilt(same, replaced(2, writeDer(BIT_STRING, new Uint8Array([4, 0x10, 0x10])))),
    ],
    ["a signature that is none", rebuilt(same, replaced(2, writeDer(BIT_STRING)))],
    ["an issuer that is no name", rebuilt(replaced(3, writeDer(SEQUENCE, writeDer(INTEGER, new Uint8Array([1])))))],
    [
      "an extension that is no DER",
      makeCertificate(extension(extensionIds.keyUsage, new Uint8Array([3, 0x81, 2, 7, 0x80]))).der,
    ],
    [
      "a negative path length",
      makeCertificate(extension(extensionIds.constraints, writeDer(SEQUENCE, new Uint8Array([1, 1, 0xff, 2, 1, 0xff]))))
        .der,
    ],
    [
      "alternative names of which there are none",
      makeCertificate(extension(extensionIds.names, writeDer(SEQUENCE))).der,
    ],
    ["bytes after it", new Uint8Array([...root.der, 0])],
  ])("are none with %s", (_what, der) => expect(read(der)).toBeUndefined());

  it("are signed by no key that is of another kind, nor in a way that is broken", async () => {
    const issuer = read(root.der)!;
    const leaf = (hash: CertificateSpec["hash"]): Certificate =>
      read(makeCertificate({ subject: "L", hash }, root).der)!;
    expect(await isSignedBy(leaf("sha256"), issuer)).toBe(true);
    expect(await isSignedBy(leaf("sha1"), issuer)).toBe(false);
    expect(await isSignedBy(leaf("sha256"), { ...issuer, key: undefined })).toBe(false);
    expect(await isSignedBy({ ...leaf("sha256"), signature: new Uint8Array([1]) }, issuer)).toBe(false);
  });
});

describe("what RFC 5280 asks of issuers", () => {
  const notes = (spec: Partial<CertificateSpec>): string[] =>
    profileProblems(read(makeCertificate({ subject: "Noted", ...spec }).der)!, false).map((text) =>
      text.slice(text.indexOf(": ") + 2),
    );
  const serial = (...octets: number[]): string[] => notes({ serial: new Uint8Array(octets) });
  const odd = ["a serial number that is not 1 to 20 octets and positive"];

  it("is nothing of a good one", () => expect(notes({})).toEqual([]));
  it("is a name for a CA", () => {
    expect(notes({ subject: "", ca: true })).toEqual(["a CA without a name"]);
    expect(notes({ subject: "" })).toEqual([]);
  });
  it("is a serial number of 1 to 20 octets that is positive", () => {
    expect(serial(1, ...new Array<number>(19).fill(0))).toEqual([]);
    expect(serial(1, ...new Array<number>(20).fill(0))).toEqual(odd);
    expect(serial(0x7f)).toEqual([]);
    expect(serial(0x80)).toEqual(odd);
    expect(serial(0xa0, 1)).toEqual(odd);
    expect(serial(0)).toEqual(odd);
    expect(serial(1, 0)).toEqual([]);
  });
  it("is names that are well-formed, each of them", () => {
    expect(notes({ names: [dnsName("a.b")] })).toEqual([]);
    expect(notes({ names: [dnsName("a.b"), dnsName("a b")] })).toEqual(["a malformed alternative name"]);
  });
  it("is that names are critical where there is no subject", () => {
    expect(notes({ subject: "", names: [dnsName("a.b")] })).toEqual(["names instead of a subject not marked critical"]);
  });
});

describe("distinguished names", () => {
  type Attribute = [oid: number[], value: string | Uint8Array, tag?: number];
  const cn = [0x55, 4, 3];
  const org = [0x55, 4, 10];
  const attribute = ([oid, value, tag = 0x0c]: Attribute): Uint8Array =>
    writeDer(
      SEQUENCE,
      writeDer(OID, new Uint8Array(oid)),
      writeDer(tag, typeof value === "string" ? new TextEncoder().encode(value) : value),
    );
  const element = (body: Uint8Array, tag = SEQUENCE): DerElement => ({ tag, whole: writeDer(tag, body), body });
  const name = (...sets: Attribute[][]): ReturnType<typeof readName> =>
    readName(element(new Uint8Array(sets.flatMap((attributes) => [...writeDer(0x31, ...attributes.map(attribute))]))));

  it("are sets of attributes, and nothing else", () => {
    const good = writeDer(0x31, attribute([cn, "x"]));
    expect(readName(element(good)).sets).toHaveLength(1);
    expect(() => readName(element(good, 0x31))).toThrow(RangeError);
    expect(() => readName(element(attribute([cn, "x"])))).toThrow("no distinguished name");
    const empty = writeDer(SEQUENCE, writeDer(OID, new Uint8Array(cn)));
    expect(() => readName(element(writeDer(0x31, empty)))).toThrow("no distinguished name");
  });

  it("are written narrowest first, with what could mislead made harmless", () => {
    expect(formatName(name([[org, "Acme"]], [[cn, "Leaf"]]))).toBe("CN=Leaf,O=Acme");
    expect(formatName(name([[cn, "a,b+c\n\u001f d"]]))).toBe("CN=a\\,b\\+c?? d");
    expect(formatName(name([[cn, "a\u007f"]]))).toBe("CN=a?");
    expect(formatName(name([[cn, new Uint8Array([0x04, 0x16, 0, 0x41]), 0x1e]]))).toBe("CN=\u0416A");
    expect(formatName(name([[[0x2a, 3], "x"]]))).toBe("2a03=x");
  });

  it("are the same whatever their case and spaces (RFC 5280)", () => {
    expect(sameName(name([[cn, "Leaf  one"]]), name([[cn, " LEAF One ", 0x13]]))).toBe(true);
    expect(sameName(name([[cn, "Leaf"]]), name([[cn, "Leaf"]]))).toBe(true);
    expect(sameName(name([[cn, "Leaf"]]), name([[cn, "Other"]]))).toBe(false);
    expect(sameName(name([[cn, "Stra\u00dfe"]]), name([[cn, "Strasse"]]))).toBe(false);
    expect(sameName(name([[cn, "a"]], [[org, "b"]]), name([[cn, "a"]]))).toBe(false);
  });

  it("are the same for mbedTLS in the same order, grouped alike, whatever the case of ASCII", () => {
    const two: Attribute[] = [
      [cn, "Leaf"],
      [org, "Acme"],
    ];
    expect(sameNameMbedtls(name(two), name([[cn, "LEAF", 0x13], two[1]!]))).toBe(true);
    expect(sameNameMbedtls(name(two), name([two[0]!], [two[1]!]))).toBe(false);
    expect(sameNameMbedtls(name([two[0]!], [two[1]!]), name(two))).toBe(false);
    expect(sameNameMbedtls(name([two[0]!]), name([two[0]!], [two[1]!]))).toBe(false);
    expect(sameNameMbedtls(name([two[0]!], [two[1]!]), name([two[0]!]))).toBe(false);
    expect(sameNameMbedtls(name([two[0]!]), name(two))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "x"]]), name([[org, "x"]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "Leaf"]]), name([[cn, "Leafs"]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "Leafs"]]), name([[cn, "Leaf"]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "leaf", 0x16]]), name([[cn, "leaf", 0x16]]))).toBe(true);
    expect(sameNameMbedtls(name([[cn, "leaf", 0x16]]), name([[cn, "Leaf", 0x16]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "leaf", 0x16]]), name([[cn, "leaf"]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "leaf"]]), name([[cn, "leaf", 0x16]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "@AZ[`az{"]]), name([[cn, "@az[`AZ{"]]))).toBe(true);
    expect(sameNameMbedtls(name([[cn, "@"]]), name([[cn, "`"]]))).toBe(false);
    expect(sameNameMbedtls(name([[cn, "["]]), name([[cn, "{"]]))).toBe(false);
  });
});
