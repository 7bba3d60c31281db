import { runCli } from "../src/run-cli.ts";
import type { Outcome } from "./spawn-cli.ts";

type Write = typeof process.stdout.write;

/** Runs a command line in this process, as the program does, and catches what it prints: for many small cases. */
export async function here(args: readonly string[]): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  const caught =
    (name: keyof typeof texts): Write =>
    (chunk: string | Uint8Array) => {
      texts[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      return true;
    };
  process.stdout.write = caught("stdout");
  process.stderr.write = caught("stderr");
  try {
    return { code: await runCli(args), ...texts };
  } finally {
    process.stdout.write = writes.stdout;
    process.stderr.write = writes.stderr;
  }
}

export interface ToldFault {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** Faults as --json prints them. */
export const faultsIn = ({ stdout }: Outcome): ToldFault[] => JSON.parse(stdout) as ToldFault[];
