/** A smooth function and its gradient, written into the array it is given. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface LbfgsOptions {
  readonly iterations: number;
  /** Stops when a step gains less than this, relative to the value. */
  readonly tolerance?: number;
}

const HISTORY = 8;

/**
 * Minimises within a box by projected L-BFGS: coordinates held at a bound by the gradient are frozen for a step, the two-loop
 * recursion gives a direction for the rest, and steps are halved along the projected path until Armijo's condition holds.
 * A point where the function is not finite counts as too far. Sources: Nocedal 1980; Bertsekas 1982.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { low, high }: Box,
  { iterations, tolerance = 1e-8 }: LbfgsOptions,
): { readonly x: Float64Array; readonly value: number } {
  const size = start.length;
  const clip = (value: number, i: number): number => Math.min(high[i] as number, Math.max(low[i] as number, value));
  let x = start.map(clip);
  let gradient = new Float64Array(size);
  let value = objective(x, gradient);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < iterations && Number.isFinite(value); iteration += 1) {
    const held = x.map((at, i) =>
      Number(
        (at <= (low[i] as number) && (gradient[i] as number) > 0) || (at >= (high[i] as number) && (gradient[i] as number) < 0),
      ),
    );
    const direction = descend(gradient, held, pairs);
    let slope = dot(direction, gradient);
    if (slope > -1e-14 * Math.max(1, Math.abs(value))) {
      if (pairs.length === 0) break;
      pairs.length = 0;
      continue;
    }
    let step = pairs.length === 0 ? Math.min(1, 0.2 / Math.sqrt(dot(direction, direction))) : 1;
    let next = x;
    let nextValue = Number.POSITIVE_INFINITY;
    const nextGradient = new Float64Array(size);
    for (let halving = 0; halving < 25; halving += 1, step /= 2) {
      const trial = x.map((at, i) => clip(at + step * (direction[i] as number), i));
      const trialValue = objective(trial, nextGradient);
      slope = trial.reduce((sum, at, i) => sum + (at - (x[i] as number)) * (gradient[i] as number), 0);
      if (Number.isFinite(trialValue) && trialValue <= value + 1e-4 * slope) {
        next = trial;
        nextValue = trialValue;
        break;
      }
    }
    if (!Number.isFinite(nextValue)) {
      if (pairs.length === 0) break;
      pairs.length = 0;
      continue;
    }
    const s = next.map((at, i) => at - (x[i] as number));
    const y = nextGradient.map((at, i) => at - (gradient[i] as number));
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > HISTORY) pairs.shift();
    }
    const gain = value - nextValue;
    x = next;
    gradient = nextGradient;
    value = nextValue;
    if (gain <= tolerance * Math.max(1, Math.abs(value))) break;
  }
  return { x, value };
}

function descend(
  gradient: Float64Array,
  held: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = gradient.map((g, i) => (held[i] === 1 ? 0 : g));
  const alphas: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    q.forEach((value, i) => {
      q[i] = value - alpha * (y[i] as number);
    });
  }
  const last = pairs.at(-1);
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y));
  q.forEach((value, i) => {
    q[i] = value * scale;
  });
  for (const { s, y, rho } of pairs) {
    const beta = (alphas.pop() ?? 0) - rho * dot(y, q);
    q.forEach((value, i) => {
      q[i] = value + beta * (s[i] as number);
    });
  }
  return q.map((value, i) => (held[i] === 1 ? 0 : -value));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
