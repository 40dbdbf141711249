/** What one reading of a state knows: the text, what the device made of it so far, and the findings. */
import type { Finding } from "../../core/index.ts";
import { endOf, startOf, within } from "./lookup.ts";
import { type FindingCode, ruleOf } from "./rules.ts";
import { BoundError, type Span, type TokenLimits, type Tokens, tokenize } from "./tokenizer.ts";

export type Bootloader = "uboot" | "uboot-ab" | "rpiab" | "grub";
export type InitMode = "embedded" | "standalone" | "appengine";

export interface Device {
  readonly bootloader: Bootloader;
  readonly mode: InitMode;
  /** Name of the FIT configuration, "" for none. */
  readonly fitConfig: string;
}

export interface Group {
  readonly name: string;
  readonly goal: string;
}

export interface Disk {
  readonly name: string | undefined;
  readonly type: string;
  readonly byDefault: boolean;
  readonly aliases: readonly string[];
  readonly path: string;
}

/** A volume: an image of the revision, or storage that outlives it. */
export interface Volume {
  readonly kind: "image" | "storage";
  readonly name: string;
  readonly disk?: string | undefined;
  readonly path: string;
}

export interface ServiceNeedRead {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly required: boolean;
  readonly path: string;
}

export interface ServiceOfferRead {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly socket: string | undefined;
  readonly path: string;
}

export interface Container {
  readonly name: string;
  readonly folder: string;
  /** Key of its run.json. */
  readonly key: string;
  type?: string;
  group?: Group;
  goal?: string;
  restart?: string;
  config?: string;
  pool?: string;
  readonly volumes: Volume[];
  readonly drivers: { readonly alias: string; readonly when: string; readonly path: string }[];
  readonly needs: ServiceNeedRead[];
  readonly offers: ServiceOfferRead[];
}

/** Findings of one code before only their number is told. */
const MAX_PER_CODE = 100;
/** A device would take more of both, until its stack or its watchdog ends it. */
export const LIMITS: TokenLimits = { maxTokens: 4_000_000, maxDepth: 100_000 };

/** Text for a message: short, on one line. */
export function quote(raw: string): string {
  return JSON.stringify(raw.length > 60 ? `${raw.slice(0, 57)}...` : raw);
}

export class Reading {
  readonly text: string;
  readonly device: Device;
  readonly findings: Finding[] = [];
  /** The first thing that ends the device's reading. */
  verdict: "accepted" | "rejected" | "crash" = "accepted";

  readonly groups: Group[] = [];
  /** First one of each name. */
  readonly groupByName: Map<string, Group> = new Map();
  /** Groups come from the device's own default file. */
  standardGroups = false;
  /** The group list was refused: what refers to it cannot be judged. */
  groupsFailed = false;
  readonly disks: Disk[] = [];
  readonly pools: Set<string> = new Set();
  readonly drivers: Set<string> = new Set();
  readonly containers: Container[] = [];
  /** First one of each name, and of each folder. */
  readonly byName: Map<string, Container> = new Map();
  readonly byFolder: Map<string, Container> = new Map();
  /** Volumes of the device itself and of the bsp. */
  readonly volumes: Volume[] = [];

  /** Characters and tokens that may still be read: reading nested values over and over is quadratic on a device. */
  #budget: number;
  readonly #perCode: Map<FindingCode, number> = new Map();

  constructor(text: string, device: Device) {
    this.text = text;
    this.device = device;
    this.#budget = 40 * text.length + 65_536;
  }

  #spend(cost: number): void {
    this.#budget -= cost;
    if (this.#budget < 0) throw new BoundError("values nested so that they are read over and over");
  }

  /** Reads a stretch of the text. */
  tokens(span: Span): Tokens {
    this.#spend(span.to - span.from + 1);
    return tokenize(this.text, span, LIMITS);
  }

  /** Reads the value of a token, as the device does: again, as a text of its own. */
  sub(json: Tokens, token: number): Tokens {
    const span = { from: startOf(json, token), to: Math.max(0, endOf(json, token)) };
    const inside = within(json, token);
    if (!inside) return this.tokens(span);
    this.#spend(8 * inside.count); // it will be searched for many keys
    return inside;
  }

  report(code: FindingCode, path: string, message: string): void {
    const { kind, stage, effect, hint } = ruleOf(code);
    if (kind !== "warn" && stage === "parse" && this.verdict === "accepted") {
      this.verdict = kind === "crash" ? "crash" : "rejected";
    }
    const seen = (this.#perCode.get(code) ?? 0) + 1;
    this.#perCode.set(code, seen);
    if (seen > MAX_PER_CODE) return;
    this.findings.push({ code, severity: kind === "warn" ? "warning" : "error", stage, path, message, effect, hint });
  }

  /** All findings, with a last one for each code that came too often. */
  finish(): readonly Finding[] {
    for (const [code, seen] of this.#perCode) {
      if (seen <= MAX_PER_CODE) continue;
      const like = this.findings.find((finding) => finding.code === code)!;
      this.findings.push({ ...like, path: "", message: `${seen - MAX_PER_CODE} more of these` });
    }
    return this.findings;
  }

  addGroup(group: Group): void {
    this.groups.push(group);
    if (!this.groupByName.has(group.name)) this.groupByName.set(group.name, group);
  }
}
