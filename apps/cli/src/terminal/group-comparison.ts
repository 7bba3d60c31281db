import type { GroupComparison } from "../client/evaluation-operations.ts";
import { differenceOf } from "./comparison.ts";
import { formatScore, plural, printable } from "./format.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** What `amalgam compare A B C --json` prints. */
export const groupJson = ({ suite, purpose, unit, members, tasks }: GroupComparison) => ({
  suite: `${suite.namespace}/${suite.name}`,
  purpose,
  unit,
  versions: members.map(({ version, overFirst, sharedTasks, tunedOnReasons }) => ({
    version: version.ref,
    overFirst,
    sharedTasks,
    tunedOnReasons: tunedOnReasons.map(({ sentence }) => sentence),
  })),
  tasks: tasks.map(({ task, lowerIsBetter, cells }) => ({
    task: task.name,
    lowerIsBetter,
    scores: cells.map(({ score }) => score),
    overFirst: cells.map(({ overFirst }) => overFirst),
  })),
});

/** One line a task; under the versions after the first, how far they are ahead of it. */
export function renderGroup(group: GroupComparison, style: Style): string {
  const { suite, purpose, members, tasks, unit } = group;
  const right = "right" as const;
  const columns = [
    { title: "Task" },
    ...members.flatMap((_, i) => [
      { title: `${i + 1}`, align: right },
      ...(i === 0 ? [] : [{ title: `${i + 1} over 1`, align: right }]),
    ]),
    { title: "n", align: right },
  ];
  const difference = (estimate: GroupComparison["members"][number]["overFirst"]) =>
    estimate === null ? "–" : `${differenceOf(estimate, group)}${isClear(estimate) ? "" : " ="}`;
  const rows = tasks.map(({ task, cells }) => [
    printable(task.name, 30),
    ...cells.flatMap(({ score, overFirst }, i) => [
      score ? formatScore(score.value) : "–",
      ...(i === 0 ? [] : [difference(overFirst)]),
    ]),
    String(cells.find(({ score }) => score !== null)?.score?.n ?? "–"),
  ]);
  const mean = ["Mean", ...members.flatMap(({ overFirst }, i) => (i === 0 ? [""] : ["", difference(overFirst)])), ""];
  const head = `${style.bold(printable(suite.title))}  ${purpose.toLowerCase()} split, ${plural(tasks.length, "task")}`;
  const legend = members.map(({ version, tunedOnReasons }, i) => {
    const why = tunedOnReasons.map(({ sentence }) => sentence).join(" ");
    return `${i + 1}  ${printable(version.ref, 60)}${why ? ` *  ${printable(why, 160)}` : ""}`;
  });
  const units = unit === "share" ? " in points" : "";
  const notes = [`Differences${units} with 95 % intervals, paired over the same examples; = cannot be told apart from 1.`];
  members.forEach(({ sharedTasks }, i) => {
    if (i > 0 && sharedTasks < tasks.length)
      notes.push(`${i + 1} and 1 are both scored on ${sharedTasks} of ${plural(tasks.length, "task")}.`);
  });
  return [head, "", ...legend, "", renderTable(columns, unit === null ? rows : [...rows, mean], style), "", ...notes].join("\n");
}

const isClear = ({ low, high }: { low: number | null; high: number | null }): boolean =>
  low !== null && high !== null && (low > 0 || high < 0);
