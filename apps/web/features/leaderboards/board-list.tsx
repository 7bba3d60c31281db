import { IntervalBar } from "../../components/interval-bar.tsx";
import { Card } from "../../components/ui/card.tsx";
import { type Board, type BoardRow, besides, boundsByTask, ranked, references, scoreOn, type Tie, taskLabel } from "./board.ts";
import { toneOf } from "./board-table.tsx";
import type { BoardView } from "./board-view.ts";
import { axisFor, tiesIn } from "./board-words.ts";
import { Bracket, CompareLink, ExpertShare, MeanText, missingMean, PickBox, RowName } from "./row-parts.tsx";
import { ScoreCell } from "./score-cell.tsx";

const mostInLine = 8;

/** The same board on a phone: name and value, interval, cells under one header line. */
export function BoardList({ board, view }: { board: Board; view: BoardView }) {
  const rows = ranked(board);
  const brackets = tiesIn(rows, view);
  // More tasks than fit into a line wrap, and each cell then needs its name.
  const isWrapped = board.tasks.length > mostInLine;
  const columns = { gridTemplateColumns: `repeat(${isWrapped ? 5 : Math.max(1, board.tasks.length)}, minmax(0, 1fr))` };
  const axis = axisFor(board);
  const bounds = boundsByTask(board);

  const line = (row: BoardRow, tie: Tie) => (
    <li key={row.id} className="relative border-line border-t px-3.5 pt-2.5 pb-3">
      <Bracket tie={tie} className="left-[7px]" />
      <div className="num flex items-center gap-2">
        <span className="w-3.5 text-caption text-ink-3">{row.rank ?? "·"}</span>
        <div className="min-w-0 flex-1 text-table">
          <RowName row={row} />
        </div>
        <span className="whitespace-nowrap">
          <MeanText row={row} />
        </span>
      </div>
      <div className="mt-1 ml-[22px]">
        {row.mean === null ? (
          <p className="py-0.5 text-caption text-ink-3">{missingMean(row, board)}</p>
        ) : (
          <IntervalBar
            axis={axis}
            value={row.mean}
            low={row.low ?? row.mean}
            high={row.high ?? row.mean}
            tone={toneOf(row)}
            hasGrid
            className="h-[18px]"
          />
        )}
        <div className="mt-1.5 grid gap-0.5" style={columns}>
          {board.tasks.map((task) => (
            <span key={task.id} className="block">
              {isWrapped && <span className="block truncate text-center text-axis text-ink-3">{taskLabel(task, 8)}</span>}
              <ScoreCell score={scoreOn(row, task)} task={task.title} bounds={bounds.get(task.id)} mode={view.mode} />
            </span>
          ))}
        </div>
        {(row.normalised || row.version) && (
          <div className="num mt-1 flex min-h-6 items-center justify-between gap-2 text-caption">
            <span className="flex min-w-0 items-baseline gap-1.5">
              {row.normalised && <span className="whitespace-nowrap text-ink-3">by expert's</span>}
              <ExpertShare row={row} board={board} className="flex min-w-0 items-baseline gap-2" />
            </span>
            <span className="-my-2 -mr-3 flex">
              <PickBox row={row} className="size-11" />
              <CompareLink row={row} board={board} />
            </span>
          </div>
        )}
      </div>
    </li>
  );

  const group = (title: string, members: readonly BoardRow[]) =>
    members.length > 0 && (
      <>
        <li className="border-line border-t bg-sunken px-3.5 py-2 text-caption text-ink-3">{title}</li>
        {members.map((row) => line(row, null))}
      </>
    );

  return (
    <Card className="overflow-hidden desk:hidden">
      {!isWrapped && (
        <div className="grid gap-0.5 py-2 pr-3.5 pl-9 text-center text-axis text-ink-3" style={columns}>
          {board.tasks.map((task) => (
            <span key={task.id} className="truncate">
              {taskLabel(task, 10)}
            </span>
          ))}
        </div>
      )}
      <ol>
        {rows.map((row, i) => line(row, brackets[i] ?? null))}
        {group("Beside: parents and the plain average", besides(board))}
        {group("References", references(board))}
      </ol>
    </Card>
  );
}
