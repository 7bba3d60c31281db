import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Stack, startStack } from "@amalgam/local";

export const root = path.resolve(import.meta.dirname, "../../..");

export interface TestStack extends Stack {
  readonly dataDir: string;
  /** Lines the supervisor printed, restarts among them. */
  readonly printed: readonly string[];
}

/** A folder that PostgreSQL, which runs under another account as root, can pass through. */
export function temporaryFolder(name: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `amalgam ${name} `)); // with a space: paths have them
  fs.chmodSync(folder, 0o711);
  return folder;
}

/** The built product on free ports, in a folder of its own or in one that an earlier run left. */
export async function testStack(dataDir = path.join(temporaryFolder("e2e"), "data"), web = true): Promise<TestStack> {
  const printed: string[] = [];
  const stack = await startStack({ root, dataDir, port: 0, web, print: (line) => printed.push(line) });
  return { ...stack, dataDir, printed };
}

/** Children of this process whose command line holds `part`. */
export function pidsOf(part: string): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    return Number(parent) === process.pid && args.join(" ").includes(part) ? [Number(pid)] : [];
  });
}
