"use client";
import Link from "next/link";
import { Icon } from "../../components/icon.tsx";
import { type GlyphKind, KindGlyph } from "../../components/kind-glyph.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { StatusPill } from "../../components/pill.tsx";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { type CanvasInput, StrandCanvas } from "../../components/strands/strand-canvas.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { Button, ButtonLink } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { RunDetailFragment } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { useAction } from "../../lib/use-action.ts";
import { refPath, versionPath } from "../versions/version-path.ts";
import type { RecipeStrand } from "./recipe-strands.ts";
import { RunEvaluations } from "./run-evaluations.tsx";
import { Figures, Stages } from "./run-figures.tsx";
import { CancelRunDocument, RetryRunDocument } from "./run-fragments.ts";
import { RunStatistics } from "./run-statistics.tsx";
import { isEnded, kindWords, runDetail, timeLeft } from "./run-words.ts";
import { useLiveRun } from "./use-live-run.ts";

interface Props {
  initial: RunDetailFragment;
  strands: { parents: RecipeStrand[]; base: RecipeStrand | null } | null;
}

/** One run while it works: strands fill with progress, stages get their times, and a failure stands on top. */
export function RunLive({ initial, strands }: Props) {
  const { run, setRun, pausedSince, reconnect } = useLiveRun(initial);
  const left = isEnded(run.state) ? null : timeLeft(run.secondsLeft);
  return (
    <>
      <PageHead
        title={run.title}
        aside={<StatusPill state={run.state} />}
        facts={
          <p className="num" aria-live="polite">
            {kindWords[run.kind]}, asked <TimeAgo iso={run.createdAt} />
            {run.attempts > 1 && `, attempt ${run.attempts}`}
            {left && `, about ${left}`}
          </p>
        }
      >
        {pausedSince && (
          <span className="flex items-center gap-2 text-caption text-ink-3">
            Updates paused, last {pausedSince}
            <Button look="quiet" onClick={reconnect}>
              Reconnect
            </Button>
          </span>
        )}
        <RunActions run={run} onChange={setRun} />
      </PageHead>
      {run.failure && <FailureNote run={run} />}
      <div className="grid grid-cols-[minmax(0,1fr)_336px] gap-3.5 narrow:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-3.5">
          {strands && strands.parents.length > 0 && (
            <Card label="Strands" className="overflow-hidden py-2 pr-5 phone:pr-3">
              <StrandCanvas
                inputs={strands.parents.map(toInput)}
                base={strands.base && toInput(strands.base)}
                resultLabel={run.title}
                progress={run.state === "SUCCEEDED" ? null : run.progress}
                result={<ResultName title={run.title} />}
              />
            </Card>
          )}
          <Card>
            <div className="flex items-center justify-between px-4 pt-3 pb-2 text-table">
              <span className="num text-ink-2">{isWaiting(run) ? "waiting for its statistics" : runDetail(run)}</span>
              <span className="num font-medium">{Math.round(run.progress * 100)}&#8239;%</span>
            </div>
            <ProgressBar value={run.progress} label={`Progress of ${run.title}`} className="mx-4 mb-4 h-1.5" />
            <Figures run={run} />
          </Card>
          {run.evaluations.length > 0 && <RunEvaluations evaluations={run.evaluations} />}
          {run.statistics.length > 0 && <RunStatistics statistics={run.statistics} note="kept as they arrive" />}
          {run.needs.length > 0 && (
            <RunStatistics
              statistics={run.needs.map(({ statistic }) => statistic)}
              note={isWaiting(run) ? "the merge begins when all are measured" : "what the merge is weighed by"}
            />
          )}
        </div>
        <Card className="self-start">
          <CardHead title="Stages" />
          <Stages run={run} />
        </Card>
      </div>
    </>
  );
}

function toInput(strand: RecipeStrand): CanvasInput {
  const path = refPath(strand.ref);
  return {
    ...strand,
    glyph: <KindGlyph kind={(strand.kind as GlyphKind | null) ?? "FINE_TUNED"} colour={strand.colour} />,
    content: path ? (
      <Link href={path} className="link">
        {strand.label}
      </Link>
    ) : (
      strand.label
    ),
  };
}

function ResultName({ title }: { title: string }) {
  const found = /^(?:[^/]+\/)?([^@]+)@(\d+)$/.exec(title);
  return (
    <p className="max-w-[160px] text-section font-semibold wrap-anywhere phone:max-w-[88px] phone:text-table">
      {found ? found[1] : title} {found && <span className="font-normal text-ink-3">v{found[2]}</span>}
    </p>
  );
}

function FailureNote({ run }: { run: RunDetailFragment }) {
  if (!run.failure) return null;
  return (
    <div role="alert" className="mb-3.5 flex gap-3 rounded-card bg-bad-bg px-4 py-3">
      <Icon name="cross" className="mt-0.5 size-4 text-bad" />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere text-bad">{run.failure.message}</p>
        <p className="mt-0.5 text-caption text-ink-2">
          {run.stage && `While ${run.stage}. `}Nothing half-done was kept.{" "}
          <span className="font-mono text-ink-3">{run.failure.code}</span>
        </p>
      </div>
    </div>
  );
}

function RunActions({ run, onChange }: { run: RunDetailFragment; onChange: (run: RunDetailFragment) => void }) {
  const { act, isAsking, refusal } = useAction(onChange);
  const input = { input: { id: run.id } };
  const cancel = () =>
    execute(CancelRunDocument, input).then(({ cancelRun: a }) => (a.__typename === "CancelRunSuccess" ? a.run : words(a)));
  const retry = () =>
    execute(RetryRunDocument, input).then(({ retryRun: a }) => (a.__typename === "RetryRunSuccess" ? a.run : words(a)));
  return (
    <>
      {refusal && (
        <span role="alert" className="text-caption text-bad">
          {refusal}
        </span>
      )}
      {(run.state === "QUEUED" || run.state === "RUNNING") && (
        <Button onClick={() => act(cancel)} disabled={isAsking}>
          <Icon name="stop" />
          Cancel
        </Button>
      )}
      {(run.state === "FAILED" || run.state === "CANCELLED") && (
        <Button look="filled" onClick={() => act(retry)} disabled={isAsking}>
          <Icon name="redo" />
          Retry
        </Button>
      )}
      {run.version && isEnded(run.state) && (
        <ButtonLink look={run.state === "SUCCEEDED" ? "filled" : "plain"} href={versionPath(run.version, tabs[run.kind] ?? "")}>
          Open version
        </ButtonLink>
      )}
    </>
  );
}

/** Whether a merge has not begun because something is still being measured. */
const isWaiting = (run: RunDetailFragment): boolean =>
  run.state === "QUEUED" && run.needs.some(({ statistic }) => statistic.state !== "SUCCEEDED");

/** Where on the page of its version a run's results are. */
const tabs: Partial<Record<RunDetailFragment["kind"], string>> = { EVALUATION: "evaluations", STATISTIC: "statistics" };

function words(refusal: { message: string; faults: { message: string }[] }): string {
  return refusal.faults.map((fault) => fault.message).join(" ") || refusal.message;
}
