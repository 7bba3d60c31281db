import Link from "next/link";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { AliasPill } from "../../components/pill.tsx";
import { StrandCanvas } from "../../components/strands/strand-canvas.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import type { HomeQuery } from "../../gql/graphql.ts";
import { accuracy, capitalised, countWord, interval, parameters } from "../../lib/format.ts";
import { type Board, type BoardRow, expertScores, heroVerdict } from "../leaderboards/board.ts";
import { directParents } from "../versions/mixture.ts";
import { mixtureInputs } from "../versions/mixture-inputs.tsx";
import { versionPath } from "../versions/version-path.ts";

type Version = HomeQuery["merged"]["edges"][number]["node"];

/** The best merge as a drawing, and its one number; the newest merge, without a row, while nothing is scored. */
export function Hero({ version, row, board }: { version: Version; row: BoardRow | null; board: Board | null }) {
  const inputs = mixtureInputs(version.parents, expertScores(board));
  return (
    <Card
      label="Best merge"
      className="grid grid-cols-[minmax(0,1fr)_372px] overflow-hidden narrow:grid-cols-[minmax(0,1fr)_320px] phone:grid-cols-1"
    >
      <div className="flex items-center py-3 pr-2 phone:pr-4">
        <div className="w-full">
          <StrandCanvas inputs={inputs} resultLabel={`${version.model.name} v${version.number}`} />
        </div>
      </div>
      <div className="flex flex-col justify-center py-7 pr-[30px] pl-7 phone:px-[18px] phone:pt-0 phone:pb-[18px]">
        <div className="flex flex-wrap items-center gap-2">
          <KindGlyph kind={version.kind} colour="var(--ink)" />
          <Link href={versionPath(version)} className="link text-[16px] leading-[22px] font-semibold">
            {version.model.name} <span className="font-normal text-ink-3">v{version.number}</span>
          </Link>
          {version.aliases.includes("champion") && <AliasPill alias="champion" />}
        </div>
        {row?.mean != null && board ? (
          <Score mean={row.mean} low={row.low ?? row.mean} high={row.high ?? row.mean} board={board} version={version} />
        ) : (
          <p className="mt-3 text-ink-2">
            Not evaluated yet. Evaluate it on a suite to see what the merge gained over its parents.
          </p>
        )}
        <div className="mt-[18px] flex gap-2">
          <ButtonLink href={versionPath(version)}>Open version</ButtonLink>
          {board && (
            <ButtonLink look="quiet" href={`/leaderboards/${board.suite.namespace}/${board.suite.name}`}>
              Leaderboard
            </ButtonLink>
          )}
        </div>
      </div>
    </Card>
  );
}

interface ScoreProps {
  mean: number;
  low: number;
  high: number;
  board: Board;
  version: Pick<Version, "parents" | "parameterCount">;
}

function Score({ mean, low, high, board, version }: ScoreProps) {
  const verdict = heroVerdict(board);
  const parents = directParents(version.parents).length;
  return (
    <>
      <p className="num mt-3.5 mb-0.5 text-hero font-semibold phone:mt-1.5 phone:text-[46px] phone:leading-[48px]">
        {accuracy(mean)}
      </p>
      <p className="num text-ink-2">
        {interval(mean, low, high)}, mean of {countWord(board.tasks.length)} tasks
      </p>
      <p className="num mt-3 text-ink-2">
        {capitalised(countWord(parents))} {parents === 1 ? "parent" : "parents"} in one{" "}
        {parameters(Number(version.parameterCount))} model.{" "}
        {verdict && (
          <>
            <b className="font-medium text-ink">{verdict.strong}</b>
            {verdict.rest}
          </>
        )}
      </p>
    </>
  );
}
