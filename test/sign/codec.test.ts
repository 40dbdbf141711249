import { describe, expect, it } from "vitest";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "../../src/sign/base64.ts";
import { isDer, readAllDer, readDer, readSequence, trimZeros, writeDer, writeInteger } from "../../src/sign/der.ts";
import { sameEntries } from "../../src/sign/selection.ts";
import { deviceBase64Url, mbedtlsBase64 } from "../../src/sign/verify/device-base64.ts";
import { goBase64, goBase64Url, goObject, goStrings, isGoPublicJwk } from "../../src/sign/verify/go-json.ts";
import { keyPair } from "./make-certificate.ts";

const bytes = (...octets: number[]): Uint8Array => new Uint8Array(octets);
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString("latin1");

describe("base64, canonical only", () => {
  it("goes there and back, whatever the length", () => {
    for (const length of [0, 1, 2, 3, 0x7fff, 0x8000, 0x8001, 0x10000]) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
      expect(encodeBase64(data)).toBe(Buffer.from(data).toString("base64"));
      expect(encodeBase64Url(data)).toBe(Buffer.from(data).toString("base64url"));
      expect(decodeBase64(encodeBase64(data))).toEqual(data);
      expect(decodeBase64Url(encodeBase64Url(data))).toEqual(data);
    }
  });

  it.each(["QQ", "QR==", "QQ==\n", " QQ==", "Q", "!", "QQ=", "-_-_"])("refuses %j", (odd) => {
    expect(decodeBase64(odd)).toBeUndefined();
  });

  it.each(["QQ==", "QR", "QQ\n", "Q", "+/+/", "!"])("refuses %j for URLs", (odd) => {
    expect(decodeBase64Url(odd)).toBeUndefined();
  });
});

describe("base64 as mbedTLS reads it", () => {
  it.each([
    ["", ""],
    ["QUJD", "ABC"],
    ["QUI=", "AB"],
    ["QQ==", "A"],
    ["QR==", "A"],
    ["QUJD\nREVG", "ABCDEF"],
    ["QUJD\r\nREVG\r\n", "ABCDEF"],
    ["QUJD  \r\nREVG  ", "ABCDEF"],
    ["QUJD  \nREVG", "ABCDEF"],
    ["QUJDRQ", "ABC"],
    ["QUJDR", "ABC"],
  ])("%j", (given, expected) => expect(text(mbedtlsBase64(given))).toBe(expected));

  it.each(["QU JD", "QUJD\r", "\rQUJD", "QUJD\r \nREVG", "QQ===", "QQ==QQ==", "-_-_", "\u00e9"])(
    "refuses %j",
    (odd) => {
      expect(mbedtlsBase64(odd)).toBeUndefined();
    },
  );

  it("for URLs takes both alphabets, with padding or without", () => {
    expect(text(deviceBase64Url("-_-_"))).toBe("\xfb\xff\xbf");
    expect(text(deviceBase64Url("+/+/"))).toBe("\xfb\xff\xbf");
    expect(text(deviceBase64Url("QQ"))).toBe("A");
    expect(text(deviceBase64Url("QQ=="))).toBe("A");
    expect(text(deviceBase64Url("QUI"))).toBe("AB");
    expect(text(deviceBase64Url("QUJDQ"))).toBe("ABC");
  });
});

describe("what Go reads", () => {
  it("base64url without padding, or with as much as there is", () => {
    for (const given of ["QQ", "QQ==", "QQ=", "Q\nQ", "QR"]) expect(text(goBase64Url(given))).toBe("A");
    expect(text(goBase64Url("-_-_"))).toBe("\xfb\xff\xbf");
    for (const odd of ["Q", "+/+/", "Q=Q", "Q Q"]) expect(goBase64Url(odd)).toBeUndefined();
  });

  it("base64 with padding", () => {
    for (const given of ["QQ==", "Q\r\nQ==", "QR=="]) expect(text(goBase64(given))).toBe("A");
    expect(text(goBase64("+/+/"))).toBe("\xfb\xff\xbf");
    for (const odd of ["QQ", "-_-_", "QQ=", "Q===", "QQ==QQ=="]) expect(goBase64(odd)).toBeUndefined();
  });

  it("objects and lists of strings", () => {
    expect(goObject('{"a":1}')).toEqual(new Map([["a", 1]]));
    for (const odd of ["[]", "null", "5", '"x"', "{"]) expect(goObject(odd)).toBeUndefined();
    expect(goObject(new TextEncoder().encode("{}"))).toEqual(new Map());
    for (const none of [null, undefined]) expect(goStrings(none)).toBeNull();
    expect(goStrings(["a", null])).toEqual(["a", ""]);
    for (const odd of ["a", [5], ["a", 5], {}]) expect(goStrings(odd)).toBeUndefined();
  });

  it("public keys", async () => {
    const jwk = (kind: string): object => keyPair(kind).publicKey.export({ format: "jwk" });
    const ec = jwk("p256");
    expect(await isGoPublicJwk(ec)).toBe(true);
    expect(await isGoPublicJwk({ ...ec, d: null })).toBe(true);
    expect(await isGoPublicJwk({ ...ec, d: "AA" })).toBe(false);
    expect(await isGoPublicJwk({ ...ec, kty: "oct" })).toBe(false);
    expect(await isGoPublicJwk({ ...ec, x: "AA" })).toBe(false);
    expect(await isGoPublicJwk({ ...ec, y: (ec as { x: string }).x })).toBe(false);
    for (const odd of [null, "x", [ec], Object.assign([], ec)]) expect(await isGoPublicJwk(odd)).toBe(false);
    const rsa = { kty: "RSA", n: "AQ", e: "AQ" };
    expect(await isGoPublicJwk(rsa)).toBe(true);
    expect(await isGoPublicJwk({ ...rsa, n: "" })).toBe(false);
    expect(await isGoPublicJwk({ ...rsa, e: "" })).toBe(false);
    expect(await isGoPublicJwk({ ...rsa, n: 5 })).toBe(false);
    expect(await isGoPublicJwk({ ...rsa, e: "!" })).toBe(false);
    const okp = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
    expect(await isGoPublicJwk(okp)).toBe(true);
    expect(await isGoPublicJwk({ ...okp, crv: "X25519" })).toBe(false);
    expect(await isGoPublicJwk({ ...okp, x: "A".repeat(42) })).toBe(false);
  });
});

describe("DER", () => {
  const long = (length: number): Uint8Array => new Uint8Array(length);

  it.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000])(
    "has %d octets of content and the least of length",
    (size) => {
      const whole = writeDer(4, long(size));
      const head = size < 0x80 ? 2 : size < 0x100 ? 3 : size < 0x10000 ? 4 : 5;
      expect(whole).toHaveLength(head + size);
      expect(readDer(whole)).toMatchObject({ tag: 4, body: long(size) });
      expect(() => readDer(whole.subarray(0, -1))).toThrow(size === 0 ? "no DER element" : "cut short");
      expect(readDer(new Uint8Array([9, ...whole, 9]), 1).whole).toEqual(whole);
    },
  );

  it.each<[string, Uint8Array, string]>([
    ["nothing", bytes(), "no DER element"],
    ["a tag alone", bytes(4), "no DER element"],
    ["a tag of several octets", bytes(0x1f, 0), "no DER element"],
    ["no definite length", bytes(0x30, 0x80, 0, 0), "no DER length"],
    ["a short length written long", bytes(4, 0x81, 0x7f, ...long(0x7f)), "no DER length"],
    ["a leading zero in its length", bytes(4, 0x82, 0, 0x80, ...long(0x80)), "no DER length"],
    ["a length that is cut", bytes(4, 0x82, 1), "no DER length"],
    ["a length of five octets", bytes(4, 0x85, 1, 0, 0, 0, 0), "no DER length"],
    ["a length of four octets, and little else", bytes(4, 0x84, 1, 0, 0, 0), "cut short"],
  ])("is not %s", (_what, odd, message) => {
    expect(() => readDer(odd)).toThrow(message);
    expect(isDer(odd)).toBe(false);
  });

  it("in lists is of the tags that are asked for", () => {
    const two = bytes(2, 1, 1, 4, 0);
    expect(readAllDer(two, 2, 4).map(({ tag }) => tag)).toEqual([2, 4]);
    expect(readAllDer(two, undefined, 4)).toHaveLength(2);
    expect(() => readAllDer(two, 2, 2)).toThrow("another type");
    expect(() => readAllDer(two, 2, 4, 4)).toThrow("another type");
    expect(readSequence(bytes(0x30, 5, ...two))).toHaveLength(2);
    expect(() => readSequence(bytes(0x30, 5, ...two, 0))).toThrow(RangeError);
    expect(() => readSequence(bytes(0x30, 5, ...two, 5, 0))).toThrow("bytes after");
    expect(() => readSequence(bytes(0x31, 5, ...two))).toThrow("another type");
  });

  it("has integers without needless octets", () => {
    expect(writeInteger(bytes())).toEqual(bytes(2, 1, 0));
    expect(writeInteger(bytes(0, 0))).toEqual(bytes(2, 1, 0));
    expect(writeInteger(bytes(0, 0x7f))).toEqual(bytes(2, 1, 0x7f));
    expect(writeInteger(bytes(0x80))).toEqual(bytes(2, 2, 0, 0x80));
    expect(trimZeros(bytes(0, 0, 1, 0))).toEqual(bytes(1, 0));
    expect(trimZeros(bytes())).toEqual(bytes());
    for (const good of [[0], [0x7f], [0xff], [0, 0x80], [0xff, 0x7f], [1, 0]]) {
      expect([good, isDer(bytes(2, good.length, ...good))]).toEqual([good, true]);
    }
    for (const odd of [[], [0, 0x7f], [0xff, 0x80], [0, 0]]) {
      expect([odd, isDer(bytes(2, odd.length, ...odd))]).toEqual([odd, false]);
    }
  });

  it("has truths of one octet, all ones or zeros", () => {
    expect([isDer(bytes(1, 1, 0)), isDer(bytes(1, 1, 0xff))]).toEqual([true, true]);
    expect([isDer(bytes(1, 1, 1)), isDer(bytes(1, 0)), isDer(bytes(1, 2, 0, 0))]).toEqual([false, false, false]);
    expect([isDer(bytes(4, 2, 0, 0)), isDer(bytes(4, 0, 0))]).toEqual([true, false]);
  });

  it("is DER all the way down, to some depth", () => {
    const deep = (levels: number, core: Uint8Array): Uint8Array => {
      let whole = core;
      for (let i = 0; i < levels; i++) whole = writeDer(0x30, whole);
      return whole;
    };
    expect(isDer(deep(32, bytes(2, 1, 0)))).toBe(true);
    expect(isDer(deep(33, bytes(2, 1, 0)))).toBe(false);
    expect(isDer(deep(3, bytes(2, 0)))).toBe(false);
    expect(isDer(bytes(0x30, 6, 2, 1, 0, 2, 1, 0))).toBe(true);
    expect(isDer(bytes(0x30, 7, 2, 1, 0, 2, 2, 0, 0))).toBe(false);
    expect(isDer(bytes(0x30, 7, 2, 2, 0, 0, 2, 1, 0))).toBe(false);
  });
});

it("selections are the same member by member", () => {
  const entry = (key: string): { key: string; rawKey: string; value: string } => ({ key, rawKey: key, value: "{}" });
  expect(sameEntries([entry("a"), entry("b")], [entry("a"), entry("b")])).toBe(true);
  expect(sameEntries([entry("a"), entry("b")], [entry("a"), entry("c")])).toBe(false);
  expect(sameEntries([entry("a")], [entry("a"), entry("b")])).toBe(false);
});
