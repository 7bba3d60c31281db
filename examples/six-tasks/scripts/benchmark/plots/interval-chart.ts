import { frame, scaleOf, ticksOf } from "./frame.ts";

interface IntervalRow {
  readonly title: string;
  /** One mark for each series, in their order. */
  readonly marks: readonly { readonly value: number; readonly low: number; readonly high: number }[];
}

export interface IntervalChart {
  readonly title: string;
  readonly x: string;
  readonly series: readonly string[];
  readonly rows: readonly IntervalRow[];
}

const TOP = 60;
const STEP = 26;
const LEFT = 250;
const RIGHT = 740;

/** A row for each title, a point with its interval for each series, and a line at zero. */
export function intervalChart({ title, x, series, rows }: IntervalChart): string {
  const ends = rows.flatMap(({ marks }) => marks.flatMap(({ low, high }) => [low, high]));
  const across = scaleOf([Math.min(0, ...ends), Math.max(0, ...ends)], [LEFT, RIGHT]);
  const bottom = TOP + STEP * rows.length;
  const up = scaleOf([0, 1], [bottom, TOP - 10]);
  const zero = across.at(0).toFixed(1);
  const body = [
    `<path class="a" fill="none" stroke-dasharray="3 3" d="M${zero} ${TOP - 10}V${bottom}"/>`,
    ...series.map((name, k) => `<text class="c${k}" x="${LEFT + 130 * k}" y="44">● ${name}</text>`),
    ...rows.flatMap(({ title: name, marks }, i) => {
      const middle = TOP + STEP * (i + 0.5);
      const label = `<text class="n" x="${LEFT - 10}" y="${middle + 4}" text-anchor="end">${name}</text>`;
      const drawn = marks.map(({ value, low, high }, k) => {
        const y = (middle + 7 * (k - (marks.length - 1) / 2)).toFixed(1);
        const [from, to, at] = [low, high, value].map((each) => across.at(each).toFixed(1));
        return `<path class="c${k}" fill="none" stroke-width="2" d="M${from} ${y}H${to}"/><circle class="c${k}" cx="${at}" cy="${y}" r="3"/>`;
      });
      return [label, ...drawn];
    }),
  ];
  return frame({ title, x, y: "", across, up, xTicks: ticksOf(across), yTicks: [], body, height: bottom + 50 });
}
