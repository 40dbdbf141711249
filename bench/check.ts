/** `checkState` of the text of states of 2,000 to 100,000 keys: warm medians, and the time per key, which must not grow. */
import { checkState } from "../src/index.ts";

const hex = (seed: number): string => {
  let text = "";
  for (let value = seed + 1; text.length < 64; value = (value * 48_271) % 2_147_483_647) text += value.toString(16);
  return text.slice(0, 64);
};

/** Containers of four keys each, sorted as in a canonical text. */
function makeText(keys: number): string {
  const pairs = ['"#spec":"pantavisor-service-system@1"'];
  for (let index = 0; index < keys / 4; index++) {
    const name = `c${String(index).padStart(6, "0")}`;
    pairs.push(
      `"${name}/lxc.container.conf":"${hex(index)}"`,
      `"${name}/root.squashfs":"${hex(index + 7)}"`,
      `"${name}/run.json":{"#spec":"service-manifest-run@1","config":"lxc.container.conf","group":"app","name":"${name}",` +
        '"root-volume":"root.squashfs","services":{"optional":[],"required":[]},' +
        '"storage":{"docker--var":{"persistence":"permanent"},"lxc-overlay":{"persistence":"boot"}},"type":"lxc","volumes":[]}',
      `"${name}/src.json":{"#spec":"service-manifest-src@1","args":{"PV_GROUP":"app"},"docker_config":{"Cmd":["a"]}}`,
    );
  }
  return `{${pairs.join()}}`;
}

console.log("  keys    text   checkState   per 1,000 keys");
for (const keys of [2000, 10_000, 30_000, 100_000]) {
  const text = makeText(keys);
  const taken: number[] = [];
  for (let index = 0; index < 34; index++) {
    const start = performance.now();
    const findings = checkState(text).filter(({ code }) => code !== "STATE_OVER_HUB_LIMIT");
    taken.push(performance.now() - start);
    if (findings.length > 0) throw new Error(findings[0]!.message);
  }
  const median = taken.slice(3).sort((a, b) => a - b)[15]!;
  const cells = [`${(text.length / 1e6).toFixed(1)} MB`.padStart(8), `${median.toFixed(1)} ms`.padStart(12)];
  console.log(
    `${String(keys).padStart(6)} ${cells.join(" ")} ${`${((median / keys) * 1000).toFixed(2)} ms`.padStart(16)}`,
  );
}
