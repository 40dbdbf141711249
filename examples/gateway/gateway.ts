/**
 * The IoT gateway: a complete Pantavisor revision from a kernel, a tar, a package, a folder, an image and a literal.
 * Leaves `out/gateway.pvrexport.tgz` (for `pvr import`, a hub) and `out/storage/` (what a device boots).
 */
import { join } from "node:path";
import { exitWithError } from "@pv/sdk/node";
import { buildGateway } from "./build.ts";
import { readOptions, usage } from "./options.ts";
import { partTable } from "./table.ts";

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  console.log(await partTable(await buildGateway(options)));
  console.log(`
${join(options.out, "gateway.pvrexport.tgz")}  for pvr import, or a hub
${join(options.out, "storage")}/  what a device boots
${join(options.out, "ca.pem")}  what a device must trust`);
}

main().catch(exitWithError);
