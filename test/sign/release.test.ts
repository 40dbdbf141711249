import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  createSigner,
  type ReleaseOptions,
  type ReleaseReport,
  type Signer,
  signRelease,
  signState,
  type VerifyReleaseOptions,
  verifyRelease,
  verifyState,
} from "../../src/sign/index.ts";
import { canonicalJson, checkState, formatState, parseState, type State } from "../../src/state/index.ts";
import { errorsOf, now, signerOf, state } from "./fixtures.ts";
import { type Holder, keyPem, makeCertificate } from "./make-certificate.ts";

const root = makeCertificate({ subject: "Root", ca: true });
const leafs = [1, 2, 3].map((i) => makeCertificate({ subject: `Release leaf ${i}` }, root));
const [one, two, three] = (await Promise.all(leafs.map((leaf) => signerOf(leaf)))) as [Signer, Signer, Signer];
const stranger = await signerOf(makeCertificate({ subject: "Stranger" }));
const trust = { certificates: root.pem };
const expires = new Date("2026-09-01T00:00:00Z");
const sizes = new Map([
  ["d".repeat(64), 10],
  ["1".repeat(64), 2000],
  ["b".repeat(64), 300_000],
  ["2".repeat(64), 5],
]);

function release(options: Partial<ReleaseOptions> = {}, target: State = state): Promise<State> {
  return signRelease(target, { name: "release", sequence: 5, expires, signers: [one, two], sizes, ...options });
}

function judge(target: State | string, options: Partial<VerifyReleaseOptions> = {}): Promise<ReleaseReport> {
  return verifyRelease(target, { trust, threshold: 2, now, ...options });
}

const documentOf = (target: State, name = "release"): Record<string, unknown> =>
  target[`_sigs/${name}.json`] as unknown as Record<string, unknown>;
const signatureKeys = (target: State): string[] =>
  Object.keys(target).filter((key) => /^_sigs\/\w+-[\da-f]{16}\.json$/.test(key));

describe("signRelease", () => {
  it("says hash and size of every part, sequence, expiry and audience", async () => {
    const released = await release({ audience: ["gateway"] });
    const part = (keys: string[]): string => {
      const text = `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(state[key]!)}`).join(",")}}`;
      return createHash("sha256").update(text).digest("hex");
    };
    expect(documentOf(released)).toEqual({
      "#spec": "pv-release@1",
      audience: ["gateway"],
      expires: "2026-09-01T00:00:00.000Z",
      parts: {
        bsp: { sha256: part(["bsp/kernel.img", "bsp/run.json"]), sizeBytes: 2000 },
        web: {
          sha256: part(["_config/web/etc/app.conf", "web/root.squashfs", "web/run.json", "web/src.json"]),
          sizeBytes: 300_010,
        },
      },
      sequence: 5,
      skeleton: { sha256: part(["#spec", "device.json"]), sizeBytes: 0 },
    });
    expect(documentOf(await release())).not.toHaveProperty("audience");
  });

  it("is skipped by devices and taken by pvr, beside ordinary signatures", async () => {
    const signed = await release({}, await signState(state, { signer: one }));
    expect(signatureKeys(signed)).toHaveLength(2);
    for (const policy of ["sdk", "pvr", "device-strict", "device-lenient"] as const) {
      expect(await verifyState(signed, { policy, trust, now })).toMatchObject({ decision: "accept", reasons: [] });
    }
    expect(checkState(signed).filter(({ path }) => path.startsWith("_sigs/"))).toEqual([]);
  });

  it("counts an object once a part, however often it is named", async () => {
    const twice = parseState({ ...state, "web/again.squashfs": "b".repeat(64) });
    expect(documentOf(await release({}, twice))["parts"]).toMatchObject({ web: { sizeBytes: 300_010 } });
  });

  it("needs the size of every object", async () => {
    const few = new Map([...sizes].filter(([id]) => !id.startsWith("b")));
    await expect(release({ sizes: few })).rejects.toMatchObject({
      code: "OBJECT_MISSING",
      data: { id: "b".repeat(64), path: "web/root.squashfs" },
    });
  });

  it("adds to signatures over the same document, and drops those over another", async () => {
    const first = await release({ signers: [one] });
    const both = await release({ signers: [two] }, first);
    expect(signatureKeys(both)).toHaveLength(2);
    expect((await judge(both)).decision).toBe("accept");
    const later = await release({ signers: [three], sequence: 6 }, both);
    expect(signatureKeys(later)).toHaveLength(1);
    expect((await judge(later, { threshold: 1 })).decision).toBe("accept");
    const other = await release({ signers: [one], name: "other" }, both);
    expect(signatureKeys(other)).toHaveLength(3);
  });

  it("keeps what is not its own", async () => {
    const odd = parseState({
      ...state,
      "_sigs/release-notes.json": { text: "x" },
      "_sigs/release-0123456789abcdef.txt": "1".repeat(64),
    });
    const released = await release({}, odd);
    expect(released).toMatchObject({
      "_sigs/release-notes.json": { text: "x" },
      "_sigs/release-0123456789abcdef.txt": "1".repeat(64),
    });
  });

  it.each([
    ["a path as its name", { name: "a/b" }],
    ["no name", { name: "" }],
    ["a name that devices take for a container", { name: "run" }],
  ])("refuses %s", async (_what, options) => {
    await expect(release(options)).rejects.toMatchObject({ code: "SIGN_REFUSED" });
  });

  it("refuses several bare keys, of which a device knows one at most", async () => {
    const bare = await Promise.all(leafs.map((leaf) => createSigner({ key: keyPem(leaf as Holder) })));
    await expect(release({ signers: bare })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
    await expect(release({ signers: [one, bare[1]!] })).rejects.toMatchObject({ code: "SIGN_REFUSED" });
    await expect(release({ signers: bare.slice(0, 1) })).resolves.toHaveProperty("_sigs/release.json");
  });

  it.each([
    ["no sequence", { sequence: 0 }],
    ["half a sequence", { sequence: 1.5 }],
    ["no expiry", { expires: new Date(Number.NaN) }],
    ["no signer", { signers: [] }],
  ])("takes %s for a mistake", async (_what, options) => {
    await expect(release(options)).rejects.toThrow(TypeError);
  });

  it("gives back what it was given", async () => {
    const revision = await signRelease(
      { state, objects: 1 },
      { name: "r", sequence: 1, expires, signers: [one], sizes },
    );
    expect(revision.objects).toBe(1);
    expect(revision.state["_sigs/r.json"]).toBeDefined();
  });
});

describe("verifyRelease", () => {
  it("accepts what enough keys signed, and tells what to remember", async () => {
    const released = await release({ audience: ["gateway", "test"] });
    const report = await judge(released, { audience: "test" });
    expect(report).toMatchObject({ decision: "accept", reasons: [] });
    const sha256 = createHash("sha256")
      .update(canonicalJson(documentOf(released) as never))
      .digest("hex");
    expect(report.release).toEqual({
      name: "release",
      sequence: 5,
      sha256,
      expires,
      audience: ["gateway", "test"],
      sizes: new Map([
        ["bsp", 2000],
        ["web", 300_010],
      ]),
    });
    expect(
      [...report.paths]
        .filter(([, verdict]) => verdict === "trusted")
        .map(([key]) => key)
        .sort(),
    ).toEqual([...Object.keys(state), "_sigs/release.json"].sort());
    expect(report.signatures.map(({ verdict }) => verdict)).toEqual(["trusted", "trusted"]);
  });

  it("judges text as it stands", async () => {
    const text = formatState(await release());
    expect((await judge(text)).decision).toBe("accept");
    expect(errorsOf(await judge(text.replace(":", ": ")))).toEqual(["STATE_NOT_CANONICAL"]);
    for (const broken of ["", "[]", "{"]) expect(errorsOf(await judge(broken))).toEqual(["STATE_INVALID"]);
  });

  it("names a rollback", async () => {
    const released = await release();
    const known = { sequence: 6, sha256: "0".repeat(64) };
    expect(errorsOf(await judge(released, { known }))).toEqual(["RELEASE_ROLLBACK"]);
    expect((await judge(released, { known: { ...known, sequence: 4 } })).decision).toBe("accept");
  });

  it("names two releases with the same number", async () => {
    const released = await release();
    const { sha256 } = (await judge(released)).release!;
    expect((await judge(released, { known: { sequence: 5, sha256 } })).decision).toBe("accept");
    const other = await release({ expires: new Date("2026-10-01") });
    expect(errorsOf(await judge(other, { known: { sequence: 5, sha256 } }))).toEqual(["RELEASE_REPLAYED"]);
  });

  it("names a freeze", async () => {
    const released = await release();
    expect((await judge(released, { now: new Date(expires.getTime() - 1) })).decision).toBe("accept");
    expect(errorsOf(await judge(released, { now: expires }))).toEqual(["RELEASE_FREEZE"]);
  });

  it("goes by the clock when no time is given", async () => {
    const old = await release({ expires: new Date("2020-01-01") });
    expect(errorsOf(await judge(old, { now: undefined }))).toContain("RELEASE_FREEZE");
  });

  it.each([
    ["a part of another release", { "web/run.json": { name: "web", type: "lxc", old: true } }, "web"],
    ["another object", { "bsp/kernel.img": "2".repeat(64) }, "bsp"],
    ["configuration of another release", { "_config/web/etc/app.conf": "2".repeat(64) }, "web"],
    ["one part more", { "new/run.json": {} }, "new"],
    ["one part less", { "bsp/run.json": undefined, "bsp/kernel.img": undefined }, "bsp"],
    ["another device.json", { "device.json": {} }, "_sigs/release.json"],
    ["one file more at the top", { "README.md": "1".repeat(64) }, "_sigs/release.json"],
    ["configuration of no part", { "_config/new/x": "1".repeat(64) }, "_sigs/release.json"],
  ])("names a mixture: %s", async (_what, changes, path) => {
    const changed = parseState(JSON.parse(JSON.stringify({ ...(await release()), ...changes })) as never);
    const report = await judge(changed);
    expect(report.decision).toBe("reject");
    expect(report.reasons).toMatchObject([{ code: "RELEASE_MIX_AND_MATCH", path }]);
    for (const key of Object.keys(changes)) if (key in changed) expect(report.paths.get(key)).toBe("unsigned");
  });

  it("names a wrong audience", async () => {
    const released = await release({ audience: ["gateway"] });
    expect((await judge(released, { audience: "gateway" })).decision).toBe("accept");
    expect(errorsOf(await judge(released, { audience: "camera" }))).toEqual(["RELEASE_AUDIENCE"]);
    expect(errorsOf(await judge(released))).toEqual(["RELEASE_AUDIENCE"]);
    expect((await judge(await release(), { audience: "anybody" })).decision).toBe("accept");
    expect(errorsOf(await judge(await release({ audience: [] }), { audience: "x" }))).toEqual(["RELEASE_AUDIENCE"]);
  });

  it("names too few keys", async () => {
    expect(errorsOf(await judge(await release({ signers: [one] })))).toEqual(["RELEASE_THRESHOLD"]);
    expect(errorsOf(await judge(await release(), { threshold: 3 }))).toEqual(["RELEASE_THRESHOLD"]);
    expect((await judge(await release({ signers: [one, two, three] }), { threshold: 3 })).decision).toBe("accept");
  });

  it("counts a key once that signed twice", async () => {
    const single = await release({ signers: [one] });
    const [key] = signatureKeys(single);
    const doubled = parseState({ ...single, "_sigs/release-again.json": single[key!]! });
    const report = await judge(doubled);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
    expect(report.reasons).toMatchObject([{}, { code: "RELEASE_KEY_REPEATED", severity: "warning" }]);
    expect((await judge(doubled, { threshold: 1 })).decision).toBe("accept");
  });

  it("counts no good signature of something else that bears the release's name", async () => {
    const parts = await signState(state, { signer: one });
    const forged = await release({ sequence: 99, signers: [stranger] }, parts);
    const moved = Object.entries(forged).filter(([key]) => !signatureKeys(forged).includes(key));
    const renamed = parseState({ ...Object.fromEntries(moved), "_sigs/release-x.json": parts["_sigs/web.json"]! });
    const report = await judge(renamed, { threshold: 1 });
    expect(report.signatures).toMatchObject([{ path: "_sigs/release-x.json", verdict: "trusted" }]);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
  });

  it("counts a key once that has two certificates", async () => {
    const again = makeCertificate({ subject: "Release leaf 1", serial: new Uint8Array([0x55]) }, root);
    expect(keyPem(again)).toBe(keyPem(leafs[0]!));
    const single = await release({ signers: [one] });
    const other = await release({ signers: [await signerOf(again)] });
    const [key] = signatureKeys(single);
    const doubled = parseState({ ...single, "_sigs/release-again.json": other[key!]! });
    const report = await judge(doubled);
    expect(report.signatures.map(({ verdict }) => verdict)).toEqual(["trusted", "trusted"]);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
  });

  it("does not count strangers, nor mind them", async () => {
    const released = await release({ signers: [one, stranger] });
    const report = await judge(released);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
    expect(report.reasons).toMatchObject([{}, { code: "CHAIN_UNTRUSTED", severity: "warning" }]);
    expect((await judge(await release({ signers: [one, two, stranger] }))).decision).toBe("accept");
    expect(report.paths.get("web/run.json")).toBe("untrusted");
  });

  it("does not count signatures that are broken", async () => {
    const released = await release();
    const [key] = signatureKeys(released);
    const broken = parseState({ ...released, [key!]: { ...(released[key!] as object), signature: "AAAA" } });
    const report = await judge(broken);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
    expect(report.reasons.map(({ code }) => code)).toContain("SIGNATURE_INVALID");
    const changed = parseState({
      ...released,
      "_sigs/release.json": { ...documentOf(released), sequence: 6 } as never,
    });
    const tampered = await judge(changed);
    expect(errorsOf(tampered)).toEqual(["RELEASE_THRESHOLD"]);
    expect(tampered.paths.get("web/run.json")).toBe("invalid");
  });

  it("does not count signatures over anything else", async () => {
    const released = await release({ signers: [one] });
    const more = await signState(released, { signer: two, raw: { name: "web", include: ["web/**"] } });
    const report = await judge(more);
    expect(errorsOf(report)).toEqual(["RELEASE_THRESHOLD"]);
    expect(report.signatures).toHaveLength(1);
  });

  it("counts a signature over more than the release", async () => {
    const released = await release({ signers: [one] });
    const more = await signState(released, {
      signer: two,
      raw: { name: "more", include: ["web/**", "_sigs/release.json"] },
    });
    expect((await judge(more)).decision).toBe("accept");
  });

  it("does not take an expired certificate for a key", async () => {
    const late = await signerOf(makeCertificate({ subject: "Late", notAfter: new Date("2026-05-01") }, root));
    expect(errorsOf(await judge(await release({ signers: [one, late] })))).toEqual(["RELEASE_THRESHOLD"]);
  });

  it("asks old and new keys while they change", async () => {
    const renewed = makeCertificate({ subject: "New root", ca: true });
    const newLeafs = [1, 2].map((i) => makeCertificate({ subject: `New leaf ${i}` }, renewed));
    const newSigners = await Promise.all(newLeafs.map((leaf) => signerOf(leaf)));
    const asked = { trust: { certificates: renewed.pem }, previous: { trust, threshold: 2 } };
    const both = await release({ signers: [one, two, ...newSigners] });
    expect((await judge(both, asked)).decision).toBe("accept");
    const newOnly = await judge(await release({ signers: newSigners }), asked);
    expect(newOnly.reasons[0]).toMatchObject({
      code: "RELEASE_THRESHOLD",
      message: "0 of the previous 2 keys have signed",
    });
    const oldOnly = await judge(await release(), asked);
    expect(oldOnly.reasons[0]).toMatchObject({ code: "RELEASE_THRESHOLD", message: "0 of 2 keys have signed" });
    const half = await judge(await release({ signers: [one, ...newSigners] }), asked);
    expect(errorsOf(half)).toEqual(["RELEASE_THRESHOLD"]);
    for (const report of [newOnly, oldOnly, half]) expect(report.paths.get("web/run.json")).not.toBe("trusted");
  });

  it("names a mixture: another document among the signatures", async () => {
    const more = parseState({ ...(await release()), "_sigs/notes.json": { "device.json": {} } });
    expect((await judge(more)).reasons).toMatchObject([{ code: "RELEASE_MIX_AND_MATCH", path: "_sigs/release.json" }]);
    const noted = parseState({ ...state, "_sigs/notes.json": { text: "x" } });
    expect((await judge(await release({}, noted))).decision).toBe("accept");
  });

  it("is no cover for a container among the signatures", async () => {
    const evil = parseState({ ...state, "_sigs/run.json": { name: "evil", type: "lxc" } });
    expect(errorsOf(await judge(await release({}, evil)))).toEqual(["SIGNATURE_IS_CONTAINER"]);
  });

  it("takes members that it does not know", async () => {
    const document = { ...documentOf(await release()), note: { any: ["thing"] } };
    const more = parseState({ ...state, "_sigs/release.json": document as never });
    const signed = await signState(more, { signer: one, raw: { name: "a", include: ["_sigs/release.json"] } });
    const report = await judge(signed, { threshold: 1 });
    expect([report.decision, report.release?.sequence]).toEqual(["accept", 5]);
  });

  it("goes on from a release that has expired meanwhile", async () => {
    const { sequence, sha256 } = (await judge(await release())).release!;
    const next = await release({ sequence: 6, expires: new Date("2026-12-01") });
    const later = { now: new Date("2026-10-01"), known: { sequence, sha256 } };
    expect((await judge(next, later)).decision).toBe("accept");
    expect(errorsOf(await judge(await release(), later))).toEqual(["RELEASE_FREEZE"]);
  });

  it("recovers from a number that is too high by new keys", async () => {
    const stuck = await judge(await release({ sequence: Number.MAX_SAFE_INTEGER }));
    const known = { sequence: stuck.release!.sequence, sha256: stuck.release!.sha256 };
    const renewed = makeCertificate({ subject: "Recovery root", ca: true });
    const signer = await signerOf(makeCertificate({ subject: "Recovery leaf" }, renewed));
    const fresh = await release({ sequence: 6, signers: [signer] });
    const asked = { trust: { certificates: renewed.pem }, threshold: 1 };
    expect(errorsOf(await judge(fresh, { ...asked, known }))).toEqual(["RELEASE_ROLLBACK"]);
    expect((await judge(fresh, asked)).decision).toBe("accept");
  });

  it("trusts bare keys, too", async () => {
    const publicKeys = leafs
      .map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }) as string)
      .join("");
    expect((await judge(await release(), { trust: { publicKeys } })).decision).toBe("accept");
    expect(errorsOf(await judge(await release(), { trust: {} }))).toEqual(["RELEASE_THRESHOLD"]);
  });

  it("wants one release document, or to be told which", async () => {
    expect(errorsOf(await judge(state))).toEqual(["RELEASE_MISSING"]);
    const two_ = await release({ name: "other", sequence: 9 }, await release());
    expect(errorsOf(await judge(two_))).toEqual(["RELEASE_INVALID"]);
    expect((await judge(two_, { name: "other" })).release).toMatchObject({ sequence: 9 });
    expect((await judge(two_, { name: "release" })).release).toMatchObject({ sequence: 5 });
    expect(errorsOf(await judge(two_, { name: "third" }))).toEqual(["RELEASE_MISSING"]);
    const elsewhere = parseState({ ...state, "web/release.json": documentOf(await release()) as never });
    expect(errorsOf(await judge(elsewhere))).toEqual(["RELEASE_MISSING"]);
  });

  it.each([
    ["sequence", 0],
    ["parts", ""],
    ["parts", null],
    ["parts", 5],
    ["parts", { web: null }],
    ["parts", { web: { sha256: ["0".repeat(64)], sizeBytes: 1 } }],
    ["sequence", -1],
    ["sequence", 1.5],
    ["sequence", "5"],
    ["sequence", undefined],
    ["expires", "2026-09-01"],
    ["expires", "soon"],
    ["expires", 5],
    ["expires", undefined],
    ["audience", "gateway"],
    ["audience", [5]],
    ["parts", undefined],
    ["parts", []],
    ["parts", { web: {} }],
    ["parts", { web: { sha256: "0".repeat(64) } }],
    ["parts", { web: { sha256: "0".repeat(63), sizeBytes: 1 } }],
    ["parts", { web: { sha256: "A".repeat(64), sizeBytes: 1 } }],
    ["parts", { web: { sha256: "0".repeat(64), sizeBytes: -1 } }],
    ["parts", { web: { sha256: "0".repeat(64), sizeBytes: 0.5 } }],
    ["skeleton", undefined],
    ["skeleton", null],
  ])("does not read a document whose %s is %j", async (member, value) => {
    const document = { ...documentOf(await release()), [member]: value };
    const changed = parseState(JSON.parse(JSON.stringify({ ...state, "_sigs/release.json": document })) as never);
    const report = await judge(changed, { threshold: 1 });
    expect(errorsOf(report)).toEqual(["RELEASE_INVALID"]);
    expect(report.release).toBeUndefined();
  });

  it("begins with the number 1, and takes bytes as well as text", async () => {
    const first = await release({ sequence: 1 });
    expect((await judge(first)).decision).toBe("accept");
    const report = await verifyRelease(new TextEncoder().encode(formatState(first)), { trust, threshold: 2, now });
    expect(report).toMatchObject({ decision: "accept", release: { sequence: 1 } });
  });

  it("passes on what is no matter of the state", async () => {
    const failure = new Error("no store");
    const broken = {
      get publicKeys(): never {
        throw failure;
      },
    };
    await expect(judge(await release(), { trust: broken })).rejects.toBe(failure);
  });

  it("says of every path what its signatures are worth", async () => {
    const good = await release();
    const [a, b] = signatureKeys(good) as [string, string];
    const { [a]: first, [b]: second, ...bare } = good as Record<string, unknown>;
    const worth = async (documents: object): Promise<[string | undefined, string[]]> => {
      const report = await judge(canonicalJson({ ...bare, ...documents } as never));
      return [report.paths.get("web/run.json"), report.signatures.map(({ path }) => path)];
    };
    const broken = { "#spec": "pvs@2", protected: "!", signature: "" };
    const foreign = (await release({ signers: [stranger] })) as Record<string, unknown>;
    const theirs = signatureKeys(foreign as State)[0]!;
    expect(await worth({ [a]: first, [b]: second })).toEqual(["trusted", [a, b].sort()]);
    expect(await worth({})).toEqual(["unsigned", []]);
    expect(await worth({ [a]: broken })).toEqual(["invalid", [a]]);
    expect(await worth({ [a]: broken, [theirs]: foreign[theirs] })).toEqual(["untrusted", [a, theirs].sort()]);
    // What is broken may be anybody's: only a name says that it was meant for the release.
    expect(await worth({ "_sigs/other.json": broken, "_sigs/releases.json": broken })).toEqual(["unsigned", []]);
  });

  it("tells how parts differ", async () => {
    const { "web/run.json": _run, "web/root.squashfs": _root, "web/src.json": _src, ...rest } = await release();
    const { "_config/web/etc/app.conf": _conf, ...without } = rest as Record<string, unknown>;
    const changed = { ...without, "new/run.json": {}, "device.json": {}, "bsp/kernel.img": "2".repeat(64) };
    const told = (await judge(canonicalJson(changed as never))).reasons.filter(
      ({ code }) => code === "RELEASE_MIX_AND_MATCH",
    );
    expect(told.map(({ path, message }) => `${path}: ${message}`).sort()).toEqual([
      "_sigs/release.json: what is in no part is another one than the release says",
      "bsp: the part bsp is another one than the release says",
      "new: the part new is not in the release",
      "web: the part web is missing",
    ]);
  });

  it.each([0, -1, 1.5, Number.NaN])("takes a threshold of %d for a mistake", async (threshold) => {
    await expect(judge(await release(), { threshold })).rejects.toThrow(TypeError);
    await expect(judge(await release(), { previous: { trust, threshold } })).rejects.toThrow(TypeError);
  });

  it("takes a time or a known sequence that is none for a mistake: nothing would be too old", async () => {
    await expect(judge(await release(), { now: new Date(Number.NaN) })).rejects.toThrow(TypeError);
    const known = { sequence: Number.NaN, sha256: "" };
    await expect(judge(await release(), { known })).rejects.toThrow(TypeError);
  });

  it("names every attack at once", async () => {
    const released = await release({ signers: [one], audience: ["x"] });
    const changed = parseState({ ...released, "web/run.json": {} });
    const known = { sequence: 9, sha256: "" };
    expect(errorsOf(await judge(changed, { known, now: new Date("2026-12-01") }))).toEqual([
      "RELEASE_THRESHOLD",
      "RELEASE_ROLLBACK",
      "RELEASE_FREEZE",
      "RELEASE_AUDIENCE",
      "RELEASE_MIX_AND_MATCH",
    ]);
  });
});
