import { createHash } from "node:crypto";

export interface FileDigest {
  /** Relative to the folder, with / as separator */
  readonly path: string;
  /** Hex */
  readonly sha256: string;
}

/**
 * Digest of a checkpoint folder: sha256 (hex) over one line `<sha256>  <path>\n` for each file, sorted by path in code-unit order;
 * the text that sha256sum would print.
 */
export function folderDigest(files: readonly FileDigest[]): string {
  const lines = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex");
}
