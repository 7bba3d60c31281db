import { type Axis, IntervalBar } from "../../components/interval-bar.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { accuracy, integer } from "../../lib/format.ts";
import { VersionName } from "../versions/version-name.tsx";
import type { Group } from "./compared-group.tsx";
import { differenceAxis, differenceRange, differenceText, winnerOf } from "./comparison.ts";

type Task = Group["tasks"][number];
type Cell = Task["cells"][number];

/** One line a task; for each version its score, and its lead over the first on one axis for all. */
export function GroupTable({ group }: { group: Group }) {
  const { members, tasks, unit } = group;
  const axis = differenceAxis(tasks.flatMap(({ cells }) => cells.flatMap(({ overFirst }) => overFirst ?? [])));
  return (
    <Card className="overflow-hidden">
      <CardHead title="Task by task" note="score, and its difference to the first over the same items with a 95 % interval" />
      <div className="scroll-x phone:hidden">
        <table className="w-full border-collapse text-table" aria-label="Scores and differences by task">
          <thead>
            <tr className="border-line border-b text-caption text-ink-3 [&_th]:h-9 [&_th]:px-2.5 [&_th]:font-medium">
              <th scope="col" className="sticky left-0 z-1 bg-surface pl-[18px]! text-left">
                Task
              </th>
              {members.map(({ version }, i) => (
                <th key={version.id} scope="col" className={i === 0 ? "text-right" : "min-w-[150px] text-right"}>
                  <span className="flex justify-end">
                    <VersionName version={version} />
                  </span>
                </th>
              ))}
              <th scope="col" className="pr-[18px]! text-right">
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <tr key={task.task.id} className="border-line border-b last:border-b-0 hover:bg-hover [&_td]:px-2.5 [&_td]:py-2">
                <th
                  scope="row"
                  className="sticky left-0 z-1 max-w-[220px] truncate bg-surface pr-2.5 pl-[18px] text-left font-medium"
                >
                  {task.task.title}
                  {task.lowerIsBetter && <span className="font-normal text-ink-3"> (less is better)</span>}
                </th>
                {task.cells.map((cell, i) => (
                  <td key={members[i]?.version.id} className="text-right align-top whitespace-nowrap">
                    <CellText cell={cell} unit={unit} axis={i === 0 ? null : axis} />
                  </td>
                ))}
                <td className="pr-[18px]! text-right align-top text-ink-3">{itemsOf(task)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="desk:hidden" aria-label="Scores and differences by task">
        {tasks.map((task) => (
          <li key={task.task.id} className="num border-line border-t px-3.5 py-2.5 text-table first:border-t-0">
            <div className="mb-1 flex items-baseline justify-between gap-2">
              <span className="min-w-0 truncate font-medium">
                {task.task.title}
                {task.lowerIsBetter && <span className="font-normal text-ink-3"> (less is better)</span>}
              </span>
              <span className="text-caption whitespace-nowrap text-ink-3">{itemsOf(task)} items</span>
            </div>
            {task.cells.map((cell, i) => {
              const version = members[i]?.version;
              return (
                version && (
                  <div key={version.id} className="flex items-baseline gap-2 py-1">
                    <span className="min-w-0 flex-1 truncate text-caption text-ink-2">
                      {version.model.name} v{version.number}
                    </span>
                    <span className="min-w-[150px] flex-none text-right">
                      <CellText cell={cell} unit={unit} axis={i === 0 ? null : axis} />
                    </span>
                  </div>
                )
              );
            })}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** `axis` null: the first version, which the others are measured against. */
function CellText({ cell: { score, overFirst }, unit, axis }: { cell: Cell; unit: string | null; axis: Axis | null }) {
  if (!score) return <span className="text-ink-3">not evaluated</span>;
  const winner = overFirst && winnerOf(overFirst);
  const isClear = winner === "first" || winner === "second";
  return (
    <>
      <span className={winner === "first" ? "font-semibold" : ""}>{accuracy(score.value)}</span>
      {axis && overFirst && (
        <span className="block">
          <IntervalBar
            axis={axis}
            value={overFirst.value}
            low={overFirst.low ?? overFirst.value}
            high={overFirst.high ?? overFirst.value}
            tone={isClear ? "ink" : "quiet"}
            hasGrid
            className="h-[14px]"
          />
          <span className="text-caption text-ink-3">
            <span className={isClear ? "font-medium text-ink" : ""}>{differenceText(overFirst, unit)}</span>{" "}
            {differenceRange(overFirst, unit) ? `(${differenceRange(overFirst, unit)})` : "no interval"}
          </span>
        </span>
      )}
      {axis && !overFirst && <span className="block text-caption text-ink-3">no pair</span>}
    </>
  );
}

function itemsOf({ cells }: Task): string {
  const n = cells.find(({ score }) => score !== null)?.score?.n;
  return n ? integer(n) : "·";
}
