import type { Deps } from "../../deps.ts";
import { BadFileError } from "./bad-file-error.ts";

/** What a well-formed safetensors file must be, besides, to be merged and evaluated. Names the first tensor that is not. */
export async function checkTensors(deps: Deps, file: { readonly path: string; readonly sha256: string }): Promise<void> {
  const where = { blobSha256: file.sha256, finite: false };
  const [first, count] = await Promise.all([
    deps.db.tensorInfo.findFirst({ where, orderBy: { position: "asc" } }),
    deps.db.tensorInfo.count({ where }),
  ]);
  if (!first) return;
  const more = count > 1 ? ` (and ${count - 1} more tensors)` : "";
  throw new BadFileError(
    file.path,
    "NOT_FINITE",
    `${file.path}: tensor ${first.name}${more} holds NaN or infinite values, so nothing merged from it would be of use.`,
  );
}
