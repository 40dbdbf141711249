import type { Tree } from "./types.ts";

const once = /* @__PURE__ */ new WeakSet<Tree>();

/** Notes that a tree gives its entries one time only. */
export function markOnce(tree: Tree): Tree {
  once.add(tree);
  return tree;
}

/** True for trees that are known to give their entries one time only: from a stream, or a generator. */
export function isOnce(tree: Tree): boolean {
  // A generator is its own iterator; asking one for it starts nothing.
  const generator = typeof (tree as Partial<AsyncGenerator>).next === "function";
  return once.has(tree) || (generator && (tree[Symbol.asyncIterator]() as unknown) === tree);
}

/** The same tree, marked if one of those it is made from is. */
export function onceLike(from: readonly Tree[], tree: Tree): Tree {
  return from.some(isOnce) ? markOnce(tree) : tree;
}
