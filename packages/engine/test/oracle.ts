import { createHash } from "node:crypto";
import { isByRow } from "../src/expr/program.ts";
import type { RandomKey } from "../src/expr/random.ts";
import { evaluate, evaluateNumber, type Scene } from "../src/expr/scalar.ts";
import { type ArithmeticDtype, decodeToF32, dtypes, encodeFromF32, isArithmetic, type TensorData } from "../src/formats/index.ts";
import { type MergeHeaders, methodOf, type Plan, type PlannedSource, plan, type Recipe } from "../src/merge/index.ts";

type Numbers = Record<string, number>;

/** What a merge must give, tensor by tensor, by the slow interpreter alone: plain loops, no tiles, threads, samples or kernels. */
export function expectedMerge(
  recipe: Recipe,
  headers: MergeHeaders,
  models: readonly (readonly TensorData[])[],
): { tensors: ReadonlyMap<string, Uint8Array>; plan: Plan } {
  const planned = plan(recipe, headers);
  const byName = models.map((tensors) => new Map(tensors.map((tensor) => [tensor.name, tensor])));
  const dataOf = (source: PlannedSource): Uint8Array[] =>
    source.inputs.map(({ model, tensor }) => byName[model]?.get(tensor)?.data ?? new Uint8Array());
  const found = surveyed(recipe, planned, dataOf);
  const tensors = new Map<string, Uint8Array>();
  for (const { name, source, value, stored, dtype } of planned.tensors) {
    const data = dataOf(source);
    if (value === null) tensors.set(name, data[0] ?? new Uint8Array());
    else {
      const values = evaluate(value, sceneOf(recipe, source, data, found.get(source.name) ?? {}, isByRow([value])));
      tensors.set(name, stored === "bits" ? packed(values) : encodeFromF32(dtype as ArithmeticDtype, values));
    }
  }
  return { tensors, plan: planned };
}

function sceneOf(recipe: Recipe, source: PlannedSource, data: readonly Uint8Array[], measured: Numbers, byRow: boolean): Scene {
  const types = source.inputs.map(({ dtype }) => dtype);
  return {
    inputs: data.map((bytes, k) => decodeToF32(types[k] as ArithmeticDtype, bytes)),
    keys: data.map((bytes, k) => keyOf(recipe.seed, source, types[k] ?? "F32", bytes)),
    measured,
    ...(byRow ? { columns: source.columns } : {}),
  };
}

/** As the docstring of stream-key.ts says. */
function keyOf(seed: number, { name, elements }: PlannedSource, dtype: keyof typeof dtypes, bytes: Uint8Array): RandomKey {
  const hash = createHash("sha256")
    .update(JSON.stringify(["amalgam.mask.1", seed, name, elements]))
    .update(dtype);
  const size = dtypes[dtype].sizeBytes;
  const perWindow = 256 / size;
  if (elements <= 16 * perWindow) hash.update(bytes);
  else
    for (let i = 0; i < 16; i += 1) {
      const begin = Math.floor((i * (elements - perWindow)) / 15) * size;
      hash.update(bytes.subarray(begin, begin + 256));
    }
  const digest = hash.digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

function surveyed(recipe: Recipe, { sources }: Plan, dataOf: (source: PlannedSource) => Uint8Array[]): Map<string, Numbers> {
  const { survey } = methodOf(recipe);
  const merged = sources.filter(({ build }) => build !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found = new Map<string, Numbers>(merged.map(({ name }) => [name, {}]));
  for (const [index, round] of (survey?.rounds ?? []).entries()) {
    const scenes = merged.map((source) => ({
      source,
      scene: sceneOf(recipe, source, dataOf(source), found.get(source.name) ?? {}, false),
      measurement: source.build === null ? {} : round(source.build),
    }));
    for (const { source, scene, measurement } of scenes)
      for (const [name, value] of Object.entries(measurement.numbers ?? {}))
        Object.assign(found.get(source.name) ?? {}, { [name]: evaluateNumber(value, scene) });
    for (const name of Object.keys(scenes[0]?.measurement.selections ?? {})) {
      const all = scenes.flatMap(({ source, scene, measurement }) => {
        const selection = measurement.selections?.[name];
        return selection === undefined ? [] : [{ source, selection, values: evaluate(selection.of, scene) }];
      });
      const elements = all.reduce((sum, { values }) => sum + values.length, 0);
      const selection = all[0]?.selection;
      const keep = Math.min(elements, Math.max(0, Math.floor(selection?.keep(elements) ?? 0)));
      const sorted = Float32Array.from(all.flatMap(({ values }) => [...values])).sort();
      const threshold = keep === 0 ? Number.POSITIVE_INFINITY : (sorted.at(-keep) ?? 0);
      let left = keep - sorted.reduce((above, value) => above + (value > threshold ? 1 : 0), 0);
      for (const { source, values } of all) {
        let cut = -1;
        values.forEach((value, i) => {
          if (value === threshold && left-- > 0) cut = i;
        });
        if (selection?.ties === "all" && keep > 0) cut = values.length;
        Object.assign(found.get(source.name) ?? {}, { [`${name}.threshold`]: threshold, [`${name}.cut`]: cut });
      }
    }
    const tensors = merged.map(({ name, shape, elements }) => ({ name, shape, elements, numbers: found.get(name) ?? {} }));
    const more = survey?.conclude?.(index, tensors, merged[0]?.build?.params ?? {}) ?? [];
    merged.forEach(({ name }, i) => void Object.assign(found.get(name) ?? {}, more[i]));
  }
  return found;
}

function packed(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value !== 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

export const isMerged = (dtype: string): boolean => isArithmetic(dtype as ArithmeticDtype);
