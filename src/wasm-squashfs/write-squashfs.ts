import type { ByteSink, Bytes } from "../core/index.ts";
import { abortable, concatBytes, noBytes, progressReporter } from "../core/internal.ts";
import type { Tree } from "../tree/index.ts";
import type { Compressor } from "./compressors/compressor.ts";
import { openCompressor } from "./compressors/open-compressor.ts";
import { FLAG, METADATA_UNCOMPRESSED, PADDING_BYTES, SUPERBLOCK_BYTES } from "./format.ts";
import { type ResolvedOptions, resolveOptions } from "./options.ts";
import { encodeNote, NOTE_BYTES } from "./reuse/block-index.ts";
import { encoderFingerprint } from "./reuse/fingerprint.ts";
import type { openReusable, ReusableBlocks } from "./reuse/reusable-blocks.ts";
import type { SquashfsOptions, SquashfsResult } from "./types.ts";
import { addEntry } from "./writer/add-entry.ts";
import { BlockPipeline } from "./writer/block-pipeline.ts";
import { FileWriter } from "./writer/file-writer.ts";
import { hashWritten } from "./writer/hash-written.ts";
import { IdTable } from "./writer/id-table.ts";
import { encodeTable } from "./writer/lookup-table.ts";
import type { CompressNow } from "./writer/metadata-writer.ts";
import { NodeTable } from "./writer/node-table.ts";
import { Output } from "./writer/output.ts";
import { encodeSuperblock } from "./writer/superblock.ts";
import { fragmentEntries, writeTreeTables } from "./writer/write-tables.ts";
import type { XattrTable } from "./writer/xattr-table.ts";

/**
 * Packs a tree into a squashfs image: the same tree with the same options gives the same bytes, whatever is reused.
 *
 * Files are read once, in the order of the tree, so a tree from a stream works. Of two entries with one path the later
 * wins, as when a tar is unpacked; parents that no entry names are made (mode 0755, owner 0:0). Times outside 1970 to
 * 2106 go to the nearer end. Extended attributes outside `user.`, `trusted.` and `security.` (POSIX ACLs) have no place
 * in the format: they are left out and counted in the result. The sink is closed at the end, aborted on failure; if it reads back, the result has the
 * image's SHA-256. Progress is reported as task `squashfs`, in bytes of file content.
 *
 * @throws `PvError` `PATH_UNSAFE` when a path has `..`, `.`, an empty component or a NUL in it.
 * @throws `PvError` `TREE_INVALID` when an entry is nothing that squashfs can hold, or a hard link leads nowhere.
 * @throws `PvError` `CONTENT_TRUNCATED` when a file has more or fewer bytes than its entry says.
 * @throws `PvError` `CODEC_MISSING` when the compressor needs a package that is not installed.
 * @example
 * ```ts
 * import { files, memorySink } from "@pv/sdk";
 * import { writeSquashfs } from "@pv/sdk/squashfs";
 * const sink = memorySink();
 * const image = await writeSquashfs(files({ "etc/hostname": "gateway\n" }), sink, { portable: true });
 * if (image.sizeBytes !== 4096 || image.entries !== 2) throw new Error("not packed");
 * ```
 */
export async function writeSquashfs(
  tree: Tree,
  sink: ByteSink,
  options: SquashfsOptions = {},
): Promise<SquashfsResult> {
  try {
    options.signal?.throwIfAborted();
    const resolved = resolveOptions(options);
    const compressor = await openCompressor(resolved);
    try {
      const result = await packImage(tree, sink, resolved, compressor, options);
      const id = await hashWritten(sink.written, result.sizeBytes, options.signal);
      await sink.close();
      return id === undefined ? result : { ...result, sha256: id };
    } finally {
      compressor.close?.();
    }
  } catch (error) {
    await sink.abort(error).catch(() => {});
    throw error;
  }
}

/** Loaded on demand: it needs most of the reader. */
const openPrevious: typeof openReusable = async (...args) =>
  (await import("./reuse/reusable-blocks.ts")).openReusable(...args);

/** Opens what is reused, packs, and closes it. */
async function packImage(
  tree: Tree,
  sink: ByteSink,
  resolved: ResolvedOptions,
  compressor: Compressor,
  options: SquashfsOptions,
): Promise<SquashfsResult> {
  const fingerprint = encoderFingerprint(compressor, resolved);
  const reuse = options.reuse && (await openPrevious(options.reuse, fingerprint, compressor, resolved.blockSizeBytes));
  try {
    return await writeImage(tree, sink, resolved, { compressor, fingerprint, reuse }, options);
  } finally {
    await reuse?.close();
  }
}

interface Work {
  compressor: Compressor;
  fingerprint: Bytes;
  reuse: ReusableBlocks | undefined;
}

async function writeImage(
  tree: Tree,
  sink: ByteSink,
  resolved: ResolvedOptions,
  { compressor, fingerprint, reuse }: Work,
  { signal, onProgress }: SquashfsOptions,
): Promise<SquashfsResult> {
  const { blockSizeBytes, mtimeSeconds } = resolved;
  const compress: CompressNow = (bytes) => {
    const packed = compressor.compressNow(bytes);
    return packed.length < bytes.length ? packed : undefined;
  };
  const options = encodeOptions(compressor.options);
  const output = new Output(sink, SUPERBLOCK_BYTES + options.length + NOTE_BYTES);

  const ids = new IdTable();
  const pipeline = new BlockPipeline(compressor, output, blockSizeBytes, reuse);
  const progress = progressReporter({ onProgress }, { task: "squashfs", subject: "squashfs image", unit: "bytes" });
  const files = new FileWriter(pipeline, resolved, progress, signal);
  const nodes = new NodeTable(ids, mtimeSeconds);
  let xattrs: XattrTable | undefined;
  // Loaded on demand: few trees have any.
  const openXattrs = async (): Promise<XattrTable> =>
    (xattrs ??= new (await import("./writer/xattr-table.ts")).XattrTable(compress));
  const tables = { nodes, openXattrs, files };
  for await (const entry of abortable(tree, signal)) await addEntry(tables, entry);
  await files.finish();
  const index = pipeline.records.encode();
  const note = encodeNote(fingerprint, output.position, index);
  await output.append(index);

  const made = writeTreeTables(nodes, files.contents, compress);
  const inodeTable = output.position;
  await output.append(made.inodes);
  const directoryTable = output.position;
  await output.append(made.directories);
  /** Appends a table that is read by index; returns the position of its array. */
  const appendTable = async (entries: Uint8Array<ArrayBuffer>): Promise<number> => {
    const table = encodeTable(entries, output.position, compress);
    await output.append(table.blocks);
    const at = output.position;
    await output.append(table.positions);
    return at;
  };
  const fragmentTable = await appendTable(fragmentEntries(files.fragments.starts, files.fragments.words));
  const exportTable = resolved.exportTable ? await appendTable(made.references()) : undefined;
  const idTable = await appendTable(ids.entries());
  let xattrTable: number | undefined;
  if (xattrs && xattrs.size > 0) {
    const { bytes, position } = xattrs.finish(output.position);
    await output.append(bytes);
    xattrTable = position;
  }
  const bytesUsed = output.position;
  await output.append(new Uint8Array(-bytesUsed & (PADDING_BYTES - 1)));
  await output.flush();
  const sizeBytes = output.position;
  // Blocks that were taken back may have reached further.
  if (output.end > sizeBytes) await sink.setSize(sizeBytes);

  const superblock = encodeSuperblock({
    inodes: made.inodeCount,
    mtimeSeconds,
    blockSizeBytes,
    fragments: files.fragments.starts.length,
    compressor: compressor.id,
    flags:
      FLAG.duplicates |
      (options.length > 0 ? FLAG.compressorOptions : 0) |
      (exportTable === undefined ? 0 : FLAG.exportable) |
      (resolved.compressor === "none" ? FLAGS_UNCOMPRESSED : 0),
    ids: ids.size,
    root: made.root,
    bytesUsed,
    idTable,
    xattrTable,
    inodeTable,
    directoryTable,
    fragmentTable,
    exportTable,
  });
  signal?.throwIfAborted();
  await sink.write(0, concatBytes([superblock, options, note]));
  progress.finish();
  const result: SquashfsResult = { sizeBytes, entries: made.entries, reusedBytes: pipeline.reusedBytes };
  if (xattrs && xattrs.dropped > 0) result.droppedXattrs = xattrs.dropped;
  return result;
}

/** The compressor options as the metadata block that follows the superblock, nothing where the defaults hold. */
function encodeOptions(options: Bytes | undefined): Bytes {
  if (!options) return noBytes;
  const header = METADATA_UNCOMPRESSED | options.length;
  return new Uint8Array([header & 255, header >> 8, ...options]);
}

/** What an image says in which nothing is compressed. */
const FLAGS_UNCOMPRESSED: number =
  FLAG.inodesUncompressed |
  FLAG.dataUncompressed |
  FLAG.fragmentsUncompressed |
  FLAG.xattrsUncompressed |
  FLAG.idsUncompressed;
