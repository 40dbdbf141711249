import { METADATA_BYTES } from "../format.ts";
import { codecMissing } from "./codec-missing.ts";
import type { CompressHere } from "./in-place.ts";

/** liblzma's `lzma_options_lzma` by preset (`lzma_encoder_presets.c`): mode, nice length, match finder, depth. */
const PRESETS: readonly (readonly [mode: number, nice: number, finder: number, depth: number])[] = [
  [1, 128, 0x03, 4],
  [1, 128, 0x04, 8],
  [1, 273, 0x04, 24],
  [1, 273, 0x04, 48],
  [2, 16, 0x14, 0],
  [2, 32, 0x14, 0],
  [2, 64, 0x14, 0],
];

const FILTER_LZMA2 = 0x21n;
const FILTER_END = 0xffffffffffffffffn;
const CHECK_CRC32 = 1;
const LZMA_OK = 0;
/** `LZMA_BUF_ERROR`: what comes out is longer than what went in. */
const LZMA_BUF_ERROR = 10;

/** Sizes of the structures in 32-bit memory, reserved members included. */
const OPTIONS_BYTES = 128;
const FILTERS_BYTES = 32;

/**
 * liblzma as WebAssembly. The options are put into its memory as `lzma/lzma12.h` lays them out, because the package's
 * own functions know presets only, whose dictionaries of 8 MiB cost time and memory and are too large for the kernel.
 */
export async function openWasmXz(level: number, blockSizeBytes: number): Promise<CompressHere> {
  const { initModule } = await import("node-liblzma/wasm").catch((cause: unknown) => {
    throw codecMissing("xz", "node-liblzma", "it brings liblzma for Node and, as WebAssembly, for browsers", cause);
  });
  const lzma = await initModule();
  const dictionaryBytes = Math.max(blockSizeBytes, METADATA_BYTES);
  // Those above the last differ only in dictionaries that no block fills.
  const [mode, nice, finder, depth] = PRESETS[Math.min(level, PRESETS.length - 1)]!;
  const view = (): DataView => new DataView(lzma.HEAPU8.buffer);
  const allocate = (size: number): number => {
    const at = lzma._malloc(size);
    lzma.HEAPU8.fill(0, at, at + size);
    return at;
  };

  const options = allocate(OPTIONS_BYTES);
  const fields = [dictionaryBytes, 0, 0, 3, 0, 2, mode, nice, finder, depth];
  fields.forEach((value, index) => void view().setUint32(options + index * 4, value, true));
  const filters = allocate(FILTERS_BYTES);
  view().setBigUint64(filters, FILTER_LZMA2, true);
  view().setUint32(filters + 8, options, true);
  view().setBigUint64(filters + 16, FILTER_END, true);
  const input = allocate(dictionaryBytes);
  const output = allocate(dictionaryBytes);
  const position = allocate(4);

  return (bytes) => {
    lzma.HEAPU8.set(bytes, input);
    view().setUint32(position, 0, true);
    const result = lzma._lzma_stream_buffer_encode(
      filters,
      CHECK_CRC32,
      0,
      input,
      bytes.length,
      output,
      position,
      bytes.length,
    );
    if (result === LZMA_BUF_ERROR) return bytes;
    if (result !== LZMA_OK) throw new Error(`liblzma failed with ${result}`);
    return lzma.HEAPU8.slice(output, output + view().getUint32(position, true));
  };
}
