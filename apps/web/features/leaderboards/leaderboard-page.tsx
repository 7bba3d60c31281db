import { CopyLinkButton } from "../../components/copy-button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { HeatRamp } from "../../components/heat-cell.tsx";
import { Icon } from "../../components/icon.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { ButtonAnchor, ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { SegmentedLinks } from "../../components/ui/segmented.tsx";
import { integer } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { type Board, type Mode, modes, ranked, verdictCells } from "./board.ts";
import { BoardList } from "./board-list.tsx";
import { BoardTable } from "./board-table.tsx";
import { LeaderboardDocument } from "./leaderboard-document.ts";
import { suitePath } from "./suites-page.tsx";

interface Props {
  namespace: string;
  suite: string;
  mode: Mode;
}

export async function LeaderboardPage({ namespace, suite, mode }: Props) {
  const answer = await load(LeaderboardDocument, { namespace, suite });
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
  return (
    <>
      <PageHead title={board.suite.title} facts={<Explanation board={board} />}>
        <CopyLinkButton className="phone:hidden" />
        <ButtonAnchor href={`${path}/csv`} download>
          <Icon name="download" />
          CSV
        </ButtonAnchor>
        <ButtonLink href="/merge" look="filled">
          New merge
        </ButtonLink>
      </PageHead>
      <VerdictStrip board={board} />
      <div className="mb-3 flex justify-end phone:justify-start">
        <SegmentedLinks
          label="What the cells show"
          value={mode}
          options={modes.map(({ value, label }) => ({
            value,
            label,
            href: value === "accuracy" ? path : `${path}?show=${value}`,
          }))}
        />
      </div>
      {board.rows.length === 0 ? (
        <Card>
          <EmptyState title="Nothing is evaluated on this suite yet" action={<ButtonLink href="/models">Models</ButtonLink>}>
            Open a version and evaluate it. References and merges line up here, with intervals.
          </EmptyState>
        </Card>
      ) : (
        <>
          <BoardTable board={board} mode={mode} />
          <BoardList board={board} mode={mode} />
          <Legend mode={mode} />
        </>
      )}
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

function Legend({ mode }: { mode: Mode }) {
  const cells = {
    accuracy: "accuracy",
    expert: "per cent of the expert's accuracy",
    gain: "per cent of the expert's gain over the base",
  }[mode];
  return (
    <p className="flex flex-wrap items-center gap-x-[18px] gap-y-1 px-0.5 py-3 text-caption text-ink-3">
      <span>
        Cell colour: gain over the base, of what the expert gained
        <HeatRamp />0 to 100&#8239;%
      </span>
      <span>Cell number: {cells}</span>
    </p>
  );
}
