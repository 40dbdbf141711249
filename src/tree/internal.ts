/** What the rooms above use of this one, and nobody outside. */
export { collectTree, type TreeNode } from "./collect-tree.ts";
export { comparePaths } from "./compare-paths.ts";
export { readLayerTar } from "./read-tar.ts";
export { cleanPath } from "./tree-path.ts";
