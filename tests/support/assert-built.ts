import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** End-to-end tests run what was built; `npm test` builds first, a bare vitest does not. */
export function assertBuilt(...files: string[]): void {
  for (const file of files)
    if (!fs.existsSync(path.join(root, file)))
      throw new Error(`${file} is missing: run npm run build before the end-to-end tests`);
}
