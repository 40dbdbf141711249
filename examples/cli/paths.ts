import { relative, resolve, sep } from "node:path";
import type { Repository } from "@pv/sdk/repo";

/** Paths as typed in the working folder, as paths within the repository. */
export function repositoryPaths(repository: Repository, args: readonly string[]): readonly string[] {
  const { root } = repository;
  if (root === undefined) return args;
  return args.map((path) => relative(root, resolve(path)).split(sep).join("/") || ".");
}
