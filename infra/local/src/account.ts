import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** The account a program runs as; empty when it is our own. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root, so root lends it an account without rights. */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // no such account here: try the next name
    }
  }
  throw new Error(
    "PostgreSQL cannot run as root, and this machine has neither an account postgres nor nobody. Run as an ordinary user.",
  );
}

/** True when `account` can walk every existing folder down to `target`. */
export function isReachable(target: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    const found = fs.statSync(at, { throwIfNoEntry: false });
    if (found && !mayEnter(found, account)) return false;
    if (at === path.dirname(at)) return true;
  }
}

function mayEnter({ mode, uid, gid }: fs.Stats, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

export function give(file: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) fs.chownSync(file, uid, gid);
}
