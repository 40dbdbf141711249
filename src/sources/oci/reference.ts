import { PvError } from "../../core/index.ts";

/** An image reference, taken apart. */
export interface ImageReference {
  /** What was typed, without tag and digest (`eclipse-mosquitto`, `localhost:5000/a/b`). */
  name: string;
  /** Host and port that serve it (`registry-1.docker.io`). */
  registry: string;
  /** The name that users give the registry, for credentials (`docker.io`). */
  domain: string;
  /** Repository on the registry (`library/eclipse-mosquitto`). */
  repository: string;
  /** The tag, `latest` unless a tag or a digest was given. */
  tag?: string;
  /** `sha256:<hex>`, where given. */
  digest?: string;
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryPattern: RegExp = /* @__PURE__ */ new RegExp(`^${component}(?:/${component})*$`);
const domainPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

function invalid(reference: string, why: string): PvError {
  return new PvError(
    "OCI_REFERENCE_INVALID",
    `"${reference.slice(0, 300)}" is no image reference: ${why}`,
    { reference },
    {
      hint: "write [host[:port]/]name[:tag][@sha256:digest], in lower case",
    },
  );
}

/**
 * Reads an image reference as Docker users type them: `nginx`, `nginx:1.27`, `user/app`, `host:5000/a/b:tag`,
 * `name@sha256:...` (grammar of the distribution project's reference package).
 *
 * @throws `PvError` `OCI_REFERENCE_INVALID` when it is none.
 * @example
 * ```ts
 * import { parseReference } from "@pv/sdk/sources";
 * const { registry, repository, tag } = parseReference("eclipse-mosquitto:2");
 * if (`${registry}/${repository}:${tag}` !== "registry-1.docker.io/library/eclipse-mosquitto:2") throw new Error("not read");
 * ```
 */
export function parseReference(reference: string): ImageReference {
  let rest = reference;
  let digest: string | undefined;
  const at = rest.indexOf("@");
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!digestPattern.test(digest)) throw invalid(reference, "the digest must be sha256: and 64 hex digits");
  }
  let tag: string | undefined;
  // A colon before the last slash belongs to a port.
  const colon = rest.lastIndexOf(":");
  if (colon > rest.lastIndexOf("/")) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!tagPattern.test(tag)) throw invalid(reference, `"${tag}" is no tag`);
  }
  const name = rest;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasDomain = first !== "" && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  let domain = hasDomain ? first : "docker.io";
  let repository = hasDomain ? name.slice(slash + 1) : name;
  if (domain === "index.docker.io") domain = "docker.io";
  if (!domainPattern.test(domain)) throw invalid(reference, `"${domain}" is no host`);
  if (domain === "docker.io" && !repository.includes("/")) repository = `library/${repository}`;
  if (!repositoryPattern.test(repository)) throw invalid(reference, `"${repository}" is no repository name`);
  if (repository.length > 255) throw invalid(reference, "the name is longer than 255 characters");
  return {
    name,
    registry: domain === "docker.io" ? "registry-1.docker.io" : domain,
    domain,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: "latest" } : tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}
