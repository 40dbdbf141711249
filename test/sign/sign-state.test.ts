import { describe, expect, it } from "vitest";
import { type Finding, isPvError } from "../../src/core/index.ts";
import {
  createDeveloperCa,
  createSigner,
  type Signer,
  type SignOptions,
  signState,
  verifyState,
} from "../../src/sign/index.ts";
import { canonicalJson, formatState, parseState, type State } from "../../src/state/index.ts";
import { now, signerOf, state } from "./fixtures.ts";
import { makeCertificate } from "./make-certificate.ts";
import { keyFile, type PvrRun, pvrCases, readVector } from "./vectors.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const rsa = await signerOf(makeCertificate({ subject: "RSA leaf" }, root, "rsa2048"));
const ec = await signerOf(makeCertificate({ subject: "Leaf" }, root));
const trust = { certificates: root.pem };

/** The options that the arguments of `pvr sig add` stand for. */
function optionsOf({ argv }: PvrRun): Omit<SignOptions, "signer"> {
  const all = (name: string): string[] | undefined => {
    const found = argv.flatMap((word, at) => (word === name ? [argv[at + 1]!] : []));
    return found.length > 0 ? found : undefined;
  };
  const [include, exclude] = [all("--include"), all("--exclude")];
  const raw = all("--raw")?.[0];
  return {
    policy: "pvr",
    payload: argv.includes("--with-payload"),
    ...(raw === undefined
      ? { parts: all("--part"), include, exclude, config: !argv.includes("--noconfig") }
      : { raw: { name: raw, include: include ?? ["**"], exclude } }),
  };
}

async function signerFor({ argv }: PvrRun, env: Record<string, string>): Promise<Signer> {
  const file = (name: string, variable: string): string | undefined =>
    argv[argv.indexOf(name) + 1 || argv.length] ?? env[variable];
  const x5c = file("--x5c", "PVR_X5C_PATH");
  return createSigner({
    key: keyFile(file("--key", "PVR_SIG_KEY")!.replace("keys/", "")),
    certificates: x5c === "no" || x5c === undefined ? undefined : keyFile(x5c.replace("keys/", "")),
  });
}

const steps = pvrCases.flatMap((one) => {
  const add = one.steps.filter(({ argv, rc }) => argv.includes("add") && rc === 0);
  // Where a later step signs again, only the last file was kept.
  return one.name === "s33-update-raw" || one.name === "s22-key-cert-mismatch" ? [] : add.map((run) => ({ one, run }));
});

describe("files as pvr writes them", () => {
  it("in every recorded step", () => expect(steps.length).toBe(30));

  it.each(steps)("$one.name: $run.argv", async ({ one, run }) => {
    const before = parseState(readVector("sign", one.name, "state.json"));
    const signer = await signerFor(run, one.env);
    const signed = await signState(before, { signer, ...optionsOf(run) });
    const [key] = Object.keys(signed).filter((name) => name.startsWith("_sigs/"));
    const written = canonicalJson(signed[key!]!);
    const recorded = readVector("sign", one.name, key!);
    const { signature, ...rest } = JSON.parse(recorded) as Record<string, string>;
    expect(JSON.parse(written)).toMatchObject(rest);
    if (signer.alg === "RS256") expect(written).toBe(recorded);
    else expect(signature).toBeDefined();
    // The recorded signature verifies over what we select and encode.
    const others = canonicalJson({ ...before, [key!]: JSON.parse(recorded) as never });
    const publicKeys = await pemOf(signer);
    const names = [key!];
    const itself = one.name === "s30-raw-defaults"; // covers its own file, and so fails in pvr as well
    expect((await verifyState(others, { policy: "pvr", trust: { publicKeys }, names })).decision).toBe(
      itself ? "reject" : "accept",
    );
  });

  it("by default too, where a device would believe them", async () => {
    for (const name of ["s01-rsa-part", "s09-two-signatures", "s18-missing-intermediate"]) {
      const one = pvrCases.find((candidate) => candidate.name === name)!;
      const before = parseState(readVector("sign", name, "state.json"));
      const signed = await signState(before, { signer: await signerFor(one.steps[0]!, {}), parts: ["web"] });
      expect(canonicalJson(signed["_sigs/web.json"]!)).toBe(readVector("sign", name, "_sigs/web.json"));
    }
    const {
      steps: [step],
    } = pvrCases.find(({ name }) => name === "s03-es384-raw")!;
    const before = parseState(readVector("sign", "s03-es384-raw", "state.json"));
    const raw = { name: "core", include: ["bsp/**", "#spec"], exclude: ["bsp/src.json"] };
    const signed = await signState(before, { signer: await signerFor(step!, {}), raw });
    const { protected: head } = JSON.parse(readVector("sign", "s03-es384-raw", "_sigs/core.json")) as {
      protected: string;
    };
    expect((signed["_sigs/core.json"] as { protected: string }).protected).toBe(head);
  });

  it("but for a P-521 key, which pvr refuses", async () => {
    const signer = await createSigner({ key: keyFile("p521.key.pem"), certificates: keyFile("p521.x5c.pem") });
    await expect(signState(state, { signer, parts: ["web"], policy: "pvr" })).rejects.toMatchObject({
      code: "SIGN_REFUSED",
    });
    await expect(signState(state, { signer, parts: ["web"] })).resolves.toHaveProperty("_sigs/web.json");
  });

  it("with Go's escapes in patterns", async () => {
    const odd = parseState({ ...state, "a&b/<x>": "1".repeat(64) });
    const signed = await signState(odd, {
      signer: ec,
      raw: { name: "odd", include: ["a&b/<x>"], exclude: ["\u2028\b"] },
      policy: "pvr",
    });
    const head = Buffer.from((signed["_sigs/odd.json"] as { protected: string }).protected, "base64url").toString();
    expect(head).toContain(
      '"pvs":{"include":["a\\u0026b/\\u003cx\\u003e"],"exclude":["\\u2028\\u0008","_sigs/.json"]},"typ":"PVS"',
    );
  });
});

async function pemOf({ publicKey }: Signer): Promise<string> {
  const alg =
    publicKey["kty"] === "RSA"
      ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
      : { name: "ECDSA", namedCurve: String(publicKey["crv"]) };
  const key = await crypto.subtle.importKey("jwk", publicKey as never, alg, true, ["verify"]);
  const der = new Uint8Array(await crypto.subtle.exportKey("spki", key));
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der).toString("base64")}\n-----END PUBLIC KEY-----\n`;
}

async function refusal(
  options: Partial<SignOptions>,
  target: State = state,
): Promise<{ pattern: string; reason: string } | undefined> {
  try {
    await signState(target, { signer: ec, ...options });
  } catch (error) {
    if (isPvError(error, "SIGN_REFUSED")) return error.data;
    throw error;
  }
  return undefined;
}

async function warnings(options: Partial<SignOptions>, target: State = state): Promise<Finding[]> {
  const found: Finding[] = [];
  await signState(target, { signer: ec, policy: "pvr", onWarning: (finding) => found.push(finding), ...options });
  return found;
}

describe("what a device would not believe is refused, and signed with a warning for pvr", () => {
  const raw = (include: string[], exclude?: string[]): Partial<SignOptions> => ({
    raw: { name: "x", include, exclude },
  });
  const cases: [string, Partial<SignOptions>, string, string][] = [
    ["a bare **", raw(["**"], ["_sigs/**"]), "**", "PATTERN_AMBIGUOUS"],
    ["a bare ** among others", raw(["web/**", "**"]), "**", "PATTERN_AMBIGUOUS"],
    ["a bare ** that excludes", raw(["web/**"], ["**"]), "**", "PATTERN_AMBIGUOUS"],
    ["braces", raw(["{web,bsp}/**"]), "{web,bsp}/**", "PATTERN_AMBIGUOUS"],
    ["braces that hit nothing", raw(["web/**"], ["{x,y}"]), "{x,y}", "PATTERN_AMBIGUOUS"],
    ["** inside a pattern", raw(["_config/**/app.conf"]), "_config/**/app.conf", "PATTERN_AMBIGUOUS"],
    ["** that excludes at any depth", raw(["_config/**"], ["**/app.conf"]), "**/app.conf", "PATTERN_AMBIGUOUS"],
    [
      "braces beside what only pvr understands",
      raw(["web/**", "_config/**/app.conf"], ["{x,y}"]),
      "{x,y}",
      "PATTERN_AMBIGUOUS",
    ],
    ["a pattern that JSON escapes", raw(["web/**"], ["a&b"]), "a&b", "PATTERN_AMBIGUOUS"],
    [
      "a signature that another one selects before it is made",
      { parts: ["web", "bsp"], include: ["**", "../_sigs/bsp.json"] },
      "_sigs/bsp.json",
      "SIGNATURE_STALE",
    ],
    ["an escape, which a device does not undo", raw(["w\\eb/**"]), "w\\eb/**", "PATTERN_AMBIGUOUS"],
    ["an empty selection", { parts: ["nothere"] }, "nothere/**", "SELECTION_EMPTY"],
    ["no pattern at all", raw([]), "", "SELECTION_EMPTY"],
    ["a signature over itself", raw(["**/**"]), "_sigs/x.json", "SIGNATURE_STALE"],
    ["all but #spec, by patterns", raw(["web/**", "bsp/*", "_config/**", "device.json"]), "#spec", "PATH_UNCOVERED"],
    [
      "a signature that a device takes for a container",
      { raw: { name: "run", include: ["web/**"] } },
      "_sigs/run.json",
      "SIGNATURE_IS_CONTAINER",
    ],
    ["ES256 for a stock mbedTLS", { parts: ["web"], device: "stock-mbedtls" }, "", "ALGORITHM_UNKNOWN_TO_DEVICE"],
    ["ES256 for any device", { parts: ["web"], device: "any" }, "", "ALGORITHM_UNKNOWN_TO_DEVICE"],
  ];
  it.each(cases)("%s", async (_what, options, pattern, code) => {
    expect(await refusal(options)).toMatchObject({ pattern });
    const told = await warnings(options);
    expect(told.map((finding) => finding.code)).toContain(code);
    expect(told.every(({ severity }) => severity === "warning")).toBe(true);
  });

  it.each([
    ["a bad pattern", raw(["web/["]), "web/["],
    ["a bad pattern that excludes", raw(["web/**"], ["web/[", "x"]), "web/["],
  ])("%s is refused by pvr as well", async (_what, options, pattern) => {
    expect(await refusal(options)).toMatchObject({ pattern });
    expect(await refusal({ ...options, policy: "pvr" })).toMatchObject({ pattern });
  });

  it.each([
    ["true", true],
    ["a number", 5],
    ["null", null],
    ["text beyond ASCII", "ü"],
    ["a control character", "\u007f"],
    ["a quote", '"'],
    ["a backslash", "\\"],
    ["text like an object", "{a}"],
    ["text like an array", "[a]"],
  ])("a value at the top that is %s", async (_what, value) => {
    const odd = parseState({ ...state, odd: value as never });
    expect(await refusal({ parts: ["web"] }, odd)).toMatchObject({ pattern: "odd" });
    expect((await warnings({ parts: ["web"] }, odd)).map(({ code }) => code)).toContain("VALUE_UNSIGNABLE");
  });

  it("everything, in either spelling that both understand", async () => {
    for (const include of [["**/**"], ["*", "*/**"]]) {
      const signed = await signState(state, { signer: ec, raw: { name: "all", include, exclude: ["_sigs/**"] } });
      for (const policy of ["sdk", "pvr", "device-strict"] as const) {
        expect(await verifyState(signed, { policy, trust, now })).toMatchObject({ decision: "accept", reasons: [] });
      }
    }
    expect(await refusal(raw(["*/**"], ["_sigs/**"]))).toMatchObject({ pattern: "*/**" });
  });

  it("values of other kinds are fine", async () => {
    const more = parseState({ ...state, "a/list.json": [1], "a/empty": "", "a/text": "plain text: ~" });
    expect(await refusal({}, more)).toBeUndefined();
  });

  it("all parts without #spec", async () => {
    const small = parseState({ "#spec": "pantavisor-service-system@1", "web/run.json": {}, "bsp/run.json": {} });
    expect(await refusal({ parts: ["web", "bsp"] }, small)).toMatchObject({ pattern: "#spec" });
    const skeleton = await signState(small, { signer: ec, raw: { name: "_pvskel", include: ["#spec"] } });
    expect(await refusal({ parts: ["web", "bsp"] }, skeleton)).toBeUndefined();
  });

  it("one part of several, with what is left open as warnings", async () => {
    const found: Finding[] = [];
    const signed = await signState(state, { signer: ec, parts: ["web"], onWarning: (finding) => found.push(finding) });
    expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "PATH_UNCOVERED #spec",
      "PATH_UNCOVERED bsp/kernel.img",
      "PATH_UNCOVERED bsp/run.json",
      "PATH_UNCOVERED device.json",
    ]);
    expect((await verifyState(signed, { policy: "device-lenient", trust, now })).decision).toBe("accept");
    expect((await verifyState(signed, { policy: "device-strict", trust, now })).decision).toBe("reject");
  });

  it("an older signature that no longer fits, as a warning", async () => {
    const signed = await signState(state, { signer: ec });
    const changed = parseState({ ...signed, "bsp/kernel.img": "2".repeat(64) });
    const found: Finding[] = [];
    await signState(changed, { signer: ec, parts: ["web"], onWarning: (finding) => found.push(finding) });
    expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual(["SIGNATURE_STALE _sigs/bsp.json"]);
  });

  it("a bare ** even where nothing lies deeper", async () => {
    const flat = parseState({ "#spec": "pantavisor-service-system@1", "device.json": {} });
    const options = raw(["**"], ["_sigs/x.json"]);
    expect(await refusal(options, flat)).toMatchObject({ pattern: "**" });
    expect((await warnings(options, flat)).map(({ code }) => code)).toContain("PATTERN_AMBIGUOUS");
  });

  it("an older signature of which nobody can say whether it fits, without a warning", async () => {
    const signed = await signState(state, { signer: ec });
    const { protected: head, signature } = signed["_sigs/bsp.json"] as { protected: string; signature: string };
    const header = JSON.parse(Buffer.from(head, "base64url").toString()) as Record<string, unknown>;
    const as = (changes: object): string =>
      Buffer.from(JSON.stringify({ ...header, ...changes })).toString("base64url");
    const stale = async (document: object): Promise<string[]> => {
      const odd = parseState({ ...signed, "_sigs/bsp.json": { "#spec": "pvs@2", ...document } });
      const found: Finding[] = [];
      await signState(odd, { signer: ec, parts: ["web"], onWarning: (finding) => found.push(finding) });
      return found.map(({ code }) => code);
    };
    expect(await stale({ protected: head, signature })).toEqual([]);
    expect(await stale({ protected: head, signature: "AAAA" })).toEqual(["SIGNATURE_STALE"]);
    expect(await stale({ protected: as({ jwk: undefined }), signature })).toEqual([]);
    expect(await stale({ protected: as({ jwk: 5 }), signature })).toEqual([]);
    expect(await stale({ protected: as({ alg: "none" }), signature })).toEqual([]);
    expect(await stale({ protected: as({ alg: 5 }), signature })).toEqual([]);
    expect(await stale({ protected: head, signature: "!" })).toEqual([]);
    expect(await stale({ protected: head })).toEqual([]);
    const open = ["PATH_UNCOVERED", "PATH_UNCOVERED"];
    for (const unread of ["!", "bnVsbA", "NQ", "e30", as({ pvs: null }), as({ pvs: { include: [5], exclude: [] } })]) {
      expect(await stale({ protected: unread, signature })).toEqual(open);
    }
    expect(await stale({ signature })).toEqual(open);
  });

  it("text that is not canonical", async () => {
    const text = JSON.stringify(state, undefined, 1);
    await expect(signState(text, { signer: ec })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
    const found: Finding[] = [];
    const signed = await signState(text, { signer: ec, policy: "pvr", onWarning: (finding) => found.push(finding) });
    expect(found.map(({ code }) => code)).toContain("STATE_NOT_CANONICAL");
    expect(canonicalJson(new TextEncoder().encode(signed))).toBe(signed);
    const again = await signState(formatState(state), { signer: rsa });
    expect(again).toBe(formatState(await signState(state, { signer: rsa })));
    await expect(signState("{", { signer: ec })).rejects.toMatchObject({ code: "STATE_INVALID" });
  });

  it("arguments that contradict each other", async () => {
    await expect(signState(state, { signer: ec, parts: [], raw: { name: "x", include: [] } })).rejects.toThrow(
      TypeError,
    );
    await expect(signState(state, { signer: ec, include: ["x"] })).rejects.toThrow(TypeError);
    await expect(signState(state, { signer: ec, exclude: ["x"] })).rejects.toThrow(TypeError);
  });
});

describe("all of a state", () => {
  it("is covered by one signature a part and one for the rest", async () => {
    const full = parseState({
      ...state,
      "README.md": "1".repeat(64),
      "_config/orphan/x": "2".repeat(64),
      "_hostconfig/pvr/docker.json": { platforms: ["linux/arm64"] },
      "run/run.json": { name: "run", type: "lxc" },
      "a[b]*?/run.json": {},
      "top [x].json": {},
      "grüße/run.json": {},
    });
    for (const signer of [rsa, ec]) {
      const signed = await signState(full, { signer, onWarning: (finding) => expect(finding).toBeUndefined() });
      const names = Object.keys(signed)
        .filter((key) => key.startsWith("_sigs/"))
        .sort();
      expect(names).toEqual([
        "_sigs/_pvskel.json",
        "_sigs/a[b]*?.json",
        "_sigs/bsp.json",
        "_sigs/grüße.json",
        "_sigs/run.part.json",
        "_sigs/web.json",
      ]);
      for (const policy of ["sdk", "pvr", "device-strict", "device-audit", "device-lenient"] as const) {
        const report = await verifyState(signed, { policy, trust, now });
        expect([policy, report.decision, report.reasons]).toEqual([policy, "accept", []]);
      }
    }
  });

  it("leaves nothing of a part out, and may leave configuration out", async () => {
    const signed = await signState(state, { signer: ec });
    const head = (key: string): Record<string, unknown> =>
      JSON.parse(Buffer.from((signed[key] as { protected: string }).protected, "base64url").toString()) as Record<
        string,
        unknown
      >;
    expect(head("_sigs/web.json")["pvs"]).toEqual({
      include: ["web/**", "_config/web/**"],
      exclude: ["_sigs/web.json"],
    });
    expect(head("_sigs/_pvskel.json")["pvs"]).toEqual({
      include: ["#spec", "device.json"],
      exclude: ["_sigs/_pvskel.json"],
    });
    const bare = await signState(state, { signer: ec, config: false });
    const report = await verifyState(bare, { trust, now });
    expect(report.reasons).toMatchObject([{ code: "PATH_UNCOVERED", path: "_config/web/etc/app.conf" }]);
  });

  it("replaces signatures of the same name, keeps others, and keeps the rest as it is", async () => {
    const text =
      '{"#spec":"pantavisor-service-system@1","big.json":{"n":12345678901234567890},"web/run.json":{"n":1.50}}';
    const exact = parseState(text);
    const once = await signState(exact, { signer: ec });
    const twice = await signState(once, { signer: rsa, parts: ["web"] });
    expect(twice["_sigs/_pvskel.json"]).toEqual(once["_sigs/_pvskel.json"]);
    expect(twice["_sigs/web.json"]).not.toEqual(once["_sigs/web.json"]);
    expect(formatState(twice)).toContain('{"n":12345678901234567890},"web/run.json":{"n":1.5E0}}');
    expect(Object.isFrozen(twice)).toBe(true);
    expect(exact["_sigs/web.json"]).toBeUndefined();
  });

  it("keeps an exact number at the top, though a device would mind it", async () => {
    const exact = parseState('{"#spec":"pantavisor-service-system@1","n":12345678901234567890,"web/run.json":{}}');
    const signed = await signState(exact, { signer: ec, parts: ["web"], policy: "pvr" });
    expect(formatState(signed)).toContain('"n":12345678901234567890,');
  });

  it("gives back what it was given", async () => {
    const revision = { state, objects: "kept", extra: 1 };
    const signed = await signState(revision, { signer: ec });
    expect(signed).toMatchObject({ objects: "kept", extra: 1 });
    expect(signed.state["_sigs/web.json"]).toBeDefined();
    expect(revision.state).toBe(state);
  });

  it("stops when it is told to", async () => {
    const reason = new Error("enough");
    await expect(signState(state, { signer: ec, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("checks a signer that somebody else made", async () => {
    const fake: Signer = { ...ec, sign: async () => new Uint8Array(64) };
    await expect(signState(state, { signer: fake })).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    const swapped: Signer = { ...ec, publicKey: rsa.publicKey };
    await expect(signState(state, { signer: swapped })).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    const strange: Signer = { ...ec, certificates: rsa.certificates };
    await expect(signState(state, { signer: strange })).rejects.toMatchObject({ code: "SIGN_KEY_MISMATCH" });
    const none: Signer = { ...ec, publicKey: { kty: "oct", k: "AA" } };
    await expect(signState(state, { signer: none })).rejects.toMatchObject({ code: "SIGN_KEY_UNSUPPORTED" });
  });
});

describe("createDeveloperCa", () => {
  it.each(["RS256", "ES256", "ES384", "ES512"] as const)("makes a CA for %s that everybody believes", async (alg) => {
    const ca = await createDeveloperCa({ alg, now });
    const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
    expect(signer.alg).toBe(alg);
    const signed = await signState(state, { signer });
    for (const policy of ["sdk", "pvr", "device-strict"] as const) {
      expect(await verifyState(signed, { policy, trust: { certificates: ca.root }, now })).toMatchObject({
        decision: "accept",
        reasons: [],
      });
    }
    const { chain } = (await verifyState(signed, { trust: { certificates: ca.root }, now })).signatures[0]!;
    expect(chain?.map(({ subject }) => subject.replace(/ [\da-f]{6}$/, ""))).toEqual([
      "CN=DEVELOPMENT signing",
      "CN=DEVELOPMENT intermediate CA",
      "CN=DEVELOPMENT root CA",
    ]);
    expect(chain?.every(({ subject }) => subject.includes("DEVELOPMENT"))).toBe(true);
  });

  it("signs RS256 unless told, from the day before, for three years", async () => {
    const ca = await createDeveloperCa({ now });
    const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
    expect(signer.alg).toBe("RS256");
    const signed = await signState(state, { signer });
    const at = async (date: string): Promise<string[]> =>
      (await verifyState(signed, { trust: { certificates: ca.root }, now: new Date(date) })).reasons
        .map(({ code }) => code)
        .slice(0, 1);
    expect(await at("2026-05-31T12:00:00Z")).toEqual([]);
    expect(await at("2026-05-31T11:59:59Z")).toEqual(["CERTIFICATE_NOT_YET_VALID"]);
    expect(await at("2029-05-30T12:00:00Z")).toEqual([]);
    expect(await at("2029-05-30T12:00:01Z")).toEqual(["CERTIFICATE_EXPIRED"]);
  });

  it("makes another one each time", async () => {
    const [one, two] = await Promise.all([
      createDeveloperCa({ alg: "ES256", now }),
      createDeveloperCa({ alg: "ES256", now }),
    ]);
    expect(one.root).not.toBe(two.root);
    const signed = await signState(state, {
      signer: await createSigner({ key: one.key, certificates: one.certificates }),
    });
    expect((await verifyState(signed, { trust: { certificates: two.root }, now })).decision).toBe("reject");
  });
});
