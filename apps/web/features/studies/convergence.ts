import type { StudyDetailFragment } from "../../gql/graphql.ts";

type Trial = Pick<StudyDetailFragment["trials"][number], "index" | "state" | "source" | "value" | "low" | "high">;

export interface Best {
  readonly index: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Each trial that was better than all before it. */
export function bestSoFar(trials: readonly Trial[]): Best[] {
  const steps: Best[] = [];
  for (const { index, state, value, low, high } of trials) {
    if (state !== "COMPLETE" || typeof value !== "number") continue;
    if (value > (steps.at(-1)?.value ?? Number.NEGATIVE_INFINITY))
      steps.push({ index, value, low: low ?? null, high: high ?? null });
  }
  return steps;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** A range around all values with a little air and three to six round ticks. */
export function scaleOf(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { low: 0, high: 1, ticks: [0, 0.5, 1] };
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const span = Math.max(most - least, 1e-3 * Math.max(1, Math.abs(most)));
  const [low, high] = [least - 0.12 * span, most + 0.12 * span];
  const step = roundStep((high - low) / 4);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return { low, high, ticks };
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
}

/** As many decimals as tell the ticks apart, at most four; no leading zero, a true minus. */
export function tickLabel(value: number, ticks: readonly number[]): string {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  const decimals = Math.min(4, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return value
    .toFixed(decimals)
    .replace(/^(-?)0\./, "$1.")
    .replace("-", "−");
}

/** Places of labels, moved down where they would stand closer than a line to the one above; in the order given. */
export function spread(places: readonly number[], least = 14): number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = [...places];
  let above = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    above = Math.max(places[i] ?? 0, above + least);
    moved[i] = above;
  }
  return moved;
}
