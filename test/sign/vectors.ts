import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Vectors recorded from the real pvr and the real runtime. Keys and certificates among them are made for tests. */
const root = resolve(import.meta.dirname, "../vectors");

/** One step or listing of a case. */
export interface PvrRun {
  argv: string[];
  rc: number;
  stderr: string;
  summary?: { protected?: string[]; excluded?: string[]; notseen?: string[] };
}

/** One case of vectors/sign. */
export interface PvrCase {
  name: string;
  what: string;
  env: Record<string, string>;
  steps: PvrRun[];
  ls: PvrRun[];
}

export const readVector = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

/** A key or certificate file of vectors/sign/keys. */
export const keyFile = (name: string): string => readVector("sign", "keys", name);

export const pvrCases: PvrCase[] = readdirSync(join(root, "sign"))
  .filter((name) => /^s\d\d-/.test(name))
  .sort()
  .map((name) => JSON.parse(readVector("sign", name, "case.json")) as PvrCase);

/** One signature case of vectors/runtime. */
export interface DeviceCase {
  id: string;
  state: string;
  ca: string;
  oem_ca?: string;
  config?: { PV_OEM_NAME?: string };
  why: string;
  verdict: Record<string, "accepted" | "rejected" | "crash">;
  verdict_unpatched_mbedtls: Record<string, "accepted" | "rejected" | "crash">;
}

export const deviceCases: DeviceCase[] = JSON.parse(readVector("runtime-sign", "index.json")) as DeviceCase[];
