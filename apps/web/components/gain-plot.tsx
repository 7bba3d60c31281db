import { accuracy, interval, percent } from "../lib/format.ts";
import { type Axis, position } from "./interval-bar.tsx";
import { KindGlyph } from "./kind-glyph.tsx";

export interface GainRow {
  key: string;
  label: string;
  colour: string;
  value: number;
  low: number;
  high: number;
  /** Where it started and how far it could go; either may be unknown. */
  from: number | null;
  to: number | null;
  /** Share of the way. */
  kept: number | null;
}

/** Start, value with its interval, and goal on one line a row, all on one axis. */
export function GainPlot({
  rows,
  axis,
  fromLabel,
  toLabel,
}: {
  rows: readonly GainRow[];
  axis: Axis;
  fromLabel: string;
  toLabel: string;
}) {
  const grid =
    "grid grid-cols-[112px_minmax(0,1fr)_60px_84px] items-center gap-x-3 phone:grid-cols-[84px_minmax(0,1fr)_44px] px-4";
  return (
    <div>
      <div className="relative">
        {rows.map((row) => (
          <div key={row.key} className={`${grid} h-[27px] phone:h-9`}>
            <span className="truncate text-[12.5px]">{row.label}</span>
            <Track row={row} axis={axis} label={sentence(row, fromLabel, toLabel)} />
            <span className="num text-right text-[12.5px] font-semibold" title={interval(row.value, row.low, row.high)}>
              {accuracy(row.value)}
            </span>
            <span className="num text-right text-caption text-ink-3 phone:hidden">
              {row.kept === null ? "" : `keeps ${percent(row.kept)}`}
            </span>
          </div>
        ))}
      </div>
      <div className={`${grid} h-6`} aria-hidden="true">
        <span />
        <span className="relative h-full">
          {axis.ticks.map((tick) => (
            <span
              key={tick}
              className="num absolute top-1 -translate-x-1/2 text-axis text-ink-3"
              style={{ left: at(axis, tick) }}
            >
              {tick === 1 ? "1" : tick.toFixed(1).replace(/^0(?=\.)/, "")}
            </span>
          ))}
        </span>
      </div>
    </div>
  );
}

const at = (axis: Axis, value: number) => `${position(axis, value) * 100}%`;
const wide = (axis: Axis, from: number, to: number) => `${Math.abs(position(axis, to) - position(axis, from)) * 100}%`;

function Track({ row, axis, label }: { row: GainRow; axis: Axis; label: string }) {
  const start = row.from ?? row.value;
  return (
    <span role="img" aria-label={label} title={label} className="keep-colour relative h-full">
      {axis.ticks.map((tick) => (
        <i key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: at(axis, tick) }} />
      ))}
      {row.from !== null && row.to !== null && (
        <i
          className="absolute top-1/2 h-0.5 -translate-y-1/2 bg-line-2"
          style={{ left: at(axis, Math.min(row.from, row.to)), width: wide(axis, row.from, row.to) }}
        />
      )}
      <i
        className="absolute top-1/2 h-[5px] -translate-y-1/2 rounded-full"
        style={{ left: at(axis, Math.min(start, row.value)), width: wide(axis, start, row.value), background: row.colour }}
      />
      {row.from !== null && (
        <i
          className="absolute top-1/2 size-[9px] -translate-1/2 rounded-full border-[1.5px] border-surface bg-(--s0)"
          style={{ left: at(axis, row.from) }}
        />
      )}
      {row.to !== null && (
        <span className="absolute top-1/2 -translate-1/2 rounded-full bg-surface" style={{ left: at(axis, row.to) }}>
          <KindGlyph kind="FINE_TUNED" colour={row.colour} className="size-3.5" />
        </span>
      )}
      <i
        className="absolute top-1/2 h-3.5 -translate-y-1/2 rounded-[3px] bg-ink opacity-[0.14]"
        style={{ left: at(axis, row.low), width: wide(axis, row.low, row.high) }}
      />
      <i
        className="absolute top-1/2 size-2.5 -translate-1/2 rounded-full border-[1.5px] border-surface bg-ink"
        style={{ left: at(axis, row.value) }}
      />
    </span>
  );
}

function sentence(row: GainRow, fromLabel: string, toLabel: string): string {
  const parts = [`${row.label}: ${accuracy(row.value)} ${interval(row.value, row.low, row.high)}`];
  if (row.from !== null) parts.push(`${fromLabel} ${accuracy(row.from)}`);
  if (row.to !== null) parts.push(`${toLabel} ${accuracy(row.to)}`);
  if (row.kept !== null) parts.push(`keeps ${percent(row.kept)}`);
  return parts.join(", ");
}
