import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

/** sha256 of whole files, hex, in order. */
export function hashFiles(paths: readonly string[]): string[] {
  const buffer = Buffer.allocUnsafe(1 << 20);
  return paths.map((path) => {
    const fd = openSync(path, "r");
    try {
      const hash = createHash("sha256");
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
      return hash.digest("hex");
    } finally {
      closeSync(fd);
    }
  });
}
