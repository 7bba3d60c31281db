import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { CorrectBits } from "@amalgam/engine/scores";
import type { TrialRecord, Tuned } from "./tune-arm.ts";

/** What one seed has given: every arm by its id, and what Fisher information took. */
export interface SeedResults {
  readonly fisherSeconds: number;
  readonly arms: ReadonlyMap<string, Tuned>;
}

export interface JsonBits {
  readonly n: number;
  /** In base 64. */
  readonly bits: string;
}

export const bitsToJson = ({ n, bits }: CorrectBits): JsonBits => ({ n, bits: Buffer.from(bits).toString("base64") });
export const jsonToBits = ({ n, bits }: JsonBits): CorrectBits => ({ n, bits: Buffer.from(bits, "base64") });

interface Stored {
  readonly fisherSeconds: number;
  readonly arms: readonly {
    readonly id: string;
    readonly params: Tuned["params"];
    readonly search: number;
    readonly records: readonly TrialRecord[];
    readonly report: readonly JsonBits[];
  }[];
}

/** Null when the seed has not been finished. */
export function readResults(file: string): SeedResults | null {
  if (!existsSync(file)) return null;
  const { fisherSeconds, arms } = JSON.parse(readFileSync(file, "utf8")) as Stored;
  return {
    fisherSeconds,
    arms: new Map(
      arms.map(({ id, params, search, records, report }) => [id, { params, search, records, report: report.map(jsonToBits) }]),
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
      report: report.map(bitsToJson),
    })),
  };
  writeFileSync(`${file}.partial`, JSON.stringify(stored));
  renameSync(`${file}.partial`, file);
}
