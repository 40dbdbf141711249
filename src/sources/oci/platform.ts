import { PvError } from "../../core/index.ts";

/** `os/architecture[/variant]`, taken apart. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
}

/** What a chooser chooses from. */
export interface PlatformEntry {
  platform?: Platform | undefined;
}

/** Names that mean the same machine, as containerd normalises them. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
  i386: "386",
};

/** `linux/arm/v7`, or `arm64` alone for Linux. */
export function parsePlatform(text: string): Platform {
  const parts = text.split("/");
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part))) {
    throw new TypeError(
      `"${text}" is no platform: write os/architecture[/variant], such as linux/arm64 or linux/arm/v7`,
    );
  }
  const [os, architecture, variant] = parts.length === 1 ? ["linux", parts[0]!] : parts;
  const name = architecture!.toLowerCase();
  const implied = name === "armhf" ? "v7" : name === "armel" ? "v6" : undefined;
  return {
    os: os!.toLowerCase(),
    architecture: architectures[name] ?? name,
    variant: variant?.toLowerCase() ?? implied,
  };
}

/** The text of a platform. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}

/** arm64 without a variant is v8. */
function variantOf({ architecture, variant }: Platform): string {
  return variant ?? (architecture === "arm64" ? "v8" : "");
}

/** Which of the entries without a wish for a variant: the newest 32-bit arm that common boards run. */
const armOrder: readonly string[] = ["v7", "", "v6", "v5", "v8"];

/**
 * Chooses the entry for a platform. A variant that is asked for must be there; without one, arm64 is v8 and arm is
 * v7 before v6 before v5. Nothing else is ever taken instead.
 *
 * @throws `PvError` `OCI_PLATFORM_ABSENT` listing what there is.
 */
export function choosePlatform<T extends PlatformEntry>(entries: readonly T[], wanted: Platform): T {
  // Attestations and other companions stand in an index as unknown/unknown.
  const real = entries.filter(
    ({ platform }) => platform && platform.os !== "unknown" && platform.architecture !== "unknown",
  );
  const matching = real.filter(
    ({ platform }) => platform!.os === wanted.os && platform!.architecture === wanted.architecture,
  );
  const exact = matching.filter(({ platform }) => variantOf(platform!) === variantOf(wanted));
  const loose =
    wanted.variant === undefined
      ? matching.toSorted((a, b) => rank(variantOf(a.platform!)) - rank(variantOf(b.platform!)))
      : [];
  const chosen = (wanted.architecture === "arm" && wanted.variant === undefined ? undefined : exact[0]) ?? loose[0];
  if (chosen) return chosen;
  const available = real.map(({ platform }) => formatPlatform(platform!));
  throw platformAbsent(formatPlatform(wanted), available);
}

function rank(variant: string): number {
  const at = armOrder.indexOf(variant);
  return at < 0 ? armOrder.length : at;
}

/** The error that lists what there is. */
export function platformAbsent(wanted: string, available: readonly string[]): PvError {
  return new PvError(
    "OCI_PLATFORM_ABSENT",
    `the image has no ${wanted}`,
    { wanted, available },
    {
      hint: available.length > 0 ? `it has ${available.join(", ")}` : "it names no platforms",
    },
  );
}
