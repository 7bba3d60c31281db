import { createHash } from "node:crypto";

/** sha256 over one line "<sha256>  <path>" for each file, sorted by path: as `sha256sum` prints them. */
export function versionDigest(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  const hash = createHash("sha256");
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const { path, sha256 } of sorted) hash.update(`${sha256}  ${path}\n`);
  return hash.digest("hex");
}
