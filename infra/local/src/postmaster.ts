import fs from "node:fs";
import path from "node:path";
import { isAlive, until } from "./process.ts";

/** What a PostgreSQL server writes into its data folder while it runs. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/** The server that says it runs on `dataDir`, whether it still lives or not. */
export function readPostmaster(dataDir: string): Postmaster | null {
  try {
    const [pid, folder, , port, , , , status] = fs.readFileSync(path.join(dataDir, "postmaster.pid"), "utf8").split("\n");
    if (!pid || path.resolve(folder ?? "") !== path.resolve(dataDir)) return null;
    return { pid: Number(pid), port: Number(port), isReady: status?.trim() === "ready" };
  } catch {
    return null;
  }
}

/**
 * Takes over a server that outlived its supervisor: stops it in order, so that its successor starts on whole data,
 * on our port and as our child. Orphans of the former stack lose their connections and leave.
 */
export async function retireLeftover(dataDir: string, timeoutMs = 20_000): Promise<number | null> {
  const left = readPostmaster(dataDir);
  if (!left || !isAlive(left.pid) || !isPostgres(left.pid, dataDir)) return null;
  process.kill(left.pid, "SIGINT"); // fast shutdown: ends sessions, writes a checkpoint
  const gone = await until(() => !isAlive(left.pid), timeoutMs);
  if (!gone)
    throw new Error(
      `PostgreSQL (process ${left.pid}) still runs on ${dataDir} and does not stop. End it by hand: kill -INT ${left.pid}`,
    );
  return left.pid;
}

/** A pid may have been given to another program since: where /proc tells, look before we signal. */
function isPostgres(pid: number, dataDir: string): boolean {
  if (!fs.existsSync("/proc/self/cmdline")) return true;
  try {
    const args = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return path.basename(args[0] ?? "") === "postgres" && args.includes(dataDir);
  } catch {
    return false;
  }
}
