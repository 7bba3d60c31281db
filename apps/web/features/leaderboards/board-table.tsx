import type { ReactNode } from "react";
import { type Axis, AxisLabels, IntervalBar } from "../../components/interval-bar.tsx";
import { Card } from "../../components/ui/card.tsx";
import {
  type Board,
  type BoardRow,
  type Bounds,
  besides,
  boundsByTask,
  isLowerBetter,
  ranked,
  references,
  scoreOn,
  type Tie,
  taskLabel,
} from "./board.ts";
import type { BoardView, SortBy } from "./board-view.ts";
import { axisFor, rankWords, tiesIn } from "./board-words.ts";
import { Bracket, CompareLink, ExpertShare, MeanText, methodWord, missingMean, PickBox, RowName } from "./row-parts.tsx";
import { ScoreCell } from "./score-cell.tsx";
import { ariaSort, SortHead } from "./sort-head.tsx";

interface Shared {
  board: Board;
  axis: Axis;
  bounds: ReadonlyMap<string, Bounds>;
  view: BoardView;
}

export function BoardTable({ board, view, path }: { board: Board; view: BoardView; path: string }) {
  const rows = ranked(board);
  const shared: Shared = { board, view, axis: axisFor(board), bounds: boundsByTask(board) };
  const brackets = tiesIn(rows, view);
  const span = 8 + board.tasks.length;
  const head = (sort: SortBy, content: ReactNode, title?: string) => (
    <SortHead path={path} view={view} sort={sort} {...(title ? { title } : {})}>
      {content}
    </SortHead>
  );
  return (
    <Card className="overflow-hidden phone:hidden">
      <div className="scroll-x">
        <table className="w-full border-collapse text-table" aria-label={`Leaderboard of ${board.suite.title}`}>
          <thead>
            <tr className="border-line border-b text-caption text-ink-3 [&_th]:h-[34px] [&_th]:font-medium">
              <td className="w-9" />
              <th
                scope="col"
                aria-sort={ariaSort(view, { column: "rank" }, true)}
                className="w-[50px] min-w-[50px] pl-2 text-left"
              >
                {head({ column: "rank" }, "#", rankWords)}
              </th>
              <th scope="col" aria-sort={ariaSort(view, { column: "name" }, true)} className="w-[216px] text-left">
                {head({ column: "name" }, "Version")}
              </th>
              <th
                scope="col"
                aria-sort={ariaSort(view, { column: "method" }, true)}
                className="max-w-[120px] px-2.5 text-left narrow:hidden"
              >
                {head({ column: "method" }, "Method")}
              </th>
              <th scope="col" className="min-w-[170px] px-1.5">
                <span className="sr-only">Mean with its interval</span>
                <AxisLabels axis={shared.axis} />
              </th>
              <th
                scope="col"
                aria-sort={ariaSort(view, { column: "mean" })}
                className="w-[112px] pr-3 text-right whitespace-nowrap"
              >
                {head({ column: "mean" }, "Mean")}
              </th>
              <th
                scope="col"
                aria-sort={ariaSort(view, { column: "normalised" })}
                className="w-[132px] min-w-[124px] pr-3 text-right whitespace-nowrap"
              >
                {head({ column: "normalised" }, "By expert's", expertWords)}
              </th>
              {board.tasks.map((task) => (
                <th
                  key={task.id}
                  scope="col"
                  aria-sort={ariaSort(view, { task: task.name }, isLowerBetter(task))}
                  className="w-[68px] min-w-[54px] text-center narrow:w-[58px]"
                >
                  <span className="mx-auto flex max-w-[68px] justify-center">
                    {head({ task: task.name }, taskLabel(task, 10), `${task.title}: sort by it`)}
                  </span>
                </th>
              ))}
              <td className="w-9" />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <Row key={row.id} row={row} tie={brackets[i] ?? null} shared={shared} />
            ))}
            <Group title="Beside: parents and the plain average" span={span} rows={besides(board)} shared={shared} />
            <Group title="References: what a merge is measured against" span={span} rows={references(board)} shared={shared} />
          </tbody>
        </table>
      </div>
    </Card>
  );
}

const expertWords =
  "Mean over tasks of the score divided by that of the task's own expert, with its 95 % interval; below it the task where least is left";

function Group({ title, span, rows, shared }: { title: string; span: number; rows: readonly BoardRow[]; shared: Shared }) {
  if (rows.length === 0) return null;
  return (
    <>
      <tr className="border-line border-b bg-sunken">
        <td colSpan={span} className="h-[30px] pl-4 text-caption text-ink-3">
          {title}
        </td>
      </tr>
      {rows.map((row) => (
        <Row key={row.id} row={row} tie={null} shared={shared} />
      ))}
    </>
  );
}

function Row({ row, tie, shared }: { row: BoardRow; tie: Tie; shared: Shared }) {
  const { board, axis, bounds, view } = shared;
  return (
    <tr className="relative border-line border-b last:border-b-0 hover:bg-hover">
      <td className="pl-2">
        <PickBox row={row} className="size-7" />
      </td>
      <td className="relative h-[44px] pl-2 text-[12.5px] text-ink-3" title={row.rank === null ? undefined : rankWords}>
        <span className={row.rank !== null && (tie === null || tie === "first") ? "font-semibold text-ink" : ""}>
          {row.rank ?? "·"}
        </span>
        <Bracket tie={tie} className="left-[38px]" />
      </td>
      <td className="max-w-[300px] pr-2">
        <RowName row={row} />
      </td>
      <td className="max-w-[120px] truncate px-2.5 text-ink-2 narrow:hidden">{methodWord(row)}</td>
      <td className="px-1.5">
        {row.mean === null ? (
          <span className="text-caption text-ink-3">{missingMean(row, board)}</span>
        ) : (
          <IntervalBar
            axis={axis}
            value={row.mean}
            low={row.low ?? row.mean}
            high={row.high ?? row.mean}
            tone={toneOf(row)}
            hasGrid
            className="h-[43px]"
          />
        )}
      </td>
      <td className="pr-3 text-right whitespace-nowrap">
        <MeanText row={row} />
      </td>
      <td className="max-w-[140px] pr-3 text-right">
        <ExpertShare row={row} board={board} />
      </td>
      {board.tasks.map((task) => (
        <td key={task.id} className="h-px px-px py-[3px]">
          <ScoreCell score={scoreOn(row, task)} task={task.title} bounds={bounds.get(task.id)} mode={view.mode} />
        </td>
      ))}
      <td className="pr-1.5 pl-0.5">
        <CompareLink row={row} board={board} />
      </td>
    </tr>
  );
}

export const toneOf = (row: BoardRow) => (row.reference ? "quiet" : row.tunedOn.length > 0 ? "hollow" : "ink");
