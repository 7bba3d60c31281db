import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CorrectBits } from "@amalgam/engine/scores";
import type { Arm } from "../arms.ts";
import { say } from "../grids.ts";
import type { SixTasks } from "../laboratory.ts";
import { bitsToJson, type JsonBits, jsonToBits, readResults } from "../results.ts";
import { folderOf, type TableStudy } from "../table/run.ts";
import { macro } from "../tune-arm.ts";
import { ablationReport } from "./ablation-report.ts";
import { type AblationContext, plainArms, type Variant, variants } from "./variants.ts";

export interface AblationStudy extends TableStudy {
  /** Of variants; others are left for another run. */
  readonly only?: readonly string[] | undefined;
}

/** One change at a time to DF-Merge of the table, on the same seeds. Needs the table's results. */
export async function ablationStudy(sixTasks: SixTasks, study: AblationStudy): Promise<void> {
  const { seeds, only, out } = study;
  const found = new Map<string, (readonly CorrectBits[])[]>();
  for (const variant of variants) {
    for (const seed of seeds) {
      const bits = await bitsOf(sixTasks, study, variant, seed, only?.includes(variant.id) ?? true);
      if (bits !== null) found.set(variant.id, [...(found.get(variant.id) ?? []), bits]);
    }
  }
  const file = join(out, "six-tasks-ablations.md");
  writeFileSync(file, ablationReport(found, study));
  say(`Written to ${file}`);
}

/** Null where it is not to be run now and was not before. */
async function bitsOf(
  sixTasks: SixTasks,
  study: AblationStudy,
  variant: Variant,
  seed: number,
  isWanted: boolean,
): Promise<readonly CorrectBits[] | null> {
  const { work, folder, budget, examples } = study;
  const place = join(work, "ablations", `budget-${budget}-examples-${examples}-seed-${seed}`);
  mkdirSync(place, { recursive: true });
  const file = join(place, `${variant.id}.json`);
  if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as JsonBits[]).map(jsonToBits);
  if (!isWanted) return null;
  const table = readResults(join(folderOf(study, seed), "results.json"));
  if (table === null) throw new Error(`The ablations start from the table: run its seed ${seed} first.`);
  const context: AblationContext = {
    ...{ sixTasks, folder, seed, budget, examples, table },
    logOf: (id) => join(place, `${id}.jsonl`),
    arms: (count) => cachedArms(sixTasks, folder, { seed, examples: count }),
  };
  const bits = await variant.run(context);
  writeFileSync(`${file}.partial`, JSON.stringify(bits.map(bitsToJson)));
  renameSync(`${file}.partial`, file);
  say(`Ablations, seed ${seed}: ${variant.title}: ${(100 * macro(bits)).toFixed(2)} %`);
  return bits;
}

const arms = new Map<string, Promise<Arm[]>>();

/** Fisher information of six experts is 100 MB a draw: the last three are kept. */
function cachedArms(sixTasks: SixTasks, folder: string, draw: { seed: number; examples: number }): Promise<Arm[]> {
  const key = `${draw.seed} ${draw.examples}`;
  const found = arms.get(key) ?? plainArms(sixTasks, folder, draw);
  arms.delete(key);
  arms.set(key, found);
  for (const old of [...arms.keys()].slice(0, -3)) arms.delete(old);
  return found;
}
