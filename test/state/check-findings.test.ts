import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ruleOf } from "../../src/state/check/rules.ts";
import { startRows, updateRows } from "../../src/state/check/rules-later.ts";
import { parseRows, type Row } from "../../src/state/check/rules-parse.ts";
import {
  type CheckStateOptions,
  checkState,
  composeState,
  container,
  device,
  parseState,
} from "../../src/state/index.ts";

const id = "a".repeat(64);
const spec = '"#spec":"pantavisor-service-system@1"';

/** Findings of a state given as its pairs, `CODE path` each. */
function check(pairs: string, options?: CheckStateOptions): string[] {
  return checkState(`{${spec}${pairs && `,${pairs}`}}`, options).map(({ code, path }) => `${code} ${path}`.trimEnd());
}
const web = `"web/lxc.container.conf":"${id}","web/root.squashfs":"${id}"`;
const run = (more = ""): string =>
  `"web/run.json":{"config":"lxc.container.conf",${more}"name":"web","root-volume":"root.squashfs","type":"lxc"}`;
const groups = (text: string): string => `"device.json":{"groups":${text}}`;

describe("checkState", () => {
  it("finds nothing in what the builders make", () => {
    const part = container(
      { name: "web", type: "lxc", config: "lxc.container.conf", "root-volume": "root.squashfs" },
      { "lxc.container.conf": id, "root.squashfs": id },
    );
    const state = composeState(device({}), part);
    expect(checkState(state)).toEqual([]);
    expect(checkState({ state })).toEqual([]);
    expect(checkState(parseState(JSON.stringify(state)))).toEqual([]);
  });

  it("judges text as it stands, a state by its canonical line", () => {
    const text = `{ ${spec} }`;
    expect(checkState(text)).toMatchObject([{ code: "STATE_NOT_CANONICAL", severity: "warning", stage: "update" }]);
    expect(checkState(new TextEncoder().encode(text))).toHaveLength(1);
    expect(checkState(parseState(text))).toEqual([]);
  });

  it("takes states, revisions, text and bytes, nothing else", () => {
    for (const wrong of [undefined, null, 5, true, [], {}]) {
      expect(() => checkState(wrong as never)).toThrow(TypeError);
    }
  });

  it("tells what, where, when, what a device would do and what to do", () => {
    const [finding] = checkState(`{${spec},"web/run.json":{"group":"apps","name":"web","type":"lxc"}}`);
    expect(finding).toEqual({
      code: "GROUP_UNKNOWN",
      severity: "error",
      stage: "parse",
      path: "web/run.json/group",
      message: 'there is no group "apps"; the groups are: data, root, platform, app',
      effect: "the device refuses the whole state: an update ends as WONTGO, a boot rolls back",
      hint: "name a group of device.json",
    });
  });

  it("goes on after an error, and tells the first container as well as the last", () => {
    const found = check(`"a/run.json":{"group":"x","name":"a"},"b/run.json":{"name":"b","status_goal":"started"}`);
    expect(found).toEqual(
      expect.arrayContaining(["GROUP_UNKNOWN a/run.json/group", "STATUS_GOAL_INVALID b/run.json/status_goal"]),
    );
  });

  it("says nothing about groups of containers when the groups themselves are refused", () => {
    const found = check(`${groups("[{}]")},"web/run.json":{"group":"x","name":"web"}`);
    expect(found.filter((one) => /GROUP_UNKNOWN|GROUPS_NONE/.test(one))).toEqual([]);
    expect(found).toContain("GROUP_INVALID device.json/groups/0");
  });

  it.each<[string, string, string]>([
    [
      "a name that equals a key",
      groups('[{"name":"timeout","restart_policy":"system"}]'),
      "KEY_SHADOWED device.json/groups/0/timeout",
    ],
    ["a key that begins like another", `${run('"groupa":"root",')},${web}`, "KEY_SHADOWED web/run.json/group"],
    [
      "a key spelled otherwise",
      `${run('"restart-policy":"system",')},${web}`,
      "KEY_MISSPELLED web/run.json/restart-policy",
    ],
    ["a file that begins like a document", `"device":"${id}"`, "KEY_SKIPPED device"],
    [
      "a number in quotes",
      `${run('"auto_recovery":{"max_retries":"3","policy":"always","retry_delay":2},')},${web}`,
      "NUMBER_MISREAD web/run.json/auto_recovery/max_retries",
    ],
    [
      "a nested value that is not last",
      groups('[{"name":"a","x":["q"]},{"name":"b"}]'),
      "LIST_SHIFTED device.json/groups/0",
    ],
    ["a reserved name elsewhere", '"web/src.json":{"note":"groups.json"}', "RESERVED_ELSEWHERE groups.json"],
    ["a container in an overlay", `"_config/web/run.json":{"name":"x"}`, "CONTAINER_UNEXPECTED _config/web/run.json"],
    ["a key of slashes", `"//":"${id}"`, "KEY_SLASHES //"],
    ["a missing type", `"web/run.json":{"name":"web"}`, "TYPE_MISSING web/run.json/type"],
    [
      "no suffix",
      `${run().replace('"root.squashfs"', '"root"')},${web}`,
      "VOLUME_SUFFIX_MISSING web/run.json/root-volume",
    ],
    [
      "an unknown disk",
      `${run('"storage":{"a":{"disk":"d","persistence":"boot"}},')},${web}`,
      "DISK_UNKNOWN web/run.json/storage/a/disk",
    ],
    [
      "a pool that is not there",
      `${run('"network":{"pool":"lan"},')},${web}`,
      "POOL_UNKNOWN web/run.json/network/pool",
    ],
    ["a string that the signature check dies on", '"x.json":"{"', "VALUE_UNSIGNABLE x.json"],
    ["no SHA-256", '"web/x":"hello"', "OBJECT_ID_INVALID web/x"],
    [
      "a name that is not the folder's",
      `"web/run.json":{"name":"other","type":"lxc"}`,
      "NAME_UNLIKE_FOLDER web/run.json/name",
    ],
    ["an overlay of nobody", `"_config/gone/etc/x":"${id}"`, "OVERLAY_OWNERLESS _config/gone/etc/x"],
  ])("finds %s", (_what, pairs, finding) => {
    expect(check(pairs)).toContain(finding);
  });

  it("asks no config of a container that is only mounted, but a type", () => {
    const mounted = `"web/run.json":{"name":"web","status_goal":"MOUNTED"}`;
    expect(check(mounted)).toEqual(["TYPE_MISSING web/run.json/type"]);
    expect(check(mounted.replace('"name"', '"group":"data","name"').replace(',"status_goal":"MOUNTED"', ""))).toEqual([
      "TYPE_MISSING web/run.json/type",
    ]);
  });

  it("knows the boot loader, the mode and the FIT configuration", () => {
    const linux = `"bsp/i":"${id}","bsp/k":"${id}","bsp/run.json":{"initrd":"i","linux":"k"}`;
    expect(check(linux)).toEqual([]);
    expect(check(linux, { bootloader: "rpiab" })).toContain("BSP_RPIAB_MISSING bsp/run.json");
    expect(check(linux, { bootloader: "rpiab", mode: "appengine" })).toEqual([]);
    const drivers = '"bsp/drivers.json":{"all":{},"fitconfig:conf-1":5,"fitconfig:conf-2":{}}';
    expect(check(drivers)).toEqual(["DRIVERS_INVALID bsp/drivers.json/fitconfig:conf-1"]);
    expect(check(drivers, { fitConfig: "conf-2" })).toEqual([]);
    expect(check(drivers, { fitConfig: "" })).toEqual([]);
    const unknown = '{"#spec":"other@1"}';
    expect(checkState(unknown)).toMatchObject([{ code: "SPEC_UNKNOWN" }]);
    expect(checkState(unknown, { mode: "appengine" })).toMatchObject([{ code: "SPEC_REFUSED" }]);
  });

  it("takes bytes that are no UTF-8 as a device does, and says so", () => {
    const bytes = new TextEncoder().encode(`{${spec},"web/x?":"${id}"}`);
    bytes[bytes.indexOf(63)] = 0xe9;
    expect(checkState(bytes).map(({ code }) => code)).toEqual(["TEXT_NOT_UTF8"]);
    const bare = new TextEncoder().encode(`{${spec},?:5}`);
    bare[bare.indexOf(63)] = 0xe9;
    expect(checkState(bare).map(({ code }) => code)).toContain("JSON_INVALID");
  });
});

describe("services", () => {
  const consumer = (need: string, when = "required"): string =>
    `"web/run.json":{"config":"lxc.container.conf","name":"web","services":{"${when}":[${need}]},"type":"lxc"},${web}`;
  const offer = '{"name":"mqtt","socket":"/run/s","type":"unix"}';
  const broker = (services: string): string =>
    `"broker/c":"${id}","broker/run.json":{"config":"c","name":"broker","type":"lxc"},"broker/services.json":{"services":[${services}]}`;
  const need = '{"name":"mqtt","type":"unix"}';

  it("are wired", () =>
    expect(check(`${broker(offer)},${consumer(need).replace(/,"web\/lxc.*/, "")},${web}`)).toHaveLength(1));

  it.each<[string, string, string]>([
    ["without a provider", consumer(need), "SERVICE_UNMET web/run.json/services/required/0"],
    ["optional, without a provider", consumer(need, "optional"), "SERVICE_ABSENT web/run.json/services/optional/0"],
    [
      "of another type",
      `${broker(offer)},${consumer('{"name":"mqtt","type":"rest"}')}`,
      "SERVICE_TYPE_UNLIKE web/run.json/services/required/0",
    ],
    [
      "of no type that exists",
      `${broker(offer.replace("unix", "tcp"))},${consumer(need)}`,
      "SERVICE_TYPE_UNKNOWN broker/services.json/services/0/type",
    ],
    ["given as a text", `${broker(offer)},${consumer('"mqtt"')}`, "SERVICE_UNMET web/run.json/services/required/0"],
    [
      "without a socket",
      `${broker('{"name":"mqtt","type":"unix"}')},${consumer(need)}`,
      "SERVICE_SOCKETLESS broker/services.json/services/0",
    ],
    [
      "given twice",
      `${broker(`${offer},${offer}`)},${consumer(need)}`,
      "SERVICE_REPEATED broker/services.json/services/1",
    ],
    [
      "of a container with another name",
      `${broker(offer).replace('"name":"broker"', '"name":"x"')},${consumer(need)}`,
      "SERVICES_LOST broker/services.json",
    ],
    [
      "of the device itself",
      consumer('{"name":"system-bus","type":"dbus"}'),
      "SERVICE_HOSTED web/run.json/services/required/0",
    ],
    [
      "in the arguments only",
      `${run()},"web/src.json":{"args":{"PV_SERVICES_REQUIRED":[${need}]}},${web}`,
      "SERVICE_NOT_RENDERED web/src.json/args/PV_SERVICES_REQUIRED",
    ],
    [
      "in run.json only",
      `${broker(offer)},${consumer(need)},"web/src.json":{"args":{},"template":"t"}`,
      "SERVICE_NOT_IN_ARGS web/run.json/services/required/0",
    ],
  ])("%s", (_what, pairs, finding) => {
    expect(check(pairs)).toContain(finding);
  });

  it("do not come from a services.json before its run.json", () => {
    const early = `"web/services.json":[${offer}],${run()},${web}`;
    expect(check(early)).toContain("SERVICES_LOST web/services.json");
    expect(check(`${run()},"web/services.json":[${offer}],${web}`)).not.toContain("SERVICES_LOST web/services.json");
  });
});

describe("the table of findings", () => {
  const rows: [code: string, row: Row][] = [parseRows, startRows, updateRows].flatMap((part) => Object.entries(part));

  it("has one row a code, in English without a full stop", () => {
    expect(new Set(rows.map(([code]) => code)).size).toBe(rows.length);
    for (const [code, [, hint, effect]] of rows) {
      expect(`${code} ${hint} ${effect ?? ""}`).toMatch(/[^.]\s?$/);
      expect(ruleOf(code as never).effect).not.toBe("");
    }
  });

  it("is docs/checks.md", () => {
    const kinds = { reject: "error", crash: "error, crash", fail: "error", warn: "warning" };
    const expected = rows.map(([code]) => {
      const { kind, stage, effect, hint } = ruleOf(code as never);
      return `| \`${code}\` | ${kinds[kind]} | ${stage} | ${effect} | ${hint} |`;
    });
    const text = readFileSync(new URL("../../docs/checks.md", import.meta.url), "utf8");
    expect(text.split("\n").filter((line) => line.startsWith("| `"))).toEqual(expected);
  });
});
