import type { Job, Source } from "../../core/index.ts";
import { progressReporter, toByteSource, toHex } from "../../core/internal.ts";
import { DIGEST_BYTES, decodeVeritySuperblock, formatSalt, levelsOf, VERITY_BLOCK_BYTES } from "./verity-format.ts";
import { eachBlock, hashBlock } from "./verity-hash.ts";

/** Problems listed; the count goes on. */
const MOST_PROBLEMS = 100;

/** Something in the image or its hash file that is not as the root hash has it. */
export interface VerityProblem {
  /** `superblock` and `tree` are of the hash file. */
  where: "superblock" | "tree" | "data" | "root";
  /** Number of the block, from 0 in the file that it is of. */
  block: number;
  /** One sentence. */
  message: string;
}

/** What a device would find. */
export interface VerityReport {
  /** `intact`: every block is what the root hash says. `corrupt`: a device would fail to read. */
  verdict: "intact" | "corrupt";
  /** The root hash that image and tree have, absent where the superblock cannot be read. */
  rootHash?: string;
  salt?: string;
  uuid?: string;
  /** Blocks of the image that the tree covers. */
  dataBlocks: number;
  /** The first 100. */
  problems: readonly VerityProblem[];
  /** How many there are. */
  problemCount: number;
}

/**
 * Checks an image against its dm-verity tree and a root hash that comes from elsewhere, as a device does when it reads
 * every block. For a tree that is appended to the image, give both as the same source and `hashOffsetBytes`.
 *
 * @example
 * ```ts
 * import { createVerity, verifyVerity } from "@pv/sdk/squashfs";
 * const image = new Uint8Array(3 * 4096).fill(7);
 * const { hashTree, rootHash } = await createVerity(image);
 * const report = await verifyVerity(image, { hashTree, rootHash });
 * if (report.verdict !== "intact") throw new Error(report.problems[0]?.message);
 * ```
 */
export async function verifyVerity(
  source: Source,
  options: { hashTree: Source; rootHash: string; hashOffsetBytes?: number | undefined } & Job,
): Promise<VerityReport> {
  if (!/^[0-9a-f]{64}$/i.test(options.rootHash)) throw new TypeError("rootHash must be 64 hex digits");
  const data = toByteSource(source);
  const hashes = toByteSource(options.hashTree);
  const offset = options.hashOffsetBytes ?? 0;
  const problems: VerityProblem[] = [];
  let problemCount = 0;
  const report = (where: VerityProblem["where"], block: number, message: string): void => {
    if (problemCount++ < MOST_PROBLEMS) problems.push({ where, block, message });
  };
  try {
    const superblock = decodeVeritySuperblock(await hashes.read(offset, VERITY_BLOCK_BYTES));
    if (typeof superblock === "string") {
      report("superblock", 0, `the hash file has no usable superblock: ${superblock}`);
      return { verdict: "corrupt", dataBlocks: 0, problems, problemCount };
    }
    const { dataBlocks, salt, uuid } = superblock;
    const result = { salt: formatSalt(salt), uuid, dataBlocks };
    const { levels, fileBlocks } = levelsOf(dataBlocks);
    if ((await data.size()) < dataBlocks * VERITY_BLOCK_BYTES) {
      report("superblock", 0, `the tree covers ${dataBlocks} blocks, the image has fewer`);
    }
    if ((await hashes.size()) < offset + fileBlocks * VERITY_BLOCK_BYTES) {
      report("superblock", 0, `the hash file should have ${fileBlocks} blocks and has fewer`);
    }
    if (problemCount > 0) return { verdict: "corrupt", ...result, problems, problemCount };

    const tree = await hashes.read(offset, fileBlocks * VERITY_BLOCK_BYTES);
    let root = "";
    const compare = (level: number, index: number, digest: Uint8Array, block: number): void => {
      const place = levels[level];
      if (!place) {
        root = toHex(digest);
        return;
      }
      const at = place.firstBlock * VERITY_BLOCK_BYTES + index * DIGEST_BYTES;
      if (toHex(tree.subarray(at, at + DIGEST_BYTES)) === toHex(digest)) return;
      const where = level === 0 ? "data" : "tree";
      report(where, block, `block ${block} of the ${level === 0 ? "image" : "hash file"} is not what the tree says`);
    };
    const total = dataBlocks * VERITY_BLOCK_BYTES;
    const progress = progressReporter(options, { task: "hash", subject: "dm-verity", unit: "bytes", total });
    await eachBlock(data, dataBlocks, { signal: options.signal, progress }, (block, index) => {
      compare(0, index, hashBlock(salt, block), index);
    });
    for (let level = 0; level < levels.length; level++) {
      const { firstBlock, blocks } = levels[level]!;
      for (let index = 0; index < blocks; index++) {
        const at = (firstBlock + index) * VERITY_BLOCK_BYTES;
        const digest = hashBlock(salt, tree.subarray(at, at + VERITY_BLOCK_BYTES));
        compare(level + 1, index, digest, firstBlock + index);
      }
    }
    progress.finish();
    if (root !== options.rootHash.toLowerCase()) report("root", 0, `the root hash is ${root}, not ${options.rootHash}`);
    return { verdict: problemCount === 0 ? "intact" : "corrupt", rootHash: root, ...result, problems, problemCount };
  } finally {
    await data.close?.();
    await hashes.close?.();
  }
}
