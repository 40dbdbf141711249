// One image in one process, from the built package: plain JavaScript, so that no type stripping is measured with it.
import { fileSink, fileSource, readDirectory } from "@pv/sdk/node";
import { writeSquashfs } from "@pv/sdk/squashfs";

const [folder, out, options = "{}"] = process.argv.slice(2);
const { reuse, ...rest } = JSON.parse(options);

const result = await writeSquashfs(readDirectory(folder), fileSink(out), {
  ...rest,
  ...(reuse ? { reuse: fileSource(reuse) } : {}),
});
console.log(JSON.stringify(result));
