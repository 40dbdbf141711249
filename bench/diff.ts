/**
 * One canonical text, one difference and one plan of a state of 2,000 keys (parsed), then of 10,000 to 100,000: warm
 * medians, and the time per key, which must not grow.
 */
import { diffStates, formatState, type JsonObject, parseState, planUpdate, type State } from "../src/index.ts";

const hex = (seed: number): string => {
  let text = "";
  for (let value = seed + 1; text.length < 64; value = (value * 48_271) % 2_147_483_647) text += value.toString(16);
  return text.slice(0, 64);
};

/** Containers of ten keys each: overlay, image, run.json, src.json, signature; about a tenth of them changed. */
function makeState(keys: number, changed: boolean): State {
  const state: { [key: string]: JsonObject | string } = { "#spec": "pantavisor-service-system@1" };
  state["device.json"] = { groups: [{ name: "root", restart_policy: "system" }, { name: "app" }] };
  for (let index = 0; index < keys / 10; index++) {
    const name = `container-${index}`;
    const turn = changed && index % 10 === 0 ? 1 : 0;
    const run = { name, type: "lxc", config: "lxc.container.conf", "root-volume": "root.squashfs", volumes: [] };
    const storage = { "docker--data": { persistence: "permanent" }, "lxc-overlay": { persistence: "boot" } };
    state[`${name}/run.json`] = { "#spec": "service-manifest-run@1", ...run, group: turn ? "root" : "app", storage };
    state[`${name}/src.json`] = {
      "#spec": "service-manifest-src@1",
      docker_tag: `1.${turn}`,
      args: { PV_A: "x", PV_N: 1.5 },
    };
    state[`${name}/lxc.container.conf`] = hex(index);
    state[`${name}/root.squashfs`] = hex(index * 7 + turn);
    for (let file = 0; file < 5; file++) state[`_config/${name}/etc/file-${file}`] = hex(index * 5 + file);
    const pvs = { include: [`${name}/**`, `_config/${name}/**`], exclude: [`${name}/src.json`, `_sigs/${name}.json`] };
    const header = btoa(JSON.stringify({ alg: "ES256", pvs, typ: "PVS" }));
    if (index < 50) state[`_sigs/${name}.json`] = { "#spec": "pvs@2", protected: header, signature: "AA" };
    else state[`${name}/mdev.json`] = { rules: [`rule-${index}`] };
  }
  return parseState(JSON.stringify(state));
}

function median(run: () => unknown, times: number): number {
  const taken: number[] = [];
  for (let index = 0; index < times + 3; index++) {
    const start = performance.now();
    run();
    if (index >= 3) taken.push(performance.now() - start);
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

console.log("  keys  canonical      diff      plan       sum  per 1,000 keys  CPU of all three");
for (const keys of [2000, 10_000, 30_000, 100_000]) {
  const [from, to] = [makeState(keys, false), makeState(keys, true)];
  const times = keys > 10_000 ? 7 : 61;
  const works = [() => formatState(to), () => diffStates(from, to), () => planUpdate(from, to)];
  const walls = works.map((work) => median(work, times));
  // On a machine that others use as well, the time on the clock says little.
  const before = process.cpuUsage();
  for (let turn = 0; turn < times; turn++) for (const work of works) work();
  const used = process.cpuUsage(before);
  const sum = walls.reduce((total, wall) => total + wall, 0);
  const cells = [...walls, sum].map((wall) => `${wall.toFixed(1).padStart(7)} ms`);
  const each = `${((sum / keys) * 1000).toFixed(2).padStart(12)} ms`;
  const cpu = `${((used.user + used.system) / 1000 / times).toFixed(1).padStart(15)} ms`;
  console.log(`${String(keys).padStart(6)} ${cells.join("")} ${each} ${cpu}`);
}
