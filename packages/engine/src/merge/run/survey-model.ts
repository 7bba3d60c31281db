import { largest, type Numeric, number } from "../../expr/expr.ts";
import { binOf, keyFromHalves } from "../../expr/nth-largest.ts";
import { keyOf, numericEvaluator, statisticsOf } from "../../expr/numeric.ts";
import { valueOfKey } from "../../expr/wasm/emit-select.ts";
import { outlineOf } from "../../expr/wasm/kernel.ts";
import { bandBetween, everyKey } from "../../expr/wasm/kernel-instance.ts";
import type { Measurement, ModelSelection, SurveyedTensor } from "../define-method.ts";
import { SpecList } from "../kernel-specs.ts";
import type { PlannedSource } from "../planned.ts";
import { methodOf } from "../recipe.ts";
import { completeJob, type Findings, type JobParts, SourceFinder } from "./build-job.ts";
import { type Job, planCounts, planStages, type TensorJob } from "./job.ts";
import { KernelDesk } from "./kernel-desk.ts";
import { tileOf } from "./level-work.ts";
import { type RunOptions, runJob } from "./run-job.ts";
import type { SharedState } from "./shared-state.ts";
import type { Counting, TileFault } from "./tile-worker.ts";

export type SurveyResult =
  | { readonly kind: "done"; readonly findings: Findings; readonly bytesRead: number }
  | { readonly kind: "fault"; readonly fault: TileFault };

interface Surveying {
  readonly parts: JobParts;
  readonly run: Omit<RunOptions, "hashesOutputs" | "counting">;
}

/** A fault of a tile on its way out of the rounds. */
class SurveyFault extends Error {
  readonly fault: TileFault;
  constructor(fault: TileFault) {
    super(fault.problem.kind);
    this.fault = fault;
  }
}

/** Passes over the whole model that a method wants before the merge, each with what the ones before have found. */
export async function surveyModel(surveying: Surveying): Promise<SurveyResult> {
  try {
    return { kind: "done", ...(await new ModelSurvey(surveying).perform()) };
  } catch (error) {
    if (error instanceof SurveyFault) return { kind: "fault", fault: error.fault };
    throw error;
  }
}

interface Subject {
  readonly source: PlannedSource;
  readonly measurement: Measurement;
}

class ModelSurvey {
  readonly #parts: JobParts;
  readonly #run: Surveying["run"];
  readonly #finder: SourceFinder;
  readonly #found = new Map<string, Record<string, number>>();
  #bytesRead = 0;

  constructor({ parts, run }: Surveying) {
    this.#parts = parts;
    this.#run = run;
    this.#finder = new SourceFinder(parts);
  }

  async perform(): Promise<{ findings: Findings; bytesRead: number }> {
    const { plan } = this.#parts;
    const method = methodOf(plan.recipe);
    const sources = [...plan.sources].filter(({ build }) => build !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name } of sources) this.#found.set(name, {});
    for (const [index, round] of (method.survey?.rounds ?? []).entries()) {
      const subjects = sources.flatMap((source): Subject[] =>
        source.build === null ? [] : [{ source, measurement: round(source.build) }],
      );
      await this.#measureNumbers(subjects);
      await this.#measureSelections(subjects);
      const surveyed = sources.map(
        ({ name, shape, elements }): SurveyedTensor => ({ name, shape, elements, numbers: this.#found.get(name) ?? {} }),
      );
      const more = method.survey?.conclude?.(index, surveyed, sources[0]?.build?.params ?? {}) ?? [];
      sources.forEach(({ name }, i) => void Object.assign(this.#found.get(name) ?? {}, more[i]));
    }
    return { findings: this.#found, bytesRead: this.#bytesRead };
  }

  async #measureNumbers(subjects: readonly Subject[]): Promise<void> {
    const wanted = subjects.filter(({ measurement }) => statisticsOf(Object.values(measurement.numbers ?? {})).length > 0);
    if (wanted.length > 0) {
      const specs = new SpecList(this.#parts.plan.recipe);
      const tensors = wanted.map(({ source, measurement }) =>
        this.#tensorJob(source, specs.ofStatistics(source, statisticsOf(Object.values(measurement.numbers ?? {})))),
      );
      const job = completeJob(this.#parts, tensors, specs, [], planStages);
      const { state } = await this.#perform(job, undefined);
      wanted.forEach(({ source, measurement }, i) => {
        const evaluate = evaluatorOf(job, i, state);
        const found = this.#found.get(source.name) ?? {};
        for (const [name, value] of Object.entries(measurement.numbers ?? {})) found[name] = evaluate(value);
      });
    }
    for (const { source, measurement } of subjects.filter((subject) => !wanted.includes(subject))) {
      const found = this.#found.get(source.name) ?? {};
      const evaluate = numericEvaluator({
        elements: source.elements,
        columns: source.columns,
        rows: source.elements / source.columns,
        measured: (name) => found[name] ?? Number.NaN,
        reduction: () => Number.NaN,
        threshold: () => Number.NaN,
      });
      for (const [name, value] of Object.entries(measurement.numbers ?? {})) found[name] = evaluate(value);
    }
  }

  /** Selections over all tensors together: histograms of the upper, then the lower halves of keys, then ties by position. */
  async #measureSelections(subjects: readonly Subject[]): Promise<void> {
    const names = Object.keys(subjects[0]?.measurement.selections ?? {});
    if (names.length === 0) return;
    const selectionsOf = ({ measurement }: Subject): ModelSelection[] =>
      names.flatMap((name) => measurement.selections?.[name] ?? []);
    const specs = new SpecList(this.#parts.plan.recipe);
    const tensors = subjects.map((subject) => {
      // Numbered, so that two selections from the same values stay two.
      const statistics = selectionsOf(subject).map(({ of }, s) => largest(of, number(s)));
      return this.#tensorJob(subject.source, specs.ofStatistics(subject.source, statistics));
    });
    const job = completeJob(this.#parts, tensors, specs, [], planCounts);
    const elements = tensors.reduce((sum, tensor) => sum + tensor.elements, 0);
    const chosen = subjects[0] === undefined ? [] : selectionsOf(subjects[0]);
    const wanted = chosen.map(({ keep }) => Math.min(elements, Math.max(0, Math.floor(keep(elements)))));
    const upper = (await this.#perform(job, { note: "upper", bands: chosen.map(() => everyKey) })).histograms.map((counts, s) =>
      binOf(counts, Math.max(1, wanted[s] ?? 0)),
    );
    const bands = upper.map(({ bin }) => bandBetween(keyFromHalves(bin, 0), keyFromHalves(bin, 0xffff)));
    const lower = (await this.#perform(job, { note: "lower", bands })).histograms.map((counts, s) =>
      binOf(counts, Math.max(1, (wanted[s] ?? 0) - (upper[s]?.above ?? 0))),
    );
    const keys = upper.map(({ bin }, s) => keyFromHalves(bin, lower[s]?.bin ?? 0));
    const left = wanted.map((count, s) => count - (upper[s]?.above ?? 0) - (lower[s]?.above ?? 0));
    const cuts = chosen.some(({ ties }) => ties === "first") ? await this.#cutTies(job, keys, left) : null;
    names.forEach((name, s) => {
      const none = wanted[s] === 0;
      subjects.forEach(({ source }, i) => {
        const cut = chosen[s]?.ties === "all" ? source.elements : (cuts?.[s]?.[i] ?? -1);
        const found = this.#found.get(source.name) ?? {};
        found[`${name}.threshold`] = none ? Number.POSITIVE_INFINITY : valueOfKey(keys[s] ?? 0);
        found[`${name}.cut`] = none ? -1 : cut;
      });
    });
  }

  /** For each selection and tensor the position up to which ties are kept, the first `left` of the model in the order of names. */
  async #cutTies(job: Job, keys: readonly number[], left: readonly number[]): Promise<number[][]> {
    const counting: Counting = { note: "ties", bands: keys.map((key) => bandBetween(key, key)) };
    const { state } = await this.#perform(job, counting);
    return keys.map((key, s) => {
      let rest = left[s] ?? 0;
      const cuts = job.tensors.map(() => -1);
      for (const [index, { tensor, firstTile, tileCount }] of job.stages.entries()) {
        for (let tile = firstTile; tile < firstTile + tileCount && rest > 0; tile += 1) {
          const equal = state.tileCounts[tile * state.sizes.selections + s] ?? 0;
          const isLast = equal >= rest;
          cuts[tensor] = isLast
            ? positionInTile(job, state, { index, tile, s, key, n: rest })
            : (job.tensors[tensor]?.elements ?? 0);
          rest = isLast ? 0 : rest - equal;
        }
      }
      return cuts;
    });
  }

  #tensorJob(source: PlannedSource, spec: number): TensorJob {
    const { name, elements, columns } = source;
    return {
      name,
      spec,
      elements,
      columns,
      inputs: this.#finder.sourcesOf(source),
      output: null,
      measured: this.#found.get(name) ?? {},
    };
  }

  async #perform(job: Job, counting: Counting | undefined) {
    const result = await runJob(job, { ...this.#run, hashesOutputs: false, counting });
    if (result.kind === "fault") throw new SurveyFault(result.fault);
    this.#bytesRead += result.bytesRead;
    return result;
  }
}

interface TiedValue {
  readonly index: number;
  readonly tile: number;
  readonly s: number;
  readonly key: number;
  readonly n: number;
}

/** Position in a tensor of the n-th value of a tile that has the key of a selection. */
function positionInTile(job: Job, state: SharedState, { index, tile, s, key, n }: TiedValue): number {
  const desk = new KernelDesk(job, state);
  const { stage, tensor } = desk.stage(index);
  const range = tileOf(stage, tensor, tile);
  const kernel = desk.enter(index);
  desk.load(index, range, true);
  return kernel.positionOf(stage.level, s, key, n, range);
}

/** Numbers of one tensor of a job that has measured them. */
function evaluatorOf(job: Job, index: number, { reduced, borders, sizes }: SharedState): (value: Numeric) => number {
  const tensor = job.tensors[index];
  const spec = job.specs[tensor?.spec ?? -1];
  const places = new Map<string, { readonly stage: number; readonly at: number }>();
  const levels = job.stages.flatMap((stage, i) => (stage.tensor === index && stage.kind === "level" ? [i] : []));
  if (spec !== undefined)
    outlineOf(spec).program.levels.forEach(({ reductions, selections }, level) => {
      const stage = levels[level] ?? -1;
      reductions.forEach((node, r) => void places.set(keyOf(node), { stage, at: stage * sizes.reductions + r }));
      selections.forEach((node, s) => void places.set(keyOf(node), { stage, at: 2 * (stage * sizes.selections + s) }));
    });
  const elements = tensor?.elements ?? 0;
  const columns = tensor?.columns ?? 0;
  const nothing = elements === 0;
  return numericEvaluator({
    elements,
    columns,
    rows: columns === 0 ? 0 : elements / columns,
    measured: (name) => tensor?.measured[name] ?? Number.NaN,
    reduction: (node) =>
      nothing ? (node.op === "max" ? Number.NEGATIVE_INFINITY : 0) : (reduced[places.get(keyOf(node))?.at ?? -1] ?? Number.NaN),
    threshold: (of) => (nothing ? Number.POSITIVE_INFINITY : (borders[places.get(keyOf(of))?.at ?? -1] ?? Number.NaN)),
  });
}
