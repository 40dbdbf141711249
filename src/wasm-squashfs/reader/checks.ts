import { PvError } from "../../core/index.ts";

/**
 * Every rule an image is held to, by its stable name (`data.check` of `SQUASHFS_INVALID`), with what is wrong when it
 * fires. What the Linux kernel checks is here, and what it only trusts.
 */
export const CHECKS = {
  "superblock-length": "the file is shorter than a superblock",
  magic: "there is no squashfs magic",
  version: "it is no squashfs 4.0",
  compressor: "the compressor is unknown",
  "block-size": "the block size is no power of two from 4 KiB to 1 MiB, or is not what its logarithm says",
  flags: "unknown flags are set",
  "inode-count": "an image without inodes",
  "id-count": "an image without owner ids",
  "bytes-used": "the image is cut short, or its length is wrong",
  "root-inode": "the root inode lies outside the inode table",
  "compressor-options": "the compressor options are malformed",
  "table-position": "a table lies outside the image",
  "table-order": "the tables are not in their order",
  "table-end": "a table does not end where the next one begins",
  "table-step": "the blocks of a table are not in order, or too far apart",
  "table-length": "a table block expands to another length than its entries need",
  "metadata-position": "a reference points outside its table",
  "metadata-length": "a metadata block has an impossible length",
  "metadata-corrupt": "a metadata block does not decompress",
  "metadata-overlong": "a metadata block expands to more than 8 KiB",
  "metadata-short": "a metadata block that is not the last expands to less than 8 KiB",
  "metadata-end": "a table ends inside an entry",
  "inode-type": "an inode type is unknown",
  "inode-mode": "an inode's mode has bits of another kind",
  "inode-number": "an inode number is not between 1 and the number of inodes",
  "inode-nlink": "an inode has no links",
  "owner-id": "an owner id is not in the id table",
  "root-kind": "the root is no directory",
  "symlink-length": "a symlink is empty or longer than 4095 bytes",
  "symlink-target": "a symlink's target contains NUL",
  "file-size": "a file is larger than its block list can be",
  "directory-size": "a directory's length is impossible",
  "directory-count": "a run of directory entries is empty or longer than 256",
  "directory-entry": "a directory entry passes the end of its listing",
  "directory-name": "a file name is empty, too long, a dot name, or contains a slash or NUL",
  "directory-order": "file names of a directory are not strictly rising",
  "directory-type": "a directory entry and its inode are of different kinds",
  "directory-inode": "a directory entry and its inode have different numbers",
  "directory-loop": "a directory is reachable twice",
  "directory-depth": "directories are nested deeper than 4096",
  "directory-parent": "a directory's parent is another one",
  "directory-index": "a directory's index does not match its listing",
  "path-length": "a path is longer than 65,535 bytes",
  "block-word": "a data block has an impossible size word",
  "block-position": "a data block lies outside the data area",
  "block-corrupt": "a data block does not decompress",
  "block-overlong": "a data block expands to more than its file has",
  "block-short": "a data block expands to less than its file has",
  "fragment-index": "a fragment is not in the fragment table",
  "fragment-tail": "a file has a fragment for a tail it has not",
  "fragment-word": "a fragment block has an impossible size word",
  "fragment-position": "a fragment block lies outside the data area",
  "fragment-corrupt": "a fragment block does not decompress",
  "fragment-overlong": "a fragment block expands to more than the block size",
  "fragment-slice": "a file's tail passes the end of its fragment block",
  "dictionary-size": "a block needs a larger dictionary or window than the image allows",
  "xattr-table": "the xattr table is malformed",
  "xattr-index": "an xattr id is not in the xattr table",
  "xattr-type": "an xattr has an unknown prefix",
  "xattr-name": "an xattr name is empty, too long, or contains NUL",
  "xattr-duplicate": "an inode has the same xattr twice",
  "xattr-value": "an xattr value is too long",
  "xattr-reference": "an xattr value's reference is malformed",
  "xattr-size": "an inode has more xattrs than Linux could list",
} as const;

/** The name of a rule. */
export type SquashfsCheck = keyof typeof CHECKS;

/** The error of a rule; `offset` is where in the image (for what lies inside compressed metadata: its block). */
export function invalid(
  check: SquashfsCheck,
  offset: number,
  detail?: string,
  cause?: unknown,
): PvError<"SQUASHFS_INVALID"> {
  return new PvError(
    "SQUASHFS_INVALID",
    `no valid squashfs image: ${CHECKS[check]}${detail === undefined ? "" : ` (${detail})`}, at byte ${offset}`,
    { offset, check },
    {
      hint:
        check === "magic" || check === "superblock-length"
          ? "is this the image itself, uncompressed?"
          : "the image is damaged or was made to do harm; get it again from its source",
      cause,
    },
  );
}
