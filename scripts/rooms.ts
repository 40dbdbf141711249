/** The rooms of `src/`, lowest first; the index of a room in this list is not its rank (see test/house.test.ts). */
export const rooms: readonly string[] = [
  "core",
  "tree",
  "objects",
  "state",
  "revision",
  "diff",
  "sign",
  "wasm-squashfs",
  "export",
  "sources",
  "container",
  "repo",
  "hub",
  "node",
];
