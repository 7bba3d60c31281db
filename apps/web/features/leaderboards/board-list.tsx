import { IntervalBar } from "../../components/interval-bar.tsx";
import { Card } from "../../components/ui/card.tsx";
import { accuracy, interval } from "../../lib/format.ts";
import {
  axisOf,
  type Board,
  type BoardRow,
  boundsByTask,
  type Mode,
  ranked,
  references,
  type Tie,
  taskLabel,
  ties,
} from "./board.ts";
import { Bracket, RowName } from "./board-table.tsx";
import { ScoreCell } from "./score-cell.tsx";

/** The same board on a phone: name and value, interval, cells under one header line. */
export function BoardList({ board, mode }: { board: Board; mode: Mode }) {
  const rows = ranked(board);
  const brackets = ties(rows);
  const columns = { gridTemplateColumns: `repeat(${Math.max(1, board.tasks.length)}, minmax(0, 1fr))` };
  const axis = axisOf(rows.length > 0 ? rows : board.rows);
  const bounds = boundsByTask(board);

  const line = (row: BoardRow, tie: Tie) => (
    <li key={row.reference ?? row.version?.id ?? row.title} className="relative border-line border-t px-3.5 pt-2.5 pb-3">
      <Bracket tie={tie} className="left-[7px]" />
      <div className="num flex items-center gap-2">
        <span className="w-3.5 text-caption text-ink-3">{row.rank ?? "·"}</span>
        <div className="min-w-0 flex-1 text-table">
          <RowName row={row} />
        </div>
        {row.mean !== null && (
          <span className="whitespace-nowrap">
            <b className="font-semibold">{accuracy(row.mean)}</b>{" "}
            <span className="text-caption text-ink-3">{interval(row.mean, row.low ?? row.mean, row.high ?? row.mean)}</span>
          </span>
        )}
      </div>
      <div className="mt-1 ml-[22px]">
        {row.mean !== null && (
          <IntervalBar
            axis={axis}
            value={row.mean}
            low={row.low ?? row.mean}
            high={row.high ?? row.mean}
            tone={row.reference ? "quiet" : "ink"}
            hasGrid
            className="h-[18px]"
          />
        )}
        <div className="mt-1.5 grid gap-0.5" style={columns}>
          {board.tasks.map((task) => (
            <ScoreCell
              key={task.id}
              score={row.scores.find((score) => score.task.id === task.id)}
              task={task.title}
              bounds={bounds.get(task.id)}
              mode={mode}
            />
          ))}
        </div>
      </div>
    </li>
  );

  return (
    <Card className="overflow-hidden desk:hidden">
      <div className="grid gap-0.5 py-2 pr-3.5 pl-9 text-center text-axis text-ink-3" style={columns}>
        {board.tasks.map((task) => (
          <span key={task.id} className="truncate">
            {taskLabel(task, 10)}
          </span>
        ))}
      </div>
      <ol>
        {rows.map((row, i) => line(row, brackets[i] ?? null))}
        {references(board).length > 0 && (
          <li className="border-line border-t bg-sunken px-3.5 py-2 text-caption text-ink-3">References</li>
        )}
        {references(board).map((row) => line(row, null))}
      </ol>
    </Card>
  );
}
