import type { Bytes } from "../core/index.ts";
import { concatBytes, utf8 } from "../core/internal.ts";

/** The boot loader's way of knowing the revision (spec: image.md 2, runtime.md 7). */
export type Bootloader = "uboot" | "grub" | "rpiab";

/** Size that the runtime reads and writes. */
const GRUB_BYTES = 1024;
const RPIAB_BYTES = 512;

/** The file in `boot/` that names the revision; undefined where a factory image has none. */
export function bootEnvironment(bootloader: Bootloader, rev: string): { path: string; content: Bytes } | undefined {
  switch (bootloader) {
    case "uboot":
      // Settings end in NUL, the list in one more; without the first the value is not found.
      return { path: "boot/uboot.txt", content: utf8(`pv_rev=${rev}\0\0`) };
    case "grub": {
      const text = `# GRUB Environment Block\npv_rev=${rev}\n`;
      return { path: "boot/grubenv", content: utf8(text.padEnd(GRUB_BYTES, "#")) };
    }
    case "rpiab": {
      // Absent, it means revision 0.
      if (rev === "0") return undefined;
      const text = utf8(`pv_rev=${rev}\0\0`);
      return { path: "boot/rpiab.txt", content: concatBytes([text, new Uint8Array(RPIAB_BYTES - text.length)]) };
    }
  }
}
