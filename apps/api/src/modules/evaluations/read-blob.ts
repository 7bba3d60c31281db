import type { Deps } from "../../deps.ts";
import { blobKey } from "../../platform/object-store.ts";

/** The whole of a small blob. */
export async function readBlob(deps: Deps, sha256: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of deps.store.get(blobKey(sha256))) chunks.push(chunk);
  return Buffer.concat(chunks);
}
