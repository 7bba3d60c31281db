"use client";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy } from "../../lib/format.ts";
import { type Best, bestSoFar, type Scale, scaleOf, spread, tickLabel } from "./convergence.ts";
import { BestLine, type Frame, TrialMark } from "./convergence-marks.tsx";
import { useWidth } from "./use-width.ts";

type Study = Pick<StudyDetailFragment, "trials" | "budget" | "average" | "tuned" | "state">;

/** Best so far as a step line over all trials, with the baselines as references and the budget left dotted. */
export function ConvergenceChart({ study }: { study: Study }) {
  const { ref, width } = useWidth(820);
  const height = width > 500 ? 262 : 230;
  const steps = bestSoFar(study.trials);
  const references = referencesOf(study);
  const scale = scaleOf([...valuesOf(study), ...references.map(({ value }) => value)]);
  const frame = frameOf(width, height, study, scale);
  const best = steps.at(-1);
  return (
    <div ref={ref} className="px-2 pb-1">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        height={height}
        className="block"
        role="img"
        aria-label={sentence(best, study)}
      >
        <Grid frame={frame} scale={scale} study={study} height={height} />
        {references.map(({ label, value }) => (
          <line
            key={label}
            x1={frame.left}
            x2={frame.right}
            y1={frame.y(value)}
            y2={frame.y(value)}
            stroke="var(--ink-4)"
            strokeDasharray="2 4"
          />
        ))}
        <BestLine steps={steps} frame={frame} study={study} />
        {study.trials.map((trial) => (
          <TrialMark key={trial.id} trial={trial} frame={frame} scale={scale} isBest={trial.index === best?.index} />
        ))}
        <Labels labels={[...labelsOf(best), ...references]} frame={frame} isWide={width > 500} />
      </svg>
    </div>
  );
}

const valuesOf = ({ trials }: Study): number[] => trials.flatMap(({ value }) => (typeof value === "number" ? [value] : []));

function referencesOf({ average, tuned }: Study): { label: string; value: number }[] {
  const [mean, arithmetic] = [average[0]?.value, tuned[0]?.value];
  const found = [
    ...(typeof mean === "number" ? [{ label: "average", value: mean }] : []),
    ...(typeof arithmetic === "number" ? [{ label: "tuned arithmetic", value: arithmetic }] : []),
  ];
  return found;
}

function frameOf(width: number, height: number, { budget, trials }: Study, { low, high }: Scale): Frame {
  const [left, right, top, bottom] = [44, width - (width > 500 ? 112 : 14), 14, height - 26];
  const last = Math.max(1, Math.max(budget, trials.length) - 1);
  return {
    left,
    right,
    top,
    bottom,
    x: (index) => left + 12 + (index / last) * (right - left - 20),
    y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
  };
}

interface Label {
  readonly label: string;
  readonly value: number;
  readonly isBest?: boolean;
}

const labelsOf = (best: Best | undefined): Label[] =>
  best ? [{ label: `${accuracy(best.value)} trial ${best.index}`, value: best.value, isBest: true }] : [];

/** At the right where there is room, moved apart where they would cover each other; else above their lines, without the best. */
function Labels({ labels, frame, isWide }: { labels: readonly Label[]; frame: Frame; isWide: boolean }) {
  const shown = isWide ? labels : labels.filter(({ isBest }) => isBest !== true);
  const places = spread(shown.map(({ value }) => frame.y(value) + (isWide ? 4 : -5)));
  return shown.map(({ label, isBest = false }, i) => (
    <text
      key={label}
      x={isWide ? frame.right + 8 : frame.right - 2}
      y={places[i]}
      textAnchor={isWide ? "start" : "end"}
      className={isBest ? "fill-ink text-[12px] font-semibold" : "fill-ink-3 text-[11px]"}
    >
      {label}
    </text>
  ));
}

function Grid({ frame, scale, study, height }: { frame: Frame; scale: Scale; study: Study; height: number }) {
  const designed = study.trials.filter(({ source }) => source === "anchor" || source === "design").length;
  const last = Math.max(study.budget, study.trials.length) - 1;
  const marks = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * last)))];
  return (
    <>
      {designed > 0 && (
        <>
          <rect
            x={frame.left}
            y={frame.top}
            width={frame.x(designed - 0.5) - frame.left}
            height={frame.bottom - frame.top}
            fill="var(--sunken)"
          />
          <text x={frame.left + 8} y={frame.top + 14} className="fill-ink-3 text-[11px]">
            first design
          </text>
        </>
      )}
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={frame.left}
            x2={frame.right}
            y1={frame.y(tick)}
            y2={frame.y(tick)}
            stroke="var(--line)"
            shapeRendering="crispEdges"
          />
          <text x={frame.left - 8} y={frame.y(tick) + 4} textAnchor="end" className="num fill-ink-3 text-[11px]">
            {tickLabel(tick, scale.ticks)}
          </text>
        </g>
      ))}
      {marks.map((index) => (
        <text key={index} x={frame.x(index)} y={height - 8} textAnchor="middle" className="num fill-ink-3 text-[11px]">
          {index}
        </text>
      ))}
    </>
  );
}

function sentence(best: Best | undefined, { trials, budget }: Study): string {
  if (!best) return "No trial has a score yet.";
  return `The best of ${trials.length} trials, of ${budget} at most, is ${accuracy(best.value)}, found by trial ${best.index}.`;
}
