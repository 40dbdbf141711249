import { toHex } from "../../core/internal.ts";
import { digest } from "../crypto.ts";
import type { ChainLink, SignatureReport } from "../types.ts";
import type { Certificate } from "./certificate.ts";
import { formatName } from "./name.ts";

/** The chain as a report tells it. */
export async function describeChain(
  chain: readonly Certificate[],
): Promise<Pick<SignatureReport, "subject" | "chain">> {
  const links = await Promise.all(
    chain.map(
      async ({ der, subject, notAfter }): Promise<ChainLink> => ({
        subject: formatName(subject),
        sha256: toHex(await digest("SHA-256", der)),
        notAfter,
      }),
    ),
  );
  return { subject: links[0]!.subject, chain: links };
}
