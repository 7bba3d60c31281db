"use client";
import { Icon } from "../../components/icon.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { StatusPill } from "../../components/pill.tsx";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { duration } from "../../lib/format.ts";
import { BestCard } from "./best-card.tsx";
import { ConvergenceChart } from "./convergence-chart.tsx";
import { MeasuringCard } from "./measuring-card.tsx";
import { SliceCharts } from "./slice-charts.tsx";
import { StudyActions } from "./study-actions.tsx";
import { aggregateWords, isOver, pillState, progressWords, timeParts } from "./study-words.ts";
import { TrialsTable } from "./trials-table.tsx";
import { useLiveStudy } from "./use-live-study.ts";
import { VerdictCard } from "./verdict-card.tsx";

/** One study while it searches and after: how far it is, what is best, what the surrogate believes, every trial. */
export function StudyLive({ initial }: { initial: StudyDetailFragment }) {
  const { study, setStudy, pausedSince, reconnect } = useLiveStudy(initial);
  return (
    <>
      <PageHead
        title={study.name}
        aside={<StatusPill state={pillState(study)} />}
        facts={
          <p className="num" aria-live="polite">
            {study.method}. {progressWords(study)}. Asked <TimeAgo iso={study.createdAt} />, seed {study.seed}.
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
        <StudyActions study={study} onChange={setStudy} />
      </PageHead>
      {study.failure && <FailureNote failure={study.failure} hasBest={study.best !== null} />}
      {!isOver(study.state) && (
        <ProgressBar value={study.trialCount / study.budget} label={`Trials of ${study.name}`} className="mb-3.5" />
      )}
      <MeasuringCard study={study} />
      <div className="grid grid-cols-[minmax(0,1fr)_372px] gap-3.5 narrow:grid-cols-1">
        <Card>
          <CardHead title="Best so far" note={`${aggregateWords[study.aggregate]}, search split`}>
            <Legend />
          </CardHead>
          <ConvergenceChart study={study} />
        </Card>
        <BestCard study={study} />
        <Card className="self-start">
          <CardHead
            title="What the surrogate believes"
            note="along each number, the others at the best trial; mean and one standard deviation"
          />
          {study.slices.length > 0 ? (
            <SliceCharts study={study} />
          ) : (
            <p className="px-4 pb-5 text-table text-ink-3">Two trials with a score are needed before anything can be believed.</p>
          )}
        </Card>
        <div className="flex min-w-0 flex-col gap-3.5">
          <VerdictCard study={study} />
          <TimeCard phases={study.phases} />
        </div>
      </div>
      <div className="mt-3.5">
        <TrialsTable study={study} />
      </div>
      <p className="px-0.5 py-3 text-caption text-ink-3">
        Computed by {study.engineVersion}. The same seed gives the same trials.
      </p>
    </>
  );
}

function FailureNote({ failure, hasBest }: { failure: NonNullable<StudyDetailFragment["failure"]>; hasBest: boolean }) {
  return (
    <div role="alert" className="mb-3.5 flex gap-3 rounded-card bg-bad-bg px-4 py-3">
      <Icon name="cross" className="mt-0.5 size-4 text-bad" />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere text-bad">{failure.message}</p>
        <p className="mt-0.5 text-caption text-ink-2">
          {hasBest ? "Finished trials were kept. " : ""}
          <span className="font-mono text-ink-3">{failure.code}</span>
        </p>
      </div>
    </div>
  );
}

function Legend() {
  return (
    <span className="flex items-center gap-3.5 text-caption text-ink-3 phone:hidden" aria-hidden="true">
      <span>
        <svg width="10" height="10" className="mr-1.5 inline align-[-1px]" aria-hidden="true">
          <circle cx="5" cy="5" r="3.4" fill="none" stroke="var(--ink-3)" strokeWidth="1.4" />
        </svg>
        first design
      </span>
      <span>
        <svg width="10" height="10" className="mr-1.5 inline align-[-1px]" aria-hidden="true">
          <circle cx="5" cy="5" r="3.6" fill="var(--q5)" />
        </svg>
        suggested
      </span>
      <span>
        <svg width="10" height="10" className="mr-1.5 inline align-[-1px]" aria-hidden="true">
          <path d="m2 2 6 6m0-6-6 6" stroke="var(--bad)" strokeWidth="1.6" />
        </svg>
        failed
      </span>
    </span>
  );
}

function TimeCard({ phases }: { phases: StudyDetailFragment["phases"] }) {
  const parts = timeParts(phases);
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  return (
    <Card>
      <CardHead title="Time spent" note={total > 0 ? duration(total) : undefined} />
      {parts.length === 0 ? (
        <p className="px-4 pb-4 text-table text-ink-3">No trial has ended yet.</p>
      ) : (
        <dl className="flex flex-col gap-2 px-4 pb-4">
          {parts.map(({ label, seconds, share }) => (
            <div key={label} className="grid grid-cols-[88px_minmax(0,1fr)_64px] items-center gap-2 text-[12.5px] leading-4">
              <dt className="text-ink-2">{label}</dt>
              <span className="relative h-1.5 rounded-full bg-sunken" aria-hidden="true">
                <i className="absolute inset-y-0 left-0 rounded-full bg-ink-3" style={{ width: `${100 * share}%` }} />
              </span>
              <dd className="num text-right">{duration(seconds)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
