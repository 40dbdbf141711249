import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDeveloperCa, createSigner, type Signer } from "@pv/sdk";

/** What signs the gateway, and what a device must trust. */
export interface DeveloperKeys {
  signer: Signer;
  /** The root certificate, as PEM. */
  root: string;
}

/**
 * A certificate authority for development, made at the first run and kept in `folder`, so that the next revision is
 * signed by the same key. Its names say DEVELOPMENT; a product signs with a key that is not in a working folder.
 */
export async function developerKeys(folder: string): Promise<DeveloperKeys> {
  const paths = {
    root: join(folder, "ca.pem"),
    certificates: join(folder, "developer.crt"),
    key: join(folder, "developer.key"),
  };
  let pem: Record<keyof typeof paths, string>;
  try {
    const [root, certificates, key] = await Promise.all(
      [paths.root, paths.certificates, paths.key].map((path) => readFile(path, "utf8")),
    );
    pem = { root: root!, certificates: certificates!, key: key! };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    pem = await createDeveloperCa({ alg: "RS256" });
    await mkdir(folder, { recursive: true });
    await writeFile(paths.key, pem.key, { mode: 0o600 });
    await writeFile(paths.certificates, pem.certificates);
    // Last: a folder with a root has all three.
    await writeFile(paths.root, pem.root);
  }
  return { signer: await createSigner({ key: pem.key, certificates: pem.certificates }), root: pem.root };
}
