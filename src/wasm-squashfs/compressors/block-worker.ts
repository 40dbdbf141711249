/** Runs in a worker: is told the settings first, then compresses the blocks that it is sent. */
import type { Bytes } from "../../core/index.ts";
import { nativeThreads } from "../../core/internal.ts";
import { type CompressHere, type EncoderSettings, openInPlace } from "./in-place.ts";

/** What the main thread sends. */
export type ToWorker = { settings: EncoderSettings } | { block: Bytes };
/** What it gets back: a packed block; nothing where this worker cannot do it. */
export type FromWorker = { packed: Bytes } | { failed: string };

interface Port {
  postMessage(message: FromWorker, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

function openPort(): Port {
  const port = nativeThreads()?.parentPort;
  if (port) {
    return {
      postMessage: (message, transfer) => port.postMessage(message, transfer),
      onMessage: (listener) => void port.on("message", listener as never),
    };
  }
  const scope = globalThis as unknown as {
    postMessage(message: FromWorker, transfer?: ArrayBuffer[]): void;
    onmessage: (event: { data: ToWorker }) => void;
  };
  return {
    postMessage: (message, transfer) => scope.postMessage(message, transfer),
    onMessage(listener) {
      scope.onmessage = ({ data }) => listener(data);
    },
  };
}

const port = openPort();
let encoder: Promise<CompressHere> | undefined;
port.onMessage((message) => {
  if ("settings" in message) {
    encoder = openInPlace(message.settings);
    encoder.catch(() => {}); // said with the first block
    return;
  }
  void encoder
    ?.then((compress) => {
      const packed = new Uint8Array(compress(message.block));
      port.postMessage({ packed }, [packed.buffer]);
    })
    .catch((error: unknown) => port.postMessage({ failed: String(error) }));
});
