import type { JsonObject } from "../core/index.ts";
import type { BuildOptions, Revision } from "../revision/index.ts";
import type { Tree } from "../tree/index.ts";

/** What a container reads of an OCI image config; members keep the document's spelling. */
export interface ImageConfig {
  /** The program and its fixed arguments. */
  Entrypoint?: readonly string[] | undefined;
  /** Arguments after `Entrypoint`, or the program if there is none. */
  Cmd?: readonly string[] | undefined;
  /** `NAME=value`. */
  Env?: readonly string[] | undefined;
  /** Folder that the program starts in. */
  WorkingDir?: string | undefined;
  /** Folders that hold data; each becomes a permanent volume. */
  Volumes?: Readonly<Record<string, JsonObject>> | undefined;
}

/** What a source is opened with. */
export interface SourceOptions extends BuildOptions {
  /** Read the image as pvr 2023 does, defects included. */
  compat?: "pvr-2023" | undefined;
}

/** What an opened source gives: a root file system with its config, or a whole part of a revision. */
export interface OpenedSource {
  /** The root file system. */
  tree?: Tree;
  /** The image's config. */
  config?: ImageConfig;
  /** A ready part, for sources that hold one. */
  revision?: Revision;
  /** Where it came from, as members of src.json. */
  origin: JsonObject;
}

/** Where a container comes from; open to own sources. */
export interface ContainerSource {
  /** A word for messages. */
  kind: string;
  /** Resolves the source; may be called more than once. */
  open(options: SourceOptions): Promise<OpenedSource>;
}

/** Name and password. */
export interface Login {
  username: string;
  password: string;
}

/** A login, or a function that is asked by the registry's name (`docker.io`, `ghcr.io`, `localhost:5000`). */
export type RegistryAuth = Login | ((registry: string) => Promise<Login | undefined>);

/** Which image of an archive. */
export interface ImageOptions {
  /** `os/architecture[/variant]`; `linux/amd64` where several are there and none is named. */
  platform?: string | undefined;
  /** The image's tag or reference name; needed only where an archive holds several. */
  tag?: string | undefined;
}
