import { Digest } from "../../components/digest.tsx";
import { Icon } from "../../components/icon.tsx";
import type { RunDetailFragment } from "../../gql/graphql.ts";
import { bytes, capitalised, duration, integer } from "../../lib/format.ts";
import { isEnded, runSeconds } from "./run-words.ts";

/** Four numbers of a run; what a kind of run does not count is left out. */
export function Figures({ run }: { run: RunDetailFragment }) {
  const seconds = runSeconds(run);
  const figures = [
    ...(run.tensorsTotal
      ? [{ label: "Tensors", value: `${integer(run.tensorsDone ?? 0)} of ${integer(run.tensorsTotal)}` }]
      : []),
    ...(run.bytesPerSecond ? [{ label: "Rate", value: `${bytes(run.bytesPerSecond)}/s` }] : []),
    ...(run.peakMemoryBytes ? [{ label: "Peak memory", value: bytes(Number(run.peakMemoryBytes)) }] : []),
    ...(seconds !== null && isEnded(run.state)
      ? [{ label: "Took", value: duration(seconds) }]
      : run.secondsLeft !== null
        ? [{ label: "Left", value: duration(Math.max(1, Math.round(run.secondsLeft))).replace(/\.00/, "") }]
        : []),
  ];
  if (figures.length === 0) return null;
  return (
    <dl className="grid auto-cols-fr grid-flow-col divide-x divide-line border-line border-t phone:grid-flow-row phone:grid-cols-2 phone:divide-x-0">
      {figures.map((figure) => (
        <div key={figure.label} className="px-4 py-2.5">
          <dt className="text-caption text-ink-3">{figure.label}</dt>
          <dd className="num text-[16px] leading-[22px] font-semibold tracking-[-0.02em]">{figure.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What the worker does, one after the other, each with its own time. */
export function Stages({ run }: { run: RunDetailFragment }) {
  return (
    <>
      <ol className="px-4 pb-3">
        {run.stages.length === 0 && (
          <li className="py-1.5 text-table text-ink-3">
            {run.state === "QUEUED" ? "Waiting for a worker." : "No stage has begun."}
          </li>
        )}
        {run.stages.map((stage) => {
          const isBroken = !stage.finishedAt && isEnded(run.state);
          return (
            <li key={`${stage.name}${stage.startedAt}`} className="flex min-h-8 items-center gap-2.5 text-table">
              <StageMark isDone={stage.finishedAt !== null} isBroken={isBroken} />
              <span className="flex-1">{capitalised(stage.name)}</span>
              <span className="num text-caption text-ink-3">
                {stage.finishedAt
                  ? duration((Date.parse(stage.finishedAt) - Date.parse(stage.startedAt)) / 1000)
                  : isBroken
                    ? "stopped"
                    : "now"}
              </span>
            </li>
          );
        })}
      </ol>
      {run.identity && (
        <div className="flex items-center justify-between border-line border-t px-4 py-1.5 text-caption text-ink-3">
          Identity
          <Digest value={run.identity} />
        </div>
      )}
    </>
  );
}

function StageMark({ isDone, isBroken }: { isDone: boolean; isBroken: boolean }) {
  if (isBroken) return <Icon name="cross" className="size-4 text-bad" />;
  if (isDone) return <Icon name="check" className="size-4 text-ok" />;
  return (
    <span className="grid size-4 place-items-center">
      <span className="pulse size-2 rounded-full bg-run" />
    </span>
  );
}
