import { median, quantile } from "../over-seeds.ts";
import { lineChart } from "../plots/line-chart.ts";
import { optimisers } from "./optimisers.ts";
import type { OptimiserRun } from "./run-optimiser.ts";

/** Medians over seeds of the best value so far; the middle half as a band for the two of the primary comparison. */
export function searchPlot(runs: readonly OptimiserRun[], budget: number): string {
  const lines = optimisers.flatMap(({ id, title }) => {
    const own = runs.filter(({ optimiser }) => optimiser === id).map(({ values }) => soFar(values));
    if (own.length === 0) return [];
    const steps = Array.from({ length: Math.min(budget, ...own.map(({ length }) => length)) }, (_, k) => k);
    const at = (k: number): number[] => own.map((curve) => 100 * (curve[k] ?? Number.NaN));
    const band = steps.map((k) => [k + 1, quantile(at(k), 0.25), quantile(at(k), 0.75)] as const);
    const points = steps.map((k) => [k + 1, median(at(k))] as const);
    return [{ title, points, ...(id === "bo" || id === "random" ? { band } : {}) }];
  });
  // The first trials are far below and would press the rest together.
  const late = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const top = Math.max(...late, ...lines.flatMap(({ band = [] }) => band.map(([, , high]) => high)));
  return lineChart({
    title: "Best accuracy so far on the search split",
    x: "merges tried",
    y: "accuracy, %",
    lines: lines.map((line) => clipped(line, top - 4)),
    yRange: [top - 4, top],
  });
}

const soFar = (values: readonly number[]): number[] => {
  let best = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    best = Math.max(best, value);
    return best;
  });
};

interface Drawn {
  readonly title: string;
  readonly points: readonly (readonly [number, number])[];
  readonly band?: readonly (readonly [number, number, number])[];
}

/** Only what lies above the floor of the drawing. */
function clipped({ title, points, band }: Drawn, floor: number): Drawn {
  const above = points.filter(([, y]) => y >= floor);
  if (band === undefined) return { title, points: above };
  return { title, points: above, band: band.filter(([, low]) => low >= floor) };
}
