// One image in one process, from the built package: plain JavaScript, so that no type stripping is measured with it.
import { fileSink, fileSource, readDirectory } from "@pv/sdk/node";
import { writeSquashfs } from "@pv/sdk/squashfs";

const [folder, out, options = "{}"] = process.argv.slice(2);
const { reuse, synthetic, ...rest } = JSON.parse(options);

/** `count` files of `sizeBytes` each, made on the way: what is measured is the writer, not the reading of a disk. */
async function* made({ count, sizeBytes }) {
  const text = new Uint8Array(2 ** 20);
  for (let at = 0, state = 1; at < text.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text[at] = 97 + (state >>> 28);
  }
  for (let index = 0; index < count; index++) {
    const path = `folder-${Math.floor(index / 100)}/file-${index}`;
    const open = () => {
      let left = sizeBytes;
      let first = true;
      return new ReadableStream(
        {
          pull(controller) {
            if (left === 0) return controller.close();
            const bytes = text.slice(index % 65536, (index % 65536) + Math.min(left, 65536));
            if (first) new DataView(bytes.buffer).setUint8(0, index & 255);
            first = false;
            left -= bytes.length;
            controller.enqueue(bytes);
          },
        },
        { highWaterMark: 0 },
      );
    };
    yield { path, kind: "file", mode: 0o644, uid: 0, gid: 0, mtimeSeconds: index, sizeBytes, open };
  }
}

const tree = synthetic ? made(synthetic) : readDirectory(folder);
const result = await writeSquashfs(tree, fileSink(out), { ...rest, ...(reuse ? { reuse: fileSource(reuse) } : {}) });
console.log(JSON.stringify(result));
