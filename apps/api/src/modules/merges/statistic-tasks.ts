import type { Deps } from "../../deps.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { refuse } from "../refuse.ts";
import { loadTask, type TaskWithSplits } from "../statistics/load-task.ts";
import type { StatisticsOptions } from "./statistics-options.ts";

/** The task that each model is measured on: as asked, else the one whose expert it is. */
export class StatisticTasks {
  readonly #deps: Deps;
  readonly #options: StatisticsOptions;
  readonly #known = new Map<string, Promise<TaskWithSplits>>();
  readonly #experts: Promise<readonly TaskWithSplits[]>;

  constructor(deps: Deps, options: StatisticsOptions, parents: readonly ReadyVersion[]) {
    this.#deps = deps;
    this.#options = options;
    this.#experts = deps.db.task.findMany({
      where: { expert: { digest: { in: parents.map(({ digest }) => digest) } } },
      include: { splits: true, expert: true },
      orderBy: { id: "asc" },
    });
    this.#experts.catch(() => {}); // told by whoever asks
  }

  async ofParent(version: ReadyVersion, i: number): Promise<TaskWithSplits> {
    const asked = this.#options.tasks?.[i];
    if (asked != null) return this.#named(asked, ["statistics", "tasks", i]);
    const own = (await this.#experts).filter(({ expert }) => expert?.digest === version.digest);
    const [first, second] = own;
    if (first === undefined)
      refuse(
        "NO_TASK",
        `No task has ${formatRef(version)} as its expert, so say which task it is measured on, or name its statistics in the recipe.`,
        ["statistics", "tasks", i],
      );
    if (second !== undefined)
      refuse(
        "WHICH_TASK",
        `${formatRef(version)} is the expert of several tasks (${own.map(({ namespace, name }) => `${namespace}/${name}`).join(", ")}); say which one it is measured on.`,
        ["statistics", "tasks", i],
      );
    return first;
  }

  async ofBase(title: string): Promise<TaskWithSplits> {
    const asked = this.#options.baseTask;
    if (asked != null) return this.#named(asked, ["statistics", "baseTask"]);
    refuse("NO_TASK", `${title} needs to know the base as well: say which task it is measured on (baseTask).`, [
      "statistics",
      "baseTask",
    ]);
  }

  #named(text: string, path: readonly (string | number)[]): Promise<TaskWithSplits> {
    const known = this.#known.get(text) ?? loadTask(this.#deps, text, path);
    this.#known.set(text, known);
    return known;
  }
}
