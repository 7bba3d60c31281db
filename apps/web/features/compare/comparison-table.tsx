import { type Axis, IntervalBar } from "../../components/interval-bar.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { accuracy, integer, interval } from "../../lib/format.ts";
import { VersionName } from "../versions/version-name.tsx";
import { type ComparedTask, type Comparison, differenceAxis, differenceRange, differenceText, winnerOf } from "./comparison.ts";

type Score = NonNullable<ComparedTask["first"]>;

/** Both scores and their paired difference, task by task: a table on a desk, lines on a phone. */
export function ComparisonTable({ comparison }: { comparison: Comparison }) {
  const { tasks, first, second, unit } = comparison;
  const axis = differenceAxis(tasks.flatMap(({ difference }) => difference ?? []));
  return (
    <Card className="overflow-hidden">
      <CardHead title="Task by task" note="difference over the same items, with its 95 % interval" />
      <div className="scroll-x phone:hidden">
        <table className="w-full border-collapse text-table" aria-label="Scores and differences by task">
          <thead>
            <tr className="border-line border-b text-caption text-ink-3 [&_th]:h-9 [&_th]:px-2.5 [&_th]:font-medium">
              <th scope="col" className="pl-[18px]! text-left">
                Task
              </th>
              <th scope="col" className="text-right">
                <VersionName version={first} />
              </th>
              <th scope="col" className="text-right">
                <VersionName version={second} />
              </th>
              <th scope="col" className="w-[26%] min-w-[150px] text-center">
                <AxisWords />
              </th>
              <th scope="col" className="text-right">
                Difference
              </th>
              <th scope="col" className="text-right" title="Items that only the first has right">
                Only first
              </th>
              <th scope="col" className="text-right" title="Items that only the second has right">
                Only second
              </th>
              <th scope="col" className="pr-[18px]! text-right">
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <tr key={task.task.id} className="h-[42px] border-line border-b last:border-b-0 hover:bg-hover [&_td]:px-2.5">
                <td className="max-w-[220px] truncate pl-[18px]! font-medium" title={task.task.title}>
                  {task.task.title}
                  {task.lowerIsBetter && <span className="font-normal text-ink-3"> (less is better)</span>}
                </td>
                <td className="text-right whitespace-nowrap">
                  <ScoreText score={task.first} isAhead={task.difference !== null && winnerOf(task.difference) === "first"} />
                </td>
                <td className="text-right whitespace-nowrap">
                  <ScoreText score={task.second} isAhead={task.difference !== null && winnerOf(task.difference) === "second"} />
                </td>
                <td>
                  <DifferenceBar task={task} axis={axis} className="h-[41px]" />
                </td>
                <td className="text-right whitespace-nowrap">
                  <Difference task={task} unit={unit} />
                </td>
                <td className="text-right">{task.onlyFirst === null ? "·" : integer(task.onlyFirst)}</td>
                <td className="text-right">{task.onlySecond === null ? "·" : integer(task.onlySecond)}</td>
                <td className="pr-[18px]! text-right text-ink-3">{itemsOf(task)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="desk:hidden" aria-label="Scores and differences by task">
        {tasks.map((task) => (
          <li key={task.task.id} className="num border-line border-t px-3.5 py-2.5 text-table first:border-t-0">
            <div className="flex items-baseline justify-between gap-2">
              <span className="min-w-0 truncate font-medium">{task.task.title}</span>
              <span className="whitespace-nowrap">
                <Difference task={task} unit={unit} />
              </span>
            </div>
            <DifferenceBar task={task} axis={axis} className="my-1 h-[18px]" />
            <div className="flex justify-between gap-2 text-caption text-ink-3">
              <span>
                {task.first ? accuracy(task.first.value) : "·"} and {task.second ? accuracy(task.second.value) : "·"}
              </span>
              {task.onlyFirst !== null && task.onlySecond !== null && (
                <span>
                  only one right: {integer(task.onlyFirst)} and {integer(task.onlySecond)} of {itemsOf(task)}
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function AxisWords() {
  return (
    <span className="flex justify-between text-axis font-normal">
      <span>second better</span>
      <span>first better</span>
    </span>
  );
}

function ScoreText({ score, isAhead }: { score: Score | null; isAhead: boolean }) {
  if (!score) return <span className="text-ink-3">not evaluated</span>;
  return (
    <>
      <span className={isAhead ? "font-semibold" : ""}>{accuracy(score.value)}</span>{" "}
      {score.low !== null && score.high !== null && (
        <span className="text-caption text-ink-3 narrow:hidden">{interval(score.value, score.low, score.high)}</span>
      )}
    </>
  );
}

function Difference({ task: { difference }, unit }: { task: ComparedTask; unit: string | null }) {
  if (!difference) return <span className="text-ink-3">no pair</span>;
  const isClear = ["first", "second"].includes(winnerOf(difference));
  return (
    <>
      <span className={isClear ? "font-semibold" : "text-ink-2"}>{differenceText(difference, unit)}</span>{" "}
      <span className="text-caption text-ink-3">{differenceRange(difference, unit) ?? "no interval"}</span>
    </>
  );
}

function DifferenceBar({ task: { difference }, axis, className }: { task: ComparedTask; axis: Axis; className: string }) {
  if (!difference) return null;
  const { value, low, high } = difference;
  const tone = ["first", "second"].includes(winnerOf(difference)) ? "ink" : "quiet";
  return (
    <IntervalBar axis={axis} value={value} low={low ?? value} high={high ?? value} tone={tone} hasGrid className={className} />
  );
}

const itemsOf = ({ first, second }: ComparedTask) => {
  const n = first?.n ?? second?.n;
  return n ? integer(n) : "·";
};
