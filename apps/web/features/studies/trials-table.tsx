"use client";
import { useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy, duration, plural, statistic } from "../../lib/format.ts";
import { coordinateLabel } from "./study-words.ts";

type Study = Pick<StudyDetailFragment, "trials" | "tasks" | "space" | "best" | "parents">;
type Trial = Study["trials"][number];

const shownAtFirst = 15;

/** Every trial with its numbers and the score of each task, best first or in the order of asking. */
export function TrialsTable({ study }: { study: Study }) {
  const [order, setOrder] = useState("score");
  const [isWhole, setWhole] = useState(false);
  const trials = order === "score" ? [...study.trials].sort(byScore) : study.trials;
  const shown = isWhole ? trials : trials.slice(0, shownAtFirst);
  return (
    <Card className="overflow-hidden">
      <CardHead title="Trials" note={countWords(study.trials)}>
        <Segmented
          label="Order"
          value={order}
          onChange={setOrder}
          options={[
            { value: "score", label: "Best first" },
            { value: "asked", label: "As asked" },
          ]}
        />
      </CardHead>
      {trials.length === 0 ? (
        <p className="px-4 pt-1 pb-5 text-table text-ink-3">No trials yet. The first one starts when a worker is free.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section className="scroll-x" tabIndex={0} aria-label="Trials">
          <table className="w-full border-collapse text-table">
            <thead>
              <tr className="border-line border-b text-caption text-ink-3 [&_th]:h-9 [&_th]:px-2.5 [&_th]:font-medium [&_th]:whitespace-nowrap">
                <th scope="col" className="pl-4! text-left">
                  Trial
                </th>
                <th scope="col" className="text-right">
                  Value
                </th>
                {study.tasks.map(({ task }) => (
                  <th key={task.id} scope="col" className="text-right" title={task.title}>
                    {task.name}
                  </th>
                ))}
                {study.space.map(({ name }) => (
                  <th key={name} scope="col" className="text-right" title={name}>
                    {coordinateLabel(name, study.parents)}
                  </th>
                ))}
                <th scope="col" className="text-right">
                  Time
                </th>
                <th scope="col" className="pr-4! pl-6! text-left">
                  From
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((trial) => (
                <Row key={trial.id} trial={trial} study={study} isBest={trial.index === study.best?.index} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {trials.length > shown.length && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="w-full border-line border-t py-2.5 text-table text-ink-2 hover:bg-hover"
        >
          Show all {trials.length}
        </button>
      )}
    </Card>
  );
}

function Row({ trial, study, isBest }: { trial: Trial; study: Study; isBest: boolean }) {
  const isFailed = trial.state === "FAILED";
  return (
    <tr className={`h-9 border-line border-b last:border-b-0 [&_td]:px-2.5 ${isBest ? "bg-sunken" : ""}`}>
      <td className={`num pl-4! ${isBest ? "font-semibold" : ""}`}>{trial.index}</td>
      <td className="num text-right font-semibold">
        {typeof trial.value === "number" ? accuracy(trial.value) : <StateWord trial={trial} />}
      </td>
      {isFailed ? (
        <td colSpan={study.tasks.length} className="text-ink-2 wrap-anywhere">
          {trial.failure?.message}
        </td>
      ) : (
        study.tasks.map(({ task }) => {
          const score = trial.scores.find(({ taskName }) => taskName === task.name);
          return (
            <td key={task.id} className="num text-right text-ink-2">
              {score ? accuracy(score.value) : ""}
            </td>
          );
        })
      )}
      {study.space.map(({ name }) => {
        const value = trial.params.find((each) => each.name === name)?.value;
        return (
          <td key={name} className="num text-right text-ink-2">
            {value === undefined ? "" : statistic(value)}
          </td>
        );
      })}
      <td className="num text-right whitespace-nowrap text-ink-3">
        {typeof trial.seconds === "number" ? duration(trial.seconds) : ""}
      </td>
      <td className="pr-4! pl-6! whitespace-nowrap text-ink-3">{sources[trial.source] ?? trial.source}</td>
    </tr>
  );
}

const sources: Record<string, string> = {
  anchor: "usual value",
  design: "first design",
  model: "surrogate",
  random: "chance",
};

function StateWord({ trial }: { trial: Trial }) {
  if (trial.state === "FAILED")
    return (
      <span className="inline-flex items-center gap-1 font-normal text-bad">
        <Icon name="cross" className="size-3" />
        failed
      </span>
    );
  const word = { QUEUED: "waiting", RUNNING: "running", CANCELLED: "stopped", COMPLETE: "" }[trial.state];
  return <span className={`font-normal ${trial.state === "RUNNING" ? "text-run" : "text-ink-3"}`}>{word}</span>;
}

function byScore(a: Trial, b: Trial): number {
  const [x, y] = [a.value ?? Number.NEGATIVE_INFINITY, b.value ?? Number.NEGATIVE_INFINITY];
  return x === y ? a.index - b.index : y > x ? 1 : -1;
}

function countWords(trials: readonly Trial[]): string {
  const failed = trials.filter(({ state }) => state === "FAILED").length;
  return `${plural(trials.length, "trial")}${failed > 0 ? `, of which ${failed} failed` : ""}`;
}
