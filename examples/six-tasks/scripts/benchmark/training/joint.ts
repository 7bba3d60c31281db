import { existsSync } from "node:fs";
import { join } from "node:path";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { CorrectBits } from "@amalgam/engine/scores";
import { settings } from "../../settings.ts";
import type { SixTasks } from "../laboratory.ts";
import { trainTrunk } from "./train-trunk.ts";
import { trainingTasks } from "./training-tasks.ts";
import { readTrunk, trainedInto } from "./trunk-folder.ts";

export const isJointTrained = (work: string): boolean => existsSync(join(work, "joint"));

/** One trunk trained on all tasks at once, from the same base and with the settings of an expert: the ceiling of a merge. Trained once, then read. */
export async function jointBits(
  sixTasks: SixTasks,
  folder: string,
  work: string,
): Promise<Record<"report" | "second", readonly CorrectBits[]>> {
  const { laboratory, examples, tasks } = sixTasks;
  const fixture = (name: string): string => join(folder, "fixtures", name);
  const place = join(work, "joint");
  await trainedInto(place, { laboratory, base: fixture("base") }, async () =>
    trainTrunk({
      label: "joint",
      seed: settings.seed,
      base: fixture("base"),
      tasks: await trainingTasks(sixTasks, folder),
      expert: settings.expert,
      statePath: join(work, "joint.state"),
    }),
  );
  const trunk = await readTrunk(place, fixture(tasks[0] ?? ""));
  return {
    report: await scoreTrunk(laboratory, trunk, examples.report),
    second: await scoreTrunk(laboratory, trunk, examples.second),
  };
}
