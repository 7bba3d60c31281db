import { frame, type Scale, scaleOf, ticksOf } from "./frame.ts";

interface Line {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** From low to high, around the line. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** Default: the range of the data. */
  readonly yRange?: readonly [number, number];
}

/** Lines with bands and their names at the right end, as SVG that is readable on light and dark ground. */
export function lineChart({ title, x, y, lines, yRange }: LineChart): string {
  const xs = lines.flatMap(({ points }) => points.map(([at]) => at));
  const ys = lines.flatMap(({ points, band }) => [
    ...points.map(([, value]) => value),
    ...(band ?? []).flatMap(([, low, high]) => [low, high]),
  ]);
  const across = scaleOf([Math.min(...xs), Math.max(...xs)], [64, 560]);
  const up = scaleOf(yRange ?? [Math.min(...ys), Math.max(...ys)], [330, 50]);
  const names = spread(lines.map(({ points }) => up.at(points.at(-1)?.[1] ?? 0)));
  const body = lines.flatMap(({ title: name, points, band }, i) => [
    ...(band === undefined ? [] : [`<path class="b c${i}" fill-opacity=".15" d="${bandPath(band, across, up)}"/>`]),
    `<path class="c${i}" fill="none" stroke-width="2" d="${path(points, across, up)}"/>`,
    `<text class="c${i} n" x="568" y="${((names[i] ?? 0) + 4).toFixed(1)}">${name}</text>`,
  ]);
  return frame({ title, x, y, across, up, xTicks: ticksOf(across), yTicks: ticksOf(up), body });
}

const path = (points: Line["points"], across: Scale, up: Scale): string =>
  `M${points.map(([x, y]) => `${across.at(x).toFixed(1)} ${up.at(y).toFixed(1)}`).join("L")}`;

function bandPath(band: NonNullable<Line["band"]>, across: Scale, up: Scale): string {
  const low = band.map(([x, value]) => [x, value] as const);
  const high = band.map(([x, , value]) => [x, value] as const).reverse();
  return `${path([...low, ...high], across, up)}Z`;
}

/** Heights of labels moved apart to 15 pixels, in the order of the lines' ends. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((height, i) => ({ height, i })).sort((a, b) => a.height - b.height);
  const placed: number[] = [];
  let least = 44;
  for (const { height, i } of order) {
    placed[i] = Math.max(height, least);
    least = (placed[i] ?? 0) + 15;
  }
  const over = Math.max(0, least - 15 - 340);
  return placed.map((height) => height - over);
}
