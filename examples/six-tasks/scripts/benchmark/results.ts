import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { CorrectBits } from "@amalgam/engine/scores";
import type { TrialRecord, Tuned } from "./tune-arm.ts";

/** What one seed has given: every arm by its id, and what Fisher information took. */
export interface SeedResults {
  readonly fisherSeconds: number;
  readonly arms: ReadonlyMap<string, Tuned>;
}

interface Stored {
  readonly fisherSeconds: number;
  readonly arms: readonly {
    readonly id: string;
    readonly params: Tuned["params"];
    readonly search: number;
    readonly records: readonly TrialRecord[];
    readonly report: readonly { readonly n: number; readonly bits: string }[];
  }[];
}

/** Null when the seed has not been finished. */
export function readResults(file: string): SeedResults | null {
  if (!existsSync(file)) return null;
  const { fisherSeconds, arms } = JSON.parse(readFileSync(file, "utf8")) as Stored;
  const bitsOf = ({ n, bits }: { n: number; bits: string }): CorrectBits => ({ n, bits: Buffer.from(bits, "base64") });
  return {
    fisherSeconds,
    arms: new Map(
      arms.map(({ id, params, search, records, report }) => [id, { params, search, records, report: report.map(bitsOf) }]),
    ),
  };
}

/** Under another name first, so a file is whole or absent. */
export function saveResults(file: string, { fisherSeconds, arms }: SeedResults): void {
  const stored: Stored = {
    fisherSeconds,
    arms: [...arms].map(([id, { params, search, records, report }]) => ({
      id,
      params,
      search,
      records,
      report: report.map(({ n, bits }) => ({ n, bits: Buffer.from(bits).toString("base64") })),
    })),
  };
  writeFileSync(`${file}.partial`, JSON.stringify(stored));
  renameSync(`${file}.partial`, file);
}
