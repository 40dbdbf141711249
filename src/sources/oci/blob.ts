import { type Bytes, PvError } from "../../core/index.ts";
import { resumedDownload } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import type { Descriptor } from "./manifest.ts";
import type { RegistryClient } from "./registry-client.ts";

/** How a blob is read. */
export interface BlobOptions {
  signal?: AbortSignal | undefined;
  retryBaseMs?: number | undefined;
  /** Called with the bytes of each chunk. */
  onBytes?: ((count: number) => void) | undefined;
}

/** Chunks through a check of size and digest; throws before the end is reached where they are wrong. */
export async function* verified(
  chunks: AsyncIterable<Bytes>,
  { digest, size }: Descriptor,
): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  let received = 0;
  for await (const bytes of chunks) {
    received += bytes.length;
    if (received > size)
      throw new PvError("CONTENT_TRUNCATED", `the blob ${digest} is longer than its ${size} bytes`, {
        expected: size,
        actual: received,
      });
    hasher.update(bytes);
    yield bytes;
  }
  if (received < size)
    throw new PvError("CONTENT_TRUNCATED", `the blob ${digest} ends after ${received} of ${size} bytes`, {
      expected: size,
      actual: received,
    });
  const actual = `sha256:${hasher.id()}`;
  if (actual !== digest) {
    throw new PvError("OCI_DIGEST_MISMATCH", `a blob is not what its digest says: ${actual} instead of ${digest}`, {
      expected: digest,
      actual,
    });
  }
}

/** A blob of a registry, from where it was cut on to its end; size and digest are checked as it streams. */
export function registryBlob(
  client: RegistryClient,
  descriptor: Descriptor,
  options: BlobOptions = {},
): AsyncGenerator<Bytes, void, void> {
  const { digest, size } = descriptor;
  const get = (headers: Readonly<Record<string, string>>, own: AbortSignal): Promise<Response> =>
    client.get(`blobs/${digest}`, headers, own);
  return verified(resumedDownload({ get, name: `the blob ${digest}`, sizeBytes: size, ...options }), descriptor);
}
