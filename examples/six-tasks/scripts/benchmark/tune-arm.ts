import { appendFileSync } from "node:fs";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import type { CorrectBits } from "@amalgam/engine/scores";
import { countCorrect } from "@amalgam/engine/scores";
import { incumbent, type Params, suggest, type Trial } from "@amalgam/engine/tune";
import type { Arm } from "./arms.ts";
import { readLines } from "./read-lines.ts";

export interface TrialRecord {
  readonly params: Params;
  readonly value: number;
  readonly seconds: { readonly suggest: number; readonly merge: number; readonly evaluate: number };
}

export interface Tuned {
  readonly params: Params;
  /** Mean accuracy on the search split. */
  readonly search: number;
  readonly records: readonly TrialRecord[];
  readonly report: readonly CorrectBits[];
}

export interface TuneOptions {
  readonly budget: number;
  readonly seed: number;
  /** One line a trial; a run that was cut goes on after its last line. */
  readonly log: string;
  readonly onTrial: (index: number, best: number) => void;
}

export const macro = (bits: readonly CorrectBits[]): number =>
  bits.reduce((sum, each) => sum + countCorrect(each) / each.n, 0) / bits.length;

/** Searches an arm's space on the search split; what the surrogate holds for best is scored once on the report split. */
export async function tuneArm(
  score: (trunk: TensorMap, split: "search" | "report") => Promise<readonly CorrectBits[]>,
  arm: Arm,
  { budget, seed, log, onTrial }: TuneOptions,
): Promise<Tuned> {
  const records = readLines<TrialRecord>(log);
  const total = arm.space.length === 0 ? 1 : budget;
  while (records.length < total) {
    const trials = records.map(({ params, value }): Trial => ({ params, value, state: "complete" }));
    const started = performance.now();
    const sampler = arm.sampler === undefined ? {} : { sampler: arm.sampler };
    const { params } =
      arm.space.length === 0 ? { params: {} } : suggest({ space: arm.space, trials, seed, anchors: arm.anchors, ...sampler });
    const asked = performance.now();
    const trunk = await arm.merge(params);
    const merged = performance.now();
    const value = macro(await score(trunk, "search"));
    const seconds = {
      suggest: (asked - started) / 1000,
      merge: (merged - asked) / 1000,
      evaluate: (performance.now() - merged) / 1000,
    };
    records.push({ params, value, seconds });
    appendFileSync(log, `${JSON.stringify(records.at(-1))}\n`);
    onTrial(records.length, Math.max(...records.map((each) => each.value)));
  }
  const trials = records.map(({ params, value }): Trial => ({ params, value, state: "complete" }));
  const best = arm.space.length === 0 ? 0 : (incumbent(arm.space, trials, "smoothed", seed)?.trial ?? 0);
  const { params, value: search } = records[best] as TrialRecord;
  return { params, search, records, report: await score(await arm.merge(params), "report") };
}
