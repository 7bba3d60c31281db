import { type AcquisitionChoice, acquisitionOf } from "./acquisition.ts";
import { suggestCma } from "./cma-es.ts";
import { GaussianProcess } from "./gaussian-process.ts";
import { maximise } from "./maximise.ts";
import { randomOf } from "./random.ts";
import { defaultSampler, type Sampler } from "./sampler.ts";
import { sobolPoints } from "./sobol.ts";
import { checkSpace, fromUnit, type Params, type Space, snap, toUnit } from "./space.ts";
import { type History, historyOf, type Trial } from "./trial.ts";
import { suggestInRegion } from "./trust-region.ts";

export interface SuggestRequest {
  readonly space: Space;
  /** All trials so far, in the order of asking. */
  readonly trials: readonly Trial[];
  readonly seed: number;
  readonly sampler?: Sampler;
  /** Points to try first, such as the method's own defaults; those outside the space are clipped into it. */
  readonly anchors?: readonly Params[];
}

export interface Suggestion {
  readonly params: Params;
  /** Where it comes from: a point to try first, the first design, the surrogate, or chance. */
  readonly source: "anchor" | "design" | "model" | "random";
  /** Logarithm of the expected improvement, in the unit of the values; for `logEi` only. */
  readonly logImprovement?: number;
}

/** Two points nearer than this in every coordinate are the same. */
const SAME = 1e-4;
const SAMPLES = 128;

/**
 * The next point to try. A function of its arguments alone – history, space, seed – so a study that was killed and resumed asks for the
 * same points as one that was not. @throws SpaceError
 */
export function suggest(request: SuggestRequest): Suggestion {
  const { space, trials, seed, anchors = [] } = request;
  checkSpace(space);
  const index = trials.length;
  const tried = trials.map(({ params }) => toUnit(space, params));
  const first = distinct(anchors.map((params) => snap(space, toUnit(space, params))));
  const anchor = index < first.length ? first[index] : undefined;
  if (anchor !== undefined) return { params: fromUnit(space, anchor), source: "anchor" };
  const sampler = request.sampler ?? defaultSampler(space.length);
  const found = next(sampler, { space, history: historyOf(space, trials), trials, anchors: first, seed });
  const isNew = found.x !== null && !tried.some((point) => isSame(point, snap(space, found.x as Float64Array)));
  if (found.x !== null && (isNew || sampler.kind === "cmaes")) {
    const { logImprovement } = found;
    return {
      params: fromUnit(space, found.x),
      source: found.source,
      ...(logImprovement === undefined ? {} : { logImprovement }),
    };
  }
  const random = randomOf(seed, index, 0x7261);
  return { params: fromUnit(space, Float64Array.from(space, random.uniform)), source: "random" };
}

interface Context {
  readonly space: Space;
  readonly history: History;
  readonly trials: readonly Trial[];
  readonly anchors: readonly Float64Array[];
  readonly seed: number;
}

interface Found {
  readonly x: Float64Array | null;
  readonly source: Suggestion["source"];
  readonly logImprovement?: number;
}

function next(sampler: Sampler, context: Context): Found {
  const { space, history, trials, anchors, seed } = context;
  const d = space.length;
  const index = trials.length;
  if (sampler.kind === "random") return { x: Float64Array.from(space, randomOf(seed, index).uniform), source: "random" };
  if (sampler.kind === "cmaes") {
    const own = trials.slice(anchors.length).map(({ value }) => value ?? Number.NaN);
    const best = bestPoint({
      ...history,
      points: history.points.slice(0, anchors.length),
      values: history.values.slice(0, anchors.length),
    });
    const start = best === null ? {} : { start: best };
    return { x: suggestCma(own, index - anchors.length, { ...sampler, ...start, dimensions: d, seed }), source: "model" };
  }
  const design = sampler.design ?? Math.max(5, Math.min(2 * d, 20));
  const designed = designPoint(sampler, context, design);
  if (designed !== null) return { x: designed, source: "design" };
  // With nothing finished yet there is nothing to learn from.
  if (history.points.length < 2) return { x: null, source: "random" };
  const turn = seed * 1_000_003 + index;
  if (sampler.kind === "turbo") {
    const x = suggestInRegion(history, { design, seed: turn, settings: sampler.surrogate });
    return x === null ? { x: sobolPoints(d, 1, seed, index)[0] ?? null, source: "design" } : { x, source: "model" };
  }
  return fromModel(sampler, context, turn);
}

function designPoint(
  sampler: Sampler & { kind: "gp" | "turbo" },
  { space, trials, anchors, seed }: Context,
  design: number,
): Float64Array | null {
  const at = trials.length - anchors.length;
  if (at >= design) return null;
  if (sampler.kind === "gp" && sampler.designKind === "uniform")
    return Float64Array.from(space, randomOf(seed, trials.length).uniform);
  return sobolPoints(space.length, 1, seed, at)[0] ?? null;
}

function fromModel(sampler: Sampler & { kind: "gp" }, { space, history, trials }: Context, seed: number): Found {
  const { points, values, pending } = history;
  const settings = sampler.surrogate;
  const variances = settings.noise === "fixed" ? history.variances : null;
  const noise = settings.noise === "fixed" && variances === null ? "inferred" : settings.noise;
  const model = GaussianProcess.fit({ points, values, variances }, { ...settings, noise }, seed);
  const best = noise === "deterministic" ? Math.max(...values) : Math.max(...points.map((point) => model.predict(point).mean));
  const choice = inStandardUnits(sampler.acquisition ?? automatic(noise, pending), history.scale);
  const acquisition = acquisitionOf(choice, { model, best, pending, seed });
  const tried = trials.map(({ params }) => toUnit(space, params));
  const candidates = maximise(acquisition, { dimensions: space.length, seed, incumbent: bestPoint(history) });
  const fresh = candidates.find(({ x }) => !tried.some((point) => isSame(point, snap(space, x))));
  const log = choice.kind === "logEi" && fresh !== undefined ? { logImprovement: fresh.value + Math.log(history.scale) } : {};
  return { x: fresh?.x ?? null, source: "model", ...log };
}

const automatic = (noise: string, pending: readonly Float64Array[]): AcquisitionChoice =>
  pending.length > 0 || noise === "fixed" ? { kind: "qLogNei", samples: SAMPLES } : { kind: "logEi", margin: 0 };

const inStandardUnits = (choice: AcquisitionChoice, scale: number): AcquisitionChoice =>
  choice.kind === "logEi" ? { ...choice, margin: choice.margin / scale } : choice;

function bestPoint({ points, values }: Pick<History, "points" | "values">): Float64Array | null {
  let best = -1;
  values.forEach((value, i) => {
    if (best < 0 || value > (values[best] as number)) best = i;
  });
  return points[best] ?? null;
}

const isSame = (a: Float64Array, b: Float64Array): boolean => a.every((value, k) => Math.abs(value - (b[k] as number)) < SAME);

function distinct(points: readonly Float64Array[]): Float64Array[] {
  return points.filter((point, i) => points.findIndex((other) => isSame(point, other)) === i);
}
