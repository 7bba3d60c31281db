import { execFile } from "node:child_process";
import path from "node:path";
import { root, type TestStack } from "./stack.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a user would, and answers how it ended. */
export function amalgam(args: readonly string[], stack?: TestStack, cwd = root): Promise<Outcome> {
  const program = path.join(root, "apps/cli/bin/amalgam.js");
  const server = stack ? { AMALGAM_URL: stack.url, AMALGAM_TOKEN: stack.token } : {};
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd, env: { ...process.env, NO_COLOR: "1", ...server }, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
