import { CopyLinkButton } from "../../components/copy-button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { HeatRamp } from "../../components/heat-cell.tsx";
import { Icon } from "../../components/icon.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Pager } from "../../components/pager.tsx";
import { ButtonAnchor, ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { integer, plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { ComparePicks } from "../compare/compare-picks.tsx";
import { type Board, type Mode, ranked, shortTitle, verdictCells } from "./board.ts";
import { BoardFilters } from "./board-filters.tsx";
import { BoardList } from "./board-list.tsx";
import { BoardTable } from "./board-table.tsx";
import { type BoardView, isFiltered, pageSize, queryOf, viewPath } from "./board-view.ts";
import { rankWords } from "./board-words.ts";
import { LeaderboardDocument } from "./leaderboard-document.ts";
import { suitePath } from "./suites-page.tsx";

interface Props {
  namespace: string;
  suite: string;
  view: BoardView;
}

export async function LeaderboardPage({ namespace, suite, view }: Props) {
  const answer = await load(LeaderboardDocument, { namespace, suite, ...queryOf(view) });
  if (!answer.ok) {
    return (
      <>
        <PageHead title={suite} />
        <LoadFailure failure={answer.failure} what="The leaderboard" />
      </>
    );
  }
  const board = answer.data.leaderboard;
  if (!board)
    return <NotFound title={`There is no suite ${namespace}/${suite}`}>Open Leaderboards to see the suites there are.</NotFound>;
  const path = suitePath(board.suite);
  const query = viewPath("", view);
  return (
    <>
      <PageHead title={board.suite.title} facts={<Explanation board={board} />}>
        <CopyLinkButton className="phone:hidden" />
        <ButtonAnchor href={`${path}/csv${query}`} download>
          <Icon name="download" />
          CSV
        </ButtonAnchor>
        <ButtonAnchor href={`${path}/json${query}`} download>
          <Icon name="download" />
          JSON
        </ButtonAnchor>
        <ButtonLink href="/merge" look="filled">
          New merge
        </ButtonLink>
      </PageHead>
      <VerdictStrip board={board} />
      {board.rows.length > 0 && <BoardFilters board={board} view={view} path={path} />}
      <Rows board={board} view={view} path={path} />
    </>
  );
}

function Rows({ board, view, path }: { board: Board; view: BoardView; path: string }) {
  if (board.rows.length === 0)
    return (
      <Card>
        <EmptyState
          title={
            view.purpose === "SEARCH" ? "Nothing is evaluated on the search splits yet" : "Nothing is evaluated on this suite yet"
          }
          action={
            view.purpose === "SEARCH" ? (
              <ButtonLink href={viewPath(path, view, { purpose: "REPORT" })}>Report splits</ButtonLink>
            ) : (
              <ButtonLink href="/models">Models</ButtonLink>
            )
          }
        >
          Open a version and evaluate it. References and merges line up here, with intervals.
        </EmptyState>
      </Card>
    );
  if (board.rowCount === 0 && isFiltered(view))
    return (
      <Card>
        <EmptyState
          title="No version matches"
          action={
            <ButtonLink href={viewPath(path, view, { kind: null, method: null, namespace: null, text: null })}>
              Clear filters
            </ButtonLink>
          }
        />
      </Card>
    );
  const last = Math.min(view.page * pageSize, board.rowCount);
  return (
    <>
      <BoardTable board={board} view={view} path={path} />
      <BoardList board={board} view={view} />
      {board.rowCount > pageSize && (
        <Card className="mt-2">
          <Pager
            shown={`${integer((view.page - 1) * pageSize + 1)} to ${integer(last)} of ${plural(board.rowCount, "version")}`}
            first={view.page > 1 ? viewPath(path, view) : null}
            next={last < board.rowCount ? viewPath(path, view, { page: view.page + 1 }) : null}
          />
        </Card>
      )}
      <ComparePicks suite={board.suite} isSearch={board.purpose === "SEARCH"} />
      <Legend board={board} mode={view.mode} />
    </>
  );
}

function Explanation({ board }: { board: Board }) {
  const split = board.purpose === "REPORT" ? "Report split" : board.purpose === "SEARCH" ? "Search split" : "Training split";
  return (
    <p className="num">
      {split}, {integer(board.exampleCount)} items. Bars are 95&#8239;% intervals.
      {ranked(board).length > 1 && " Rows that share a bracket cannot be told apart by a paired test."}
    </p>
  );
}

function VerdictStrip({ board }: { board: Board }) {
  const cells = verdictCells(board);
  if (cells.length === 0) return null;
  return (
    <Card
      label="Verdict"
      className="mb-3.5 grid auto-cols-fr grid-flow-col divide-x divide-line phone:grid-flow-row phone:divide-x-0 phone:divide-y"
    >
      {cells.map((cell) => (
        <div key={cell.question} className="px-[18px] py-3 phone:px-3.5 phone:py-2.5">
          <p className="text-caption text-ink-3">{cell.question}</p>
          <p className="num mt-0.5 text-[22px] leading-7 font-semibold tracking-[-0.025em] phone:text-[17px] phone:leading-6">
            {cell.answer} <span className="ml-1 text-table font-normal tracking-[-0.005em] text-ink-3">{cell.detail}</span>
          </p>
        </div>
      ))}
    </Card>
  );
}

/** Why rows are marked, as text: what stands in a tooltip alone is lost on a phone. */
function TunedRows({ rows }: { rows: Board["rows"] }) {
  if (rows.length === 0) return null;
  return (
    <details className="mt-1 max-w-[980px]">
      <summary className="cursor-pointer py-1">Why {plural(rows.length, "row is", "rows are")} marked “tuned on”</summary>
      <ul className="mt-0.5 space-y-0.5">
        {rows.map((row) => (
          <li key={row.id}>
            <span className="text-ink-2">{shortTitle(row.title)}</span>:{" "}
            {row.tunedOnReasons.map(({ sentence }) => sentence).join(" ")}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Legend({ board, mode }: { board: Board; mode: Mode }) {
  const cells = {
    accuracy: board.unit === "share" ? "accuracy" : "score",
    expert: "per cent of the expert's score",
    gain: "per cent of the expert's gain over the base",
  }[mode];
  return (
    <div className="px-0.5 py-3 text-caption text-ink-3">
      <p className="flex flex-wrap items-center gap-x-[18px] gap-y-1">
        <span>
          Cell colour: gain over the base, of what the expert gained
          <HeatRamp />0 to 100&#8239;%
        </span>
        <span>Cell number: {cells}</span>
      </p>
      <p className="mt-1.5 max-w-[980px]">
        {rankWords}. Rows tuned on the split they are scored on or made from such, and references, have none.
      </p>
      <TunedRows rows={board.rows.filter(({ tunedOn }) => tunedOn.length > 0)} />
      <p className="mt-1 max-w-[980px]">
        By expert's: mean over tasks of the score divided by that of the task's own expert on the same items; ↓ marks the task
        where least is left of its expert.
      </p>
    </div>
  );
}
