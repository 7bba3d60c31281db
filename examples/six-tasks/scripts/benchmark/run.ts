/**
 * npm run benchmark:six-tasks -- [PART] [--budget N] [--examples N] [--seeds 1,2,…] [--sets N] [--only IDS] [--no-joint] [--out FOLDER]
 *
 *   table      all methods, tuned with the same budget of merges (the default)
 *   search     ways of searching, on one objective
 *   ablations  one change at a time to DF-Merge of the table
 *   images     several sets of convolutional networks
 *   sets       the table on experts trained anew, from two bases and with two strengths
 *
 * Each part writes its page into `docs/benchmarks`. --only leaves what it does not name for another run, --no-joint joint training. Resumable: what is finished is read
 * from `.work/benchmark`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { selectBackend } from "@amalgam/engine/runtime";
import { settings } from "../settings.ts";
import { ablationStudy } from "./ablations/run.ts";
import { imageStudy } from "./images/run.ts";
import { openSixTasks } from "./laboratory.ts";
import { searchStudy } from "./search/run.ts";
import { setStudy } from "./sets/run.ts";
import { tableStudy } from "./table/run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: "string" },
    examples: { type: "string", default: "128" },
    seeds: { type: "string" },
    only: { type: "string" },
    sets: { type: "string", default: "5" },
    "no-joint": { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "../../../../docs/benchmarks") },
  },
});
const folder = join(import.meta.dirname, "../..");
const count = (option: string, text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`--${option}: "${text}" is not a whole number above 0.`);
};
const seedsOf = (usual: string): number[] => (values.seeds ?? usual).split(",").map((text) => count("seeds", text));
const common = {
  budget: count("budget", values.budget ?? "60"),
  examples: count("examples", values.examples),
  folder,
  work: join(folder, ".work/benchmark"),
  out: values.out,
};
const parts = {
  table: async () => tableStudy(await open(), { ...common, seeds: seedsOf("1,2,3,4,5"), isJointLeft: values["no-joint"] }),
  images: () => imageStudy({ ...common, budget: count("budget", values.budget ?? "30"), seeds: seedsOf("1,2,3,4,5") }),
  ablations: async () => ablationStudy(await open(), { ...common, seeds: seedsOf("1,2,3"), only: values.only?.split(",") }),
  sets: () => setStudy({ ...common, sets: count("sets", values.sets), only: values.only?.split(",") }),
  search: async () =>
    searchStudy(await open(), { ...common, only: values.only?.split(","), seeds: seedsOf("1,2,3,4,5,6,7,8,9,10") }),
};
const open = () => openSixTasks(folder, settings.tasks);

const [part = "table"] = positionals;
if (!Object.hasOwn(parts, part)) throw new Error(`There is no part "${part}"; choose ${Object.keys(parts).join(", ")}.`);
await selectBackend("ort");
await parts[part as keyof typeof parts]();
