import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isZombie(pid);
}

/** A dead child whose parent has not asked yet still answers signals. */
function isZombie(pid: number): boolean {
  return stat(pid)?.[0] === "Z";
}

/** When the process began, in ticks since boot: with the pid it names one process for good. Null where /proc is missing. */
export function birthOf(pid: number): string | null {
  return stat(pid)?.[19] ?? null;
}

/** The fields of /proc/PID/stat from the state on; the name before them may hold spaces and brackets. */
function stat(pid: number): string[] | null {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

/** Asks until `holds` says yes; false when time ran out. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 25): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > end) return false;
    await sleep(everyMs);
  }
}
