/**
 * Numbers of SquashFS 4.0, little-endian throughout. Byte formats: squashfs-tools `squashfs_fs.h`, Linux
 * `fs/squashfs/`, squashfs-tools-ng `doc/format.adoc`.
 */

/** `hsqs` read as a little-endian u32. */
export const MAGIC = 0x73717368;
/** Bytes of the superblock, at offset 0. */
export const SUPERBLOCK_BYTES = 96;
/** What a metadata block expands to at most; every block of a table but its last expands to exactly this. */
export const METADATA_BYTES = 8192;
/** Images are padded to this, so that loop devices and dm-verity see all of them. */
export const PADDING_BYTES = 4096;
export const MIN_BLOCK_BYTES = 4096;
export const MAX_BLOCK_BYTES: number = 1 << 20;
export const DEFAULT_BLOCK_BYTES: number = 1 << 17;

/** Offsets in the superblock; the name says the width. */
export const SUPERBLOCK = {
  magicU32: 0,
  inodesU32: 4,
  timeU32: 8,
  blockSizeU32: 12,
  fragmentsU32: 16,
  compressorU16: 20,
  blockLogU16: 22,
  flagsU16: 24,
  idsU16: 26,
  majorU16: 28,
  minorU16: 30,
  rootU64: 32,
  bytesUsedU64: 40,
  idTableU64: 48,
  xattrTableU64: 56,
  inodeTableU64: 64,
  directoryTableU64: 72,
  fragmentTableU64: 80,
  exportTableU64: 88,
} as const;

/** Superblock flags; only `compressorOptions` changes how an image is read. */
export const FLAG = {
  inodesUncompressed: 0x0001,
  dataUncompressed: 0x0002,
  check: 0x0004,
  fragmentsUncompressed: 0x0008,
  noFragments: 0x0010,
  alwaysFragments: 0x0020,
  duplicates: 0x0040,
  exportable: 0x0080,
  xattrsUncompressed: 0x0100,
  noXattrs: 0x0200,
  compressorOptions: 0x0400,
  idsUncompressed: 0x0800,
} as const;

/** Compressor ids; the kernel reads neither 2 (lzma) nor, on Pantavisor devices, 3 (lzo). */
export const COMPRESSOR = { gzip: 1, lzma: 2, lzo: 3, xz: 4, lz4: 5, zstd: 6 } as const;

/** Inode types; directory entries name the basic one even of an extended inode, which is the basic one + 7. */
export const INODE = {
  directory: 1,
  file: 2,
  symlink: 3,
  block: 4,
  char: 5,
  fifo: 6,
  socket: 7,
  extendedDirectory: 8,
  extendedFile: 9,
  extendedSymlink: 10,
  extendedBlock: 11,
  extendedChar: 12,
  extendedFifo: 13,
  extendedSocket: 14,
} as const;

/** Bytes of an inode by type, without block words, link text and index entries. */
export const INODE_BYTES = {
  common: 16,
  directory: 32,
  extendedDirectory: 40,
  file: 32,
  extendedFile: 56,
  symlink: 24,
  device: 24,
  extendedDevice: 28,
  ipc: 20,
  extendedIpc: 24,
} as const;

/** Header of a run of directory entries. */
export const DIRECTORY_HEADER_BYTES = 12;
/** A directory entry without its name. */
export const DIRECTORY_ENTRY_BYTES = 8;
/** Entries in one run. */
export const DIRECTORY_RUN_ENTRIES = 256;
/** A directory index entry without its name. */
export const DIRECTORY_INDEX_BYTES = 12;
/** `file_size` of a directory is its listing's length and this. */
export const DIRECTORY_SIZE_EXTRA = 3;

/** Bit 15 of a metadata block's header: stored as it is. */
export const METADATA_UNCOMPRESSED = 0x8000;
/** Bit 24 of a data block's size word: stored as it is; the word 0 is a block of zeros that is not stored. */
export const DATA_UNCOMPRESSED: number = 1 << 24;
/** The bits of a size word that hold the length on disk. */
export const DATA_LENGTH_MASK: number = DATA_UNCOMPRESSED - 1;

/** "none" for a fragment index and an xattr index. */
export const NONE_U32 = 0xffffffff;
/** "none" for the position of a table. */
export const NONE_U64 = 0xffffffffffffffffn;

export const FRAGMENT_ENTRY_BYTES = 16;
export const EXPORT_ENTRY_BYTES = 8;
export const ID_ENTRY_BYTES = 4;
export const XATTR_ID_BYTES = 16;
/** `xattr_table_start`, count, unused: before the positions of the id blocks. */
export const XATTR_TABLE_HEADER_BYTES = 16;
/** 65,536 would not fit the superblock's u16. */
export const MAX_IDS = 65535;

/** Prefixes of extended attributes by their number on disk. */
export const XATTR_PREFIXES: readonly string[] = ["user.", "trusted.", "security."];
/** Flag in an xattr key's type: the value is a reference to one stored elsewhere. */
export const XATTR_OUT_OF_LINE = 0x0100;
/** Linux' `XATTR_SIZE_MAX`. */
export const MAX_XATTR_VALUE_BYTES = 65536;
/** Linux' `XATTR_NAME_MAX`. */
export const MAX_XATTR_NAME_BYTES = 255;

/** Linux' `NAME_MAX`. */
export const MAX_NAME_BYTES = 255;
/** Linux refuses longer ones: `PATH_MAX` with the NUL. */
export const MAX_SYMLINK_BYTES = 4095;
