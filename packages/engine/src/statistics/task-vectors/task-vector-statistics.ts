import { MagnitudeHistogram } from "./largest.ts";
import { addLargest, addMoments, addTile, emptyMoments, type Moments } from "./moments.ts";
import { openTensors, type StoredTensor, type StoredTensors } from "./open-tensors.ts";
import { summariseMoments, type TaskVectorSummary } from "./summary.ts";

export interface TaskVectorOptions {
  /** Share of a tensor's elements that count as its largest; default 0.2. */
  readonly density?: number;
  /** Elements of each model in memory at a time; default 2^20. */
  readonly tileElements?: number;
  readonly signal?: AbortSignal;
  /** Counts bytes as f32. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface TaskVectorStatistics {
  readonly models: readonly string[];
  readonly density: number;
  readonly total: TaskVectorSummary;
  /** Tensors together whose names begin alike, up to the number of the layer. */
  readonly layers: ReadonlyMap<string, TaskVectorSummary>;
  readonly tensors: ReadonlyMap<string, TaskVectorSummary>;
  /** Tensors of the base that were not measured, and why. */
  readonly skipped: ReadonlyMap<string, string>;
}

/**
 * How task vectors τᵢ = θᵢ − θ₀ relate: norms, cosines, how often they pull an element in opposite directions, and which share of the largest elements (of each
 * tensor, ties at the threshold included up to 0.4 %) two of them have in common. Sums are f64. One tensor after the other is read once, or twice when it is larger than a
 * tile; memory is (models + 2) tiles.
 * @throws Error for a folder without weights, fewer than one model, or a NaN or infinity, by tensor and model
 * Sources: Ilharco et al. 2023 (cosines), Yadav et al. 2023 (sign conflicts, largest elements).
 */
export async function taskVectorStatistics(
  basePath: string,
  modelPaths: readonly string[],
  options: TaskVectorOptions = {},
): Promise<TaskVectorStatistics> {
  const { density = 0.2, signal, onProgress } = options;
  if (modelPaths.length === 0) throw new RangeError("Task-vector statistics need at least one model beside the base.");
  if (!(density > 0 && density <= 1)) throw new RangeError(`The density is ${density}; it lies above 0 and is at most 1.`);
  const opened: StoredTensors[] = [];
  try {
    for (const path of [basePath, ...modelPaths]) opened.push(await openTensors(path));
    const { shared, skipped } = sharedTensors(opened);
    const total = shared.reduce((sum, [first]) => sum + (first?.elements ?? 0), 0) * 4 * opened.length;
    const found = new Map<string, Moments>();
    let done = 0;
    for (const stored of shared) {
      signal?.throwIfAborted();
      const [first] = stored;
      if (first === undefined) continue;
      found.set(first.name, await measureTensor(stored, opened, options));
      done += first.elements * 4 * opened.length;
      onProgress?.({ done, total });
    }
    return { models: modelPaths, density, ...summarise(found, modelPaths.length), skipped };
  } finally {
    for (const each of opened) await each.close();
  }
}

function sharedTensors(opened: readonly StoredTensors[]): { shared: StoredTensor[][]; skipped: Map<string, string> } {
  const [base, ...models] = opened;
  const skipped = new Map<string, string>();
  const shared = [...(base?.tensors.values() ?? [])].flatMap((own) => {
    const stored = [own];
    for (const { label, tensors } of models) {
      const other = tensors.get(own.name);
      if (other === undefined) skipped.set(own.name, `${label} has no such tensor`);
      else if (other.shape.join() !== own.shape.join())
        skipped.set(own.name, `${label} has the shape [${other.shape.join(", ")}], the base [${own.shape.join(", ")}]`);
      else stored.push(other);
    }
    if (stored.some(({ read }) => read === null)) skipped.set(own.name, "its type is not computed with");
    return skipped.has(own.name) ? [] : [stored];
  });
  return { shared, skipped };
}

async function measureTensor(
  stored: readonly StoredTensor[],
  opened: readonly StoredTensors[],
  { density = 0.2, tileElements = 2 ** 20, signal }: TaskVectorOptions,
): Promise<Moments> {
  const models = stored.length - 1;
  const elements = stored[0]?.elements ?? 0;
  const moments = emptyMoments(models);
  const histograms = Array.from({ length: models }, () => new MagnitudeHistogram());
  const tiles = Math.ceil(elements / tileElements);
  const tile = (index: number) =>
    readTile(stored, opened, index * tileElements, Math.min(tileElements, elements - index * tileElements));
  let kept: Float32Array[] | null = null;
  for (let index = 0; index < tiles; index++) {
    signal?.throwIfAborted();
    const deltas = await tile(index);
    addTile(moments, deltas);
    deltas.forEach((delta, i) => void histograms[i]?.add(delta));
    if (tiles === 1) kept = deltas;
  }
  const wanted = Math.floor(density * elements);
  const thresholds = histograms.map((histogram) => histogram.threshold(wanted));
  for (let index = 0; index < tiles; index++) {
    signal?.throwIfAborted();
    addLargest(moments, kept ?? (await tile(index)), thresholds);
  }
  return moments;
}

/** θᵢ − θ₀ of some elements, for every model. */
async function readTile(
  stored: readonly StoredTensor[],
  opened: readonly StoredTensors[],
  first: number,
  count: number,
): Promise<Float32Array[]> {
  const [base, ...models] = stored;
  const start = (await base?.read?.(first, count)) ?? new Float32Array(0);
  const deltas: Float32Array[] = [];
  for (const [i, model] of models.entries()) {
    const values = (await model.read?.(first, count)) ?? new Float32Array(0);
    for (let p = 0; p < count; p++) {
      const change = (values[p] as number) - (start[p] as number);
      if (!Number.isFinite(change)) {
        const culprit = Number.isFinite(start[p]) ? opened[i + 1] : opened[0];
        throw new Error(`${culprit?.label}: tensor "${model.name}": element ${first + p} is not a finite number.`);
      }
      values[p] = change;
    }
    deltas.push(values);
  }
  return deltas;
}

function summarise(
  found: ReadonlyMap<string, Moments>,
  models: number,
): Pick<TaskVectorStatistics, "total" | "layers" | "tensors"> {
  const total = emptyMoments(models);
  const layers = new Map<string, Moments>();
  for (const [name, moments] of found) {
    const layer = layers.get(layerOf(name)) ?? emptyMoments(models);
    layers.set(layerOf(name), layer);
    addMoments(layer, moments);
    addMoments(total, moments);
  }
  const summaries = (map: ReadonlyMap<string, Moments>) =>
    new Map([...map].map(([name, each]) => [name, summariseMoments(each)]));
  return { total: summariseMoments(total), layers: summaries(layers), tensors: summaries(found) };
}

/** A name up to its first number; without one, all but the last part. */
export function layerOf(name: string): string {
  const parts = name.split(".");
  const number = parts.findIndex((part) => /^\d+$/.test(part));
  return number >= 0 ? parts.slice(0, number + 1).join(".") : parts.slice(0, -1).join(".") || name;
}
