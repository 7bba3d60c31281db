import { accuracy } from "../lib/format.ts";

export interface Axis {
  low: number;
  high: number;
  ticks: readonly number[];
}

interface Props {
  axis: Axis;
  value: number;
  low: number;
  high: number;
  /** Hollow: a value that does not count as measured, such as one that was tuned on the split. */
  tone?: "ink" | "quiet" | "hollow";
  /** Grid lines of the axis, when the bar stands in a table with an axis above. */
  hasGrid?: boolean;
  className?: string;
}

/** A value with its interval on a shared axis; outside the axis an arrow at the edge says where it went. */
export function IntervalBar({ axis, value, low, high, tone = "ink", hasGrid = false, className = "h-5" }: Props) {
  const at = (v: number) => `${position(axis, v) * 100}%`;
  const label = `${accuracy(value)}, interval ${accuracy(low)} to ${accuracy(high)}`;
  const colour = tone === "ink" ? "bg-ink" : "bg-ink-4";
  const band = tone === "hollow" ? "border border-warn border-dashed" : `opacity-25 ${colour}`;
  const dot = tone === "hollow" ? "border-[1.5px] border-warn bg-surface" : colour;
  const isOutside = value < axis.low || value > axis.high;
  return (
    <span role="img" aria-label={label} title={label} className={`keep-colour relative block overflow-hidden ${className}`}>
      {hasGrid ? (
        axis.ticks.map((tick) => <i key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: at(tick) }} />)
      ) : (
        <i className="absolute inset-x-0 top-1/2 h-px bg-line" />
      )}
      {isOutside ? (
        <Arrow isRight={value > axis.high} />
      ) : (
        <>
          <i
            className={`absolute top-1/2 h-[7px] min-w-[7px] -translate-y-1/2 rounded-full ${band}`}
            style={{
              left: at(Math.max(low, axis.low)),
              width: `${(position(axis, Math.min(high, axis.high)) - position(axis, Math.max(low, axis.low))) * 100}%`,
            }}
          />
          <i className={`absolute top-1/2 size-2 -translate-1/2 rounded-full ${dot}`} style={{ left: at(value) }} />
        </>
      )}
    </span>
  );
}

export function AxisLabels({ axis }: { axis: Axis }) {
  return (
    <span className="relative block h-full" aria-hidden="true">
      {axis.ticks.map((tick) => (
        <span
          key={tick}
          className="num absolute top-1/2 -translate-1/2 text-axis font-normal text-ink-3"
          style={{ left: `${position(axis, tick) * 100}%` }}
        >
          {tick.toFixed(2).replace(/^0/, "")}
        </span>
      ))}
    </span>
  );
}

export function position(axis: Axis, value: number): number {
  return axis.high === axis.low ? 0.5 : (value - axis.low) / (axis.high - axis.low);
}

function Arrow({ isRight }: { isRight: boolean }) {
  return (
    <svg
      viewBox="0 0 30 10"
      className={`absolute top-1/2 h-2.5 w-[30px] -translate-y-1/2 text-ink-4 ${isRight ? "right-1" : "left-1 -scale-x-100"}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d="M1 5h26m-4-4 4 4-4 4" />
    </svg>
  );
}
