import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * A folder outside every home, for what another account must read when the original lies under a 0700 home.
 * Named by the sha256 of the original's path, so two checkouts never share one; made by us, and refused when it
 * belongs to anybody else, since /var/tmp is writable by all.
 */
export function sharedFolder(kind: string, original: string): string {
  const digest = createHash("sha256").update(path.resolve(original)).digest("hex").slice(0, 32);
  const parent = fs.existsSync("/var/tmp") ? "/var/tmp" : os.tmpdir();
  const folder = path.join(parent, `amalgam-${kind}-${digest}`);
  try {
    fs.mkdirSync(folder, { mode: 0o711 });
    fs.chmodSync(folder, 0o711); // whatever the umask was
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = fs.lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0)
    throw new Error(
      `${folder} is not a folder of this account alone. Remove it, or move the checkout out of the private home folder.`,
    );
  return folder;
}
