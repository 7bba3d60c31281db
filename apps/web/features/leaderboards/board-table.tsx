import clsx from "clsx";
import Link from "next/link";
import { type Axis, AxisLabels, IntervalBar } from "../../components/interval-bar.tsx";
import { KindGlyph, kindLabel } from "../../components/kind-glyph.tsx";
import { AliasPill } from "../../components/pill.tsx";
import { MixtureStrip } from "../../components/strands/mixture-strip.tsx";
import { Card } from "../../components/ui/card.tsx";
import { accuracy, interval } from "../../lib/format.ts";
import { mixtureStrands } from "../versions/mixture.ts";
import { methodTitle } from "../versions/recipe-facts.ts";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import {
  axisOf,
  type Board,
  type BoardRow,
  type Bounds,
  boundsByTask,
  type Mode,
  ranked,
  references,
  type Tie,
  taskLabel,
  ties,
} from "./board.ts";
import { ScoreCell } from "./score-cell.tsx";

interface Shared {
  board: Board;
  axis: Axis;
  bounds: ReadonlyMap<string, Bounds>;
  mode: Mode;
}

export function BoardTable({ board, mode }: { board: Board; mode: Mode }) {
  const rows = ranked(board);
  const shared: Shared = { board, mode, axis: axisOf(rows.length > 0 ? rows : board.rows), bounds: boundsByTask(board) };
  const brackets = ties(rows);
  const others = references(board);
  return (
    <Card className="overflow-hidden phone:hidden">
      <div className="scroll-x">
        <table className="w-full border-collapse text-table" aria-label={`Leaderboard of ${board.suite.title}`}>
          <thead>
            <tr className="border-line border-b text-caption text-ink-3 [&_th]:h-[34px] [&_th]:font-medium">
              <th scope="col" className="w-[58px] pl-4 text-left">
                #
              </th>
              <th scope="col" className="w-[236px] text-left">
                Version
              </th>
              <th scope="col" className="px-2.5 text-left narrow:hidden">
                Method
              </th>
              <th scope="col" className="min-w-[190px] px-1.5">
                <span className="sr-only">Mean with its interval</span>
                <AxisLabels axis={shared.axis} />
              </th>
              <th scope="col" className="w-[116px] pr-[18px] text-right whitespace-nowrap">
                Mean
              </th>
              {board.tasks.map((task) => (
                <th key={task.id} scope="col" title={task.title} className="w-[74px] text-center narrow:w-[60px]">
                  <span className="mx-auto block max-w-[72px] truncate">{taskLabel(task, 10)}</span>
                </th>
              ))}
              <td className="w-2.5" />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <Row key={row.version?.id ?? row.title} row={row} tie={brackets[i] ?? null} shared={shared} />
            ))}
            {others.length > 0 && (
              <tr className="border-line border-b bg-sunken">
                <td colSpan={6 + board.tasks.length} className="h-[30px] pl-4 text-caption text-ink-3">
                  References: what a merge is measured against
                </td>
              </tr>
            )}
            {others.map((row) => (
              <Row key={row.reference ?? row.title} row={row} tie={null} shared={shared} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Row({ row, tie, shared }: { row: BoardRow; tie: Tie; shared: Shared }) {
  const isReference = row.reference !== null;
  return (
    <tr className="relative border-line border-b last:border-b-0 hover:bg-hover">
      <td className="relative h-[42px] pl-4 text-[12.5px] text-ink-3">
        <span className={tie === null || tie === "first" ? "font-semibold text-ink" : ""}>{row.rank ?? "·"}</span>
        <Bracket tie={tie} />
      </td>
      <td className="max-w-[260px] pr-2">
        <RowName row={row} />
      </td>
      <td className="px-2.5 whitespace-nowrap text-ink-2 narrow:hidden">{methodWord(row)}</td>
      <td className="px-1.5">
        {row.mean !== null ? (
          <IntervalBar
            axis={shared.axis}
            value={row.mean}
            low={row.low ?? row.mean}
            high={row.high ?? row.mean}
            tone={isReference ? "quiet" : "ink"}
            hasGrid
            className="h-[41px]"
          />
        ) : (
          <span className="text-caption text-ink-3">not on every task</span>
        )}
      </td>
      <td className="pr-[18px] text-right whitespace-nowrap">
        {row.mean !== null && (
          <>
            <span className="font-semibold">{accuracy(row.mean)}</span>{" "}
            <span className="text-caption text-ink-3">{interval(row.mean, row.low ?? row.mean, row.high ?? row.mean)}</span>
          </>
        )}
      </td>
      {shared.board.tasks.map((task) => (
        <td key={task.id} className="h-px px-px py-[3px]">
          <ScoreCell
            score={row.scores.find((score) => score.task.id === task.id)}
            task={task.title}
            bounds={shared.bounds.get(task.id)}
            mode={shared.mode}
          />
        </td>
      ))}
      <td />
    </tr>
  );
}

export function RowName({ row }: { row: BoardRow }) {
  const { version } = row;
  const strands = version?.kind === "MERGED" ? mixtureStrands(version.parents) : [];
  return (
    <>
      <span className="flex min-w-0 items-center gap-2">
        <KindGlyph kind={version && row.reference !== "EXPERTS" ? version.kind : "FINE_TUNED"} />
        {version && row.reference !== "EXPERTS" ? (
          <Link href={versionPath(version)} data-row className="link flex min-w-0">
            <VersionName version={version} />
          </Link>
        ) : (
          <span className="truncate font-medium">{row.title}</span>
        )}
        {version?.aliases.includes("champion") && <AliasPill alias="champion" />}
      </span>
      {strands.length > 0 && <MixtureStrip strands={strands} className="mt-1 ml-6 w-[112px]" />}
    </>
  );
}

/** Rows that a paired test cannot tell apart stand in one bracket. */
export function Bracket({ tie, className = "left-[46px]" }: { tie: Tie; className?: string }) {
  if (!tie) return null;
  return (
    <i
      aria-hidden="true"
      className={clsx(
        "absolute w-1 border-ink-4 border-l-[1.5px]",
        className,
        tie === "first" && "top-[13px] -bottom-px rounded-tl-[3px] border-t-[1.5px]",
        tie === "middle" && "top-0 -bottom-px",
        tie === "last" && "top-0 bottom-[13px] rounded-bl-[3px] border-b-[1.5px]",
      )}
    />
  );
}

function methodWord(row: BoardRow): string {
  if (row.reference === "EXPERTS") return "Own task each";
  if (row.method) return methodTitle(row.method);
  return row.version ? kindLabel(row.version.kind) : "";
}
