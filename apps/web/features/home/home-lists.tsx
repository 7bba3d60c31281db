import Link from "next/link";
import { EmptyState } from "../../components/empty-state.tsx";
import { type Axis, IntervalBar } from "../../components/interval-bar.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { StatusPill } from "../../components/pill.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { HomeQuery } from "../../gql/graphql.ts";
import { accuracy, bytes } from "../../lib/format.ts";
import { axisOf, type Board, ranked, shortTitle } from "../leaderboards/board.ts";
import { RunningList } from "../runs/running-list.tsx";
import { VersionMixture } from "../versions/version-mixture.tsx";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";

const row = "flex min-h-11 items-center gap-2.5 border-line border-t px-4 py-[9px] text-table first:border-t-0 hover:bg-hover";
const more = "link text-caption text-ink-3";

export function RunningRuns({ data }: { data: HomeQuery }) {
  const current = [...data.active.edges, ...data.queued.edges].map(({ node }) => node).slice(0, 4);
  const recent = data.recent.edges.map(({ node }) => node);
  return (
    <Card className="flex flex-col">
      <CardHead title={current.length > 0 || recent.length === 0 ? "Running" : "Recent runs"}>
        <Link href="/runs" className={more}>
          All runs
        </Link>
      </CardHead>
      {current.length === 0 && recent.length === 0 ? (
        <EmptyState title="Nothing is running">Merges, uploads and evaluations show here while they work.</EmptyState>
      ) : (
        <RunningList initial={current.length > 0 ? current : recent} />
      )}
    </Card>
  );
}

export function NewVersions({ data }: { data: HomeQuery }) {
  const versions = data.versions.edges.map(({ node }) => node);
  return (
    <Card className="flex flex-col">
      <CardHead title="New versions">
        <Link href="/models" className={more}>
          All models
        </Link>
      </CardHead>
      {versions.length === 0 ? (
        <EmptyState title="No versions yet">Registered checkpoints and finished merges show here.</EmptyState>
      ) : (
        <div>
          {versions.map((version) => (
            <Link key={version.id} href={versionPath(version)} className={row}>
              <KindGlyph kind={version.kind} />
              <span className="flex min-w-0 flex-1 items-center gap-2">
                <VersionName version={version} />
                {version.state !== "READY" && <StatusPill state={version.state} />}
              </span>
              <VersionMixture version={version} />
              <span className="num w-[58px] flex-none text-right text-caption text-ink-3 narrow:hidden">
                {bytes(Number(version.sizeBytes))}
              </span>
              <span className="num w-[74px] flex-none text-right text-caption text-ink-3">
                <TimeAgo iso={version.createdAt} />
              </span>
            </Link>
          ))}
        </div>
      )}
    </Card>
  );
}

export function TopOfBoard({ board }: { board: Board | null }) {
  const rows = board
    ? ranked(board)
        .filter((candidate) => candidate.mean !== null)
        .slice(0, 6)
    : [];
  const axis = axisOf(rows);
  const path = board ? `/leaderboards/${board.suite.namespace}/${board.suite.name}` : "/leaderboards";
  return (
    <Card className="flex flex-col narrow:col-span-2 phone:col-span-1">
      <CardHead title={board?.suite.title ?? "Leaderboard"} note={board ? "mean accuracy" : undefined}>
        <Link href={path} className={more}>
          Leaderboard
        </Link>
      </CardHead>
      {rows.length === 0 ? (
        <EmptyState title="No scores yet">Merges line up here, with intervals, once they are evaluated on a suite.</EmptyState>
      ) : (
        <div>
          {rows.map((boardRow) => (
            <BoardLine key={boardRow.title} row={boardRow} axis={axis} path={path} />
          ))}
        </div>
      )}
    </Card>
  );
}

function BoardLine({ row: line, axis, path }: { row: Board["rows"][number]; axis: Axis; path: string }) {
  if (line.mean === null) return null;
  return (
    <Link href={line.version ? versionPath(line.version) : path} className={row}>
      <span className="num w-3 text-caption text-ink-3">{line.rank}</span>
      {line.version ? <VersionName version={line.version} /> : <span className="font-medium">{shortTitle(line.title)}</span>}
      <span className="min-w-2 flex-1" />
      <span className="w-[130px] flex-none phone:w-[96px]">
        <IntervalBar axis={axis} value={line.mean} low={line.low ?? line.mean} high={line.high ?? line.mean} />
      </span>
      <span className="num w-[38px] flex-none text-right font-semibold">{accuracy(line.mean)}</span>
    </Link>
  );
}
