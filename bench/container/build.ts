/** One process of the benchmark: an image from a registry to a signed export. Arguments: reference, level, key, certificates, folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSigner, signState, writeExport } from "@pv/sdk";
import { createContainer, registryImage } from "@pv/sdk/container";
import { directoryStore, saveFile } from "@pv/sdk/node";

const [reference, level, key, certificates, folder] = process.argv.slice(2) as [string, string, string, string, string];
const store = directoryStore(join(folder, "objects"));
const web = await createContainer("web", {
  from: registryImage(reference),
  group: "app",
  squashfs: { compressor: "gzip", level: Number(level) },
  store,
});
const signer = await createSigner({ key: await readFile(key), certificates: await readFile(certificates) });
await saveFile(writeExport(await signState(web, { signer })), join(folder, "web.tgz"));
