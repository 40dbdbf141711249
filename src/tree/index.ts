/**
 * File trees: literals, tar in and out, trees laid over each other, changed on the way, compared.
 *
 * @module
 */
export { sortTree } from "./collect-tree.ts";
export { diffTrees } from "./diff-trees.ts";
export { files } from "./files.ts";
export { mapTree } from "./map-tree.ts";
export { overlay } from "./overlay.ts";
export { readTar } from "./read-tar.ts";
export type * from "./types.ts";
export { writeTar } from "./write-tar.ts";
