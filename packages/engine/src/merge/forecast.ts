import { largest, number } from "../expr/expr.ts";
import { statisticsOf } from "../expr/numeric.ts";
import { bandShare, sampleRanges, sampleSize, wholeSelection } from "../expr/sample.ts";
import { type Outline, outlineOf, shapeFor } from "../expr/wasm/kernel.ts";
import { strideOf } from "../expr/wasm/kernel-instance.ts";
import { layoutFor } from "../expr/wasm/layout.ts";
import { type Dtype, dtypes } from "../tensor/dtype.ts";
import type { MergeMethod } from "./define-method.ts";
import { SpecList } from "./kernel-specs.ts";
import type { GatheredMatrix, PlannedInput, PlannedSource, PlannedTensor } from "./planned.ts";
import { preparationForecast } from "./prepare/plan-preparation.ts";
import { methodOf, type Recipe } from "./recipe.ts";
import { ringSlots } from "./run/shared-state.ts";
import { bytesOfRows } from "./tokenizer/row-map.ts";

export const defaultTileBytes = 1 << 18;
/** Measured: the process with its modules loaded, and each worker thread, without tiles. */
export const processBytes = 78e6;
const workerBytes = 13e6;
/** Histograms of a worker that looks for the largest values. */
const selectingBytes = 2e6;
/** Bytes read and written in a second on two ordinary cores with a warm page cache. */
export const forecastBytesPerSecond = 1.5e9;
const forecastThreads = 2;
export const startSeconds = 0.2;

export interface Forecast {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly scratchBytes: number;
  peakMemoryBytes(threads: number, tileBytes?: number): number;
  readonly secondsForecast: number;
}

/** A kernel at work on a source: one pass for each level, a sample before those that select, and the pass that writes. */
interface Work {
  readonly source: PlannedSource;
  readonly outline: Outline | null;
}

function bytesOf({ dtype, stored, gather, elements: own }: PlannedInput, elements: number, begin = 0): number {
  if (own !== undefined) return own * dtypes[dtype].sizeBytes;
  if (stored === "mask") return Math.ceil(elements / 8);
  if (gather === undefined) return elements * dtypes[dtype satisfies Dtype].sizeBytes;
  const sizes = gather.matrices.map((matrix) => (matrix === null ? 0 : dtypes[matrix.dtype].sizeBytes));
  return bytesOfRows(gather.map, sizes, { columns: gather.columns, begin, count: elements });
}

function readBytesOf({ source, outline }: Work): number {
  const over = (elements: number, begin = 0): number =>
    source.inputs.reduce((sum, input) => sum + bytesOf(input, elements, begin), 0);
  if (outline === null) return over(source.elements);
  const { levels, byRow } = outline.program;
  const passes = levels.length + (outline.spec.output === null ? 0 : 1);
  const samples = source.elements > wholeSelection ? levels.filter(({ selections }) => selections.length > 0).length : 0;
  const sampled = samples === 0 ? 0 : sampleRanges(source, byRow).reduce((sum, { begin, count }) => sum + over(count, begin), 0);
  return passes * over(source.elements) + samples * sampled;
}

/** A matrix of a model, whose mean stands in rows that belong to no token. */
export interface MeanMatrix {
  readonly model: number;
  readonly matrix: GatheredMatrix;
  readonly columns: number;
}

/** The matrices whose means a merge needs, each once: they are read before all else. */
export function meansOf(sources: readonly PlannedSource[]): MeanMatrix[] {
  const found = new Map<string, MeanMatrix>();
  const note = ({ model, gather }: PlannedInput) => {
    const matrix = gather?.map.hasMean === true ? gather.matrices[model] : null;
    if (gather !== undefined && matrix != null)
      found.set(`${model} ${matrix.tensor}`, { model, matrix, columns: gather.columns });
  };
  for (const { inputs, prepare } of sources) {
    inputs.forEach(note);
    prepare?.inputs.forEach(note);
  }
  return [...found.values()];
}

const meanBytes = ({ matrix: { rows, dtype }, columns }: MeanMatrix): number => rows * columns * dtypes[dtype].sizeBytes;

/** What a plan costs; bytes are exact but for a tile that a selection may have to look at once more. */
export function forecastOf(recipe: Recipe, sources: readonly PlannedSource[], tensors: readonly PlannedTensor[]): Forecast {
  const method = methodOf(recipe);
  const specs = new SpecList(recipe);
  const outlines = new Map<number, Outline>();
  const outlineAt = (index: number | null): Outline | null => {
    const spec = index === null ? undefined : specs.list[index];
    if (index === null || spec === undefined) return null;
    const outline = outlines.get(index) ?? outlineOf(spec);
    outlines.set(index, outline);
    return outline;
  };
  const works: Work[] = tensors.map((tensor) => ({ source: tensor.source, outline: outlineAt(specs.ofTensor(tensor).spec) }));
  const counts = sources.flatMap((source) => surveyOf(method, source, specs, outlineAt));
  const preparing = preparationForecast(method, sources, bytesOf);
  const means = meansOf(sources).reduce((sum, mean) => sum + meanBytes(mean), 0);
  const readBytes = [...works, ...counts].reduce((sum, work) => sum + readBytesOf(work), preparing.readBytes + means);
  const writeBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    readBytes,
    writeBytes,
    scratchBytes: preparing.scratchBytes,
    secondsForecast:
      startSeconds +
      preparing.seconds / forecastThreads +
      (readBytes + writeBytes + preparing.scratchBytes) / forecastBytesPerSecond,
    peakMemoryBytes: (threads, tileBytes = defaultTileBytes) => {
      const merging = threads * tilesOf([...works, ...counts], tileBytes) + sharedOf([...works, ...counts]);
      const selecting = [...works, ...counts].reduce((most, work) => Math.max(most, selectingOf(work)), 0);
      return processBytes + threads * (workerBytes + selecting) + Math.max(merging, preparing.memoryBytes(threads));
    },
  };
}

/** What a worker holds of its own to select from a tensor: histograms, and a sample for each selection of a level. */
function selectingOf({ source, outline }: Work): number {
  const most = Math.max(0, ...(outline?.program.levels ?? []).map(({ selections }) => selections.length));
  if (most === 0) return 0;
  return selectingBytes + (source.elements > wholeSelection ? 4 * most * sampleSize(source.elements) : 0);
}

/** The rounds of a method's survey at one tensor. A selection over the model takes two counts, and one more to settle ties. */
function surveyOf(
  { survey }: MergeMethod,
  source: PlannedSource,
  specs: SpecList,
  outlineAt: (index: number) => Outline | null,
): Work[] {
  const { build } = source;
  if (survey === null || build === null) return [];
  return survey.rounds.flatMap((round) => {
    const { numbers = {}, selections = {} } = round(build);
    const statistics = statisticsOf(Object.values(numbers));
    const chosen = Object.values(selections);
    const counted = specs.ofStatistics(
      source,
      chosen.map(({ of }, s) => largest(of, number(s))),
    );
    const passes = chosen.length === 0 ? 0 : chosen.some(({ ties }) => ties === "first") ? 3 : 2;
    return [
      ...(statistics.length === 0 ? [] : [{ source, outline: outlineAt(specs.ofStatistics(source, statistics)) }]),
      ...Array.from({ length: passes }, (): Work => ({ source, outline: withoutSamples(outlineAt(counted)) })),
    ];
  });
}

/** A count over the model looks at everything: it is one pass, without a sample before. */
const withoutSamples = (outline: Outline | null): Outline | null =>
  outline === null
    ? null
    : {
        ...outline,
        program: { ...outline.program, levels: outline.program.levels.map(({ reductions }) => ({ reductions, selections: [] })) },
      };

function tilesOf(works: readonly Work[], tileBytes: number): number {
  const outlines = [...new Set(works.flatMap(({ outline }) => outline ?? []))];
  const columns = works.reduce(
    (most, { source, outline }) => (outline?.program.byRow === true ? Math.max(most, strideOf(source.columns)) : most),
    0,
  );
  return 65536 * layoutFor(shapeFor(outlines, tileBytes, columns)).pages;
}

/** Statistics that threads share while they are found: keys that selections collect, and sums of blocks. */
function sharedOf(works: readonly Work[]): number {
  return works.reduce((most, { source, outline }) => {
    const { levels = [] } = outline?.program ?? {};
    const bytes = levels.map(({ selections, reductions }) => {
      const keys = source.elements * (source.elements <= wholeSelection ? 1 : bandShare(source.elements));
      return ringSlots * selections.length * 4 * keys + ringSlots * reductions.length * 8 * (source.elements / 4096);
    });
    return Math.max(most, ...bytes);
  }, 0);
}
