import { type ByteSource, type Bytes, type Job, type JsonObject, PvError, type Source } from "../../core/index.ts";
import { progressReporter, toByteSource, toHex, utf8 } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import {
  DIGEST_BYTES,
  encodeVeritySuperblock,
  formatSalt,
  formatUuid,
  levelsOf,
  parseSalt,
  VERITY_BLOCK_BYTES,
} from "./verity-format.ts";
import { eachBlock, hashBlock } from "./verity-hash.ts";

/** dm-verity data for an image. */
export interface Verity {
  /** What a device must be told by someone it trusts; 64 hex digits. */
  rootHash: string;
  /** Hex, `-` for none. */
  salt: string;
  /** 8-4-4-4-12 hex digits. */
  uuid: string;
  /** The hash file: superblock and tree. */
  hashTree: Bytes;
  /** pvr's `_dm/<volume>.json`, for a volume called `root.squashfs`. */
  document: JsonObject;
}

/**
 * The dm-verity hash tree of an image, byte for byte as `veritysetup format` makes it (SHA-256, blocks of 4096 bytes).
 *
 * Salt and UUID come from the content unless given, so that the same image always has the same root hash; `veritysetup`
 * and pvr take random ones. Only whole blocks of 4096 bytes are covered, as with `veritysetup`; images made by
 * `writeSquashfs` consist of them. `hashTree` may be kept beside the image (as pvr does) or appended to it. Progress is
 * reported as task `hash`, in bytes.
 *
 * @throws `PvError` `CONTENT_TRUNCATED` when the source has less than one block, or ends before its size.
 * @example
 * ```ts
 * import { createVerity } from "@pv/sdk/squashfs";
 * const verity = await createVerity(new Uint8Array(8192), { salt: "-" });
 * if (!verity.rootHash.startsWith("90b10db56173e2e7")) throw new Error(verity.rootHash);
 * ```
 */
export async function createVerity(
  source: Source,
  options: { salt?: string | undefined; uuid?: string | undefined } & Job = {},
): Promise<Verity> {
  const givenSalt = options.salt === undefined ? undefined : parseSalt(options.salt);
  const givenUuid = options.uuid === undefined ? undefined : checkUuid(options.uuid);
  const data = toByteSource(source);
  try {
    const dataBlocks = Math.floor((await data.size()) / VERITY_BLOCK_BYTES);
    if (dataBlocks === 0) {
      throw new PvError(
        "CONTENT_TRUNCATED",
        "dm-verity needs at least one block of 4096 bytes",
        { expected: VERITY_BLOCK_BYTES, actual: await data.size() },
        { hint: "pad the image to a multiple of 4096 bytes, as writeSquashfs does" },
      );
    }
    const digest = givenSalt && givenUuid ? undefined : await contentDigest(data, dataBlocks, options.signal);
    const salt = givenSalt ?? derive(digest!, "salt");
    const uuid = givenUuid ?? deriveUuid(digest!);
    const { hashTree, rootHash } = await buildTree(data, { dataBlocks, salt, uuid }, options);
    return {
      rootHash,
      salt: formatSalt(salt),
      uuid,
      hashTree,
      document: {
        data_device: "root.squashfs",
        hash_device: "root.squashfs.hash",
        root_hash: rootHash,
        salt: formatSalt(salt),
        type: "dm-verity",
        uuid,
      },
    };
  } finally {
    await data.close?.();
  }
}

async function buildTree(
  data: ByteSource,
  { dataBlocks, salt, uuid }: { dataBlocks: number; salt: Bytes; uuid: string },
  job: Job,
): Promise<{ hashTree: Bytes; rootHash: string }> {
  const { levels, fileBlocks } = levelsOf(dataBlocks);
  const hashTree = new Uint8Array(fileBlocks * VERITY_BLOCK_BYTES);
  hashTree.set(encodeVeritySuperblock({ uuid, dataBlocks, salt }));
  let root: Bytes | undefined;
  const put = (level: number, index: number, digest: Bytes): void => {
    const place = levels[level];
    if (place) hashTree.set(digest, place.firstBlock * VERITY_BLOCK_BYTES + index * DIGEST_BYTES);
    else root = digest;
  };
  const total = dataBlocks * VERITY_BLOCK_BYTES;
  const progress = progressReporter(job, { task: "hash", subject: "dm-verity", unit: "bytes", total });
  await eachBlock(data, dataBlocks, { signal: job.signal, progress }, (block, index) => {
    put(0, index, hashBlock(salt, block));
  });
  for (let level = 0; level < levels.length; level++) {
    const { firstBlock, blocks } = levels[level]!;
    for (let index = 0; index < blocks; index++) {
      const at = (firstBlock + index) * VERITY_BLOCK_BYTES;
      put(level + 1, index, hashBlock(salt, hashTree.subarray(at, at + VERITY_BLOCK_BYTES)));
    }
  }
  progress.finish();
  return { hashTree, rootHash: toHex(root!) };
}

async function contentDigest(data: ByteSource, blocks: number, signal: AbortSignal | undefined): Promise<Bytes> {
  const hasher = createHasher();
  await eachBlock(data, blocks, { signal }, (block) => void hasher.update(block));
  return hasher.digest();
}

/** A value of its own from the content's digest. */
function derive(digest: Bytes, purpose: string): Bytes {
  return createHasher()
    .update(utf8(`dm-verity ${purpose}\n`))
    .update(digest)
    .digest();
}

/** RFC 9562, version 8: made by a rule of one's own. */
function deriveUuid(digest: Bytes): string {
  const bytes = derive(digest, "uuid");
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid(bytes);
}

function checkUuid(uuid: string): string {
  if (/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(uuid)) return uuid.toLowerCase();
  throw new TypeError(`uuid must be 8-4-4-4-12 hex digits: ${JSON.stringify(uuid)}`);
}
