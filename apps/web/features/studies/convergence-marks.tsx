import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy } from "../../lib/format.ts";
import type { Best, Scale } from "./convergence.ts";

type Study = Pick<StudyDetailFragment, "trials" | "budget" | "state">;

/** Where things stand in the chart. */
export interface Frame {
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A step wherever a trial was better than all before it; what is left of the budget is dotted. */
export function BestLine({ steps, frame, study }: { steps: readonly Best[]; frame: Frame; study: Study }) {
  const [first] = steps;
  const best = steps.at(-1);
  if (!first || !best) return null;
  const reached = Math.max(
    0,
    ...study.trials.filter(({ state }) => state === "COMPLETE" || state === "FAILED").map(({ index }) => index),
  );
  const path = steps
    .map(({ index, value }, i) => (i === 0 ? `M${frame.x(index)} ${frame.y(value)}` : `H${frame.x(index)}V${frame.y(value)}`))
    .join("");
  const isOpen = study.state === "QUEUED" || study.state === "RUNNING";
  return (
    <>
      <path d={`${path}H${frame.x(reached)}`} fill="none" stroke="var(--ink)" strokeWidth="2" strokeLinejoin="round" />
      {isOpen && reached < study.budget - 1 && (
        <line
          x1={frame.x(reached)}
          x2={frame.x(study.budget - 1)}
          y1={frame.y(best.value)}
          y2={frame.y(best.value)}
          stroke="var(--ink)"
          strokeWidth="1.5"
          strokeDasharray="1 4"
          strokeLinecap="round"
        />
      )}
    </>
  );
}

interface MarkProps {
  trial: Study["trials"][number];
  frame: Frame;
  scale: Scale;
  isBest: boolean;
}

/** Filled by score where the surrogate asked for it, hollow in the first design, a cross on the floor where it failed. */
export function TrialMark({ trial, frame, scale, isBest }: MarkProps) {
  const x = frame.x(trial.index);
  if (trial.state === "FAILED")
    return (
      <path d={`m${x - 3.5} ${frame.bottom - 10} 7 7m0-7-7 7`} stroke="var(--bad)" strokeWidth="1.7" strokeLinecap="round">
        <title>{`Trial ${trial.index} failed: ${trial.failure?.message ?? ""}`}</title>
      </path>
    );
  if (typeof trial.value !== "number") return null;
  const y = frame.y(trial.value);
  const title = <title>{`Trial ${trial.index}: ${accuracy(trial.value)}`}</title>;
  if (isBest)
    return (
      <circle cx={x} cy={y} r="5.5" fill="var(--ink)" stroke="var(--surface)" strokeWidth="2">
        {title}
      </circle>
    );
  if (trial.source === "anchor" || trial.source === "design")
    return (
      <circle cx={x} cy={y} r="3.4" fill="var(--surface)" stroke="var(--ink-3)" strokeWidth="1.4">
        {title}
      </circle>
    );
  const level = (trial.value - scale.low) / (scale.high - scale.low);
  return (
    <circle cx={x} cy={y} r="3.6" fill={`var(--q${Math.round(3 + 5 * level)})`} stroke="var(--surface)" strokeWidth="1">
      {title}
    </circle>
  );
}
