"use client";
import { strandColour } from "../../components/strands/geometry.ts";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy, statistic } from "../../lib/format.ts";
import { type Scale, scaleOf, tickLabel } from "./convergence.ts";
import { coordinateLabel, parentOf } from "./study-words.ts";
import { useWidth } from "./use-width.ts";

type Slice = StudyDetailFragment["slices"][number];
type Study = Pick<StudyDetailFragment, "slices" | "space" | "best" | "trials" | "parents">;

const height = 148;
const [left, top, bottom] = [38, 10, height - 22];

/** What the surrogate believes along each number, the others held at the best trial: mean, and one standard deviation to each side. */
export function SliceCharts({ study }: { study: Study }) {
  const values = study.slices.flatMap(({ points }) =>
    points.flatMap(({ mean, deviation }) => [mean - deviation, mean + deviation]),
  );
  const scale = scaleOf(values);
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(230px,1fr))] phone:grid-cols-2 gap-x-3 gap-y-2 px-3 pb-3">
      {study.slices.map((slice) => (
        <li key={slice.name} className="min-w-0">
          <SliceChart slice={slice} study={study} scale={scale} />
        </li>
      ))}
    </ul>
  );
}

function SliceChart({ slice, study, scale }: { slice: Slice; study: Study; scale: Scale }) {
  const { ref, width } = useWidth<HTMLElement>(236);
  const right = width - 8;
  const bounds = study.space.find(({ name }) => name === slice.name);
  const x = (at: number) => left + unit(at, bounds) * (right - left);
  const y = (value: number) => bottom - ((value - scale.low) / (scale.high - scale.low)) * (bottom - top);
  const upper = slice.points.map(({ at, mean, deviation }) => `${x(at)} ${y(mean + deviation)}`);
  const lower = slice.points.map(({ at, mean, deviation }) => `${x(at)} ${y(mean - deviation)}`).reverse();
  const at = study.best?.params.find(({ name }) => name === slice.name)?.value;
  const parent = parentOf(slice.name);
  const strand = study.parents.filter(({ role }) => role === "PARENT")[parent ?? -1]?.version?.model.strand;
  const colour = parent === null ? "var(--ink)" : strandColour(strand);
  const label = coordinateLabel(slice.name, study.parents);
  const nearest =
    at === undefined ? undefined : slice.points.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
  return (
    <figure ref={ref}>
      <figcaption className="flex items-baseline justify-between gap-2 px-1 text-caption">
        <span className="flex min-w-0 items-center gap-1.5 font-medium">
          <i className="keep-colour size-2 flex-none rounded-[2.5px]" style={{ background: colour }} />
          <span className="truncate">{label}</span>
        </span>
        {at !== undefined && <span className="num flex-none text-ink-3 phone:hidden">best at {statistic(at)}</span>}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} width="100%" className="block" role="img" aria-label={sentence(label, slice, at)}>
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" shapeRendering="crispEdges" />
            <text x={left - 6} y={y(tick) + 4} textAnchor="end" className="num fill-ink-3 text-[11px]">
              {tickLabel(tick, scale.ticks)}
            </text>
          </g>
        ))}
        <path d={`M${[...upper, ...lower].join("L")}Z`} fill={colour} opacity="0.14" />
        <path
          d={`M${slice.points.map(({ at: a, mean }) => `${x(a)} ${y(mean)}`).join("L")}`}
          fill="none"
          stroke={colour}
          strokeWidth="2"
        />
        {study.trials.map((trial) => {
          const own = trial.params.find(({ name }) => name === slice.name)?.value;
          if (own === undefined || trial.state !== "COMPLETE") return null;
          return (
            <line key={trial.id} x1={x(own)} x2={x(own)} y1={bottom} y2={bottom - 4} stroke="var(--ink-4)" strokeWidth="1" />
          );
        })}
        {at !== undefined && nearest && (
          <circle cx={x(at)} cy={y(nearest.mean)} r="4.5" fill="var(--ink)" stroke="var(--surface)" strokeWidth="2" />
        )}
        <text x={left} y={height - 6} className="num fill-ink-3 text-[11px]">
          {statistic(bounds?.low ?? 0)}
        </text>
        <text x={right} y={height - 6} textAnchor="end" className="num fill-ink-3 text-[11px]">
          {statistic(bounds?.high ?? 1)}
        </text>
      </svg>
    </figure>
  );
}

function unit(at: number, bounds: Study["space"][number] | undefined): number {
  if (!bounds) return 0;
  const { low, high, log } = bounds;
  return log ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low);
}

function sentence(label: string, { points }: Slice, at: number | undefined): string {
  const means = points.map(({ mean }) => mean);
  const range = `between ${accuracy(Math.min(...means))} and ${accuracy(Math.max(...means))}`;
  return `Expected score along ${label}: ${range}${at === undefined ? "" : `; the best trial is at ${statistic(at)}`}.`;
}
