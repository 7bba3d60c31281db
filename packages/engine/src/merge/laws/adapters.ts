import type { MadeModule } from "../adapters/adapter-work.ts";
import { combineSvd } from "../adapters/combine.ts";
import { adapterDelta } from "../adapters/deltas.ts";
import type { Factors } from "../adapters/factors.ts";
import type { MergeMethod, Values } from "../define-method.ts";
import { difference, type Law, norm, type Sample } from "./law.ts";

/** The parents of a sample as adapters of one module: B is columns × rows, A the parent itself. */
function adaptersOf({ parents, base, columns, seed }: Sample): Factors[] {
  const rank = columns === 0 ? 0 : base.length / columns;
  const at = (i: number, p: number): number => base[(i * (p + 2) + seed) % Math.max(1, base.length)] ?? 0;
  return parents.map((values, p) => ({
    a: values.map((x) => Math.round(x * 8) / 8),
    b: Float32Array.from({ length: columns * rank }, (_, i) => Math.round(at(i, p) * 8) / 8),
    ...{ rank, rows: columns, columns, scale: p + 0.5 },
  }));
}

function combine({ adapters }: MergeMethod, parts: readonly Factors[], own: readonly Values[], params: Values = {}): MadeModule {
  if (adapters?.kind !== "combine") throw new Error("The method combines no adapters.");
  return adapters.make(
    parts.map((factors, i) => ({ factors, own: own[i] ?? {} })),
    params,
  );
}

const deltaOf = ({ factors }: MadeModule): Float32Array => adapterDelta(factors);
const weightAt = (own: readonly Values[], i: number): number => (typeof own[i]?.["weight"] === "number" ? own[i]["weight"] : 1);

/** Equal to 1e-5 of the sizes that went into it. */
const near = (a: Float32Array, b: Float32Array, sizes: number): boolean => norm(difference(a, b)) <= 1e-5 * sizes + 1e-30;

/** How large factors can make a sum of deltas, products of different adapters included. */
function sizeOf(parts: readonly Factors[], own: readonly Values[]): number {
  const sum = (side: "a" | "b") =>
    parts.reduce((acc, part, i) => acc + Math.sqrt(Math.abs(weightAt(own, i) * part.scale)) * norm(part[side]), 0);
  return sum("a") * sum("b");
}

const scaled = (part: Factors | undefined, weight: number): Float32Array =>
  part === undefined ? new Float32Array() : adapterDelta(part).map((x) => weight * x);

export const oneAdapterIsScaled: Law = {
  sentence: "One adapter alone does what it did, times its weight.",
  holds(method, sample) {
    const parts = adaptersOf(sample).slice(0, 1);
    const made = deltaOf(combine(method, parts, sample.own));
    return near(made, scaled(parts[0], weightAt(sample.own, 0)), sizeOf(parts, sample.own));
  },
};

export const adaptersAddUp: Law = {
  sentence: "The result does what the adapters do, each times its weight, added up.",
  holds(method, sample) {
    const parts = adaptersOf(sample);
    const sum = new Float32Array(sample.columns * sample.columns);
    for (const [i, part] of parts.entries())
      for (const [k, x] of scaled(part, weightAt(sample.own, i)).entries()) sum[k] = (sum[k] ?? 0) + x;
    return near(deltaOf(combine(method, parts, sample.own)), sum, sizeOf(parts, sample.own));
  },
};

export const emptyAdapterChangesNothing: Law = {
  sentence: "An adapter of zeros changes nothing of what the others do.",
  holds(method, sample) {
    const [first, ...others] = adaptersOf(sample);
    if (first === undefined) return true;
    const zero = { ...first, a: new Float32Array(first.a.length), b: new Float32Array(first.b.length) };
    const [parts, own] = [[first, ...others], sample.own];
    return near(deltaOf(combine(method, [...parts, zero], own)), deltaOf(combine(method, parts, own)), sizeOf(parts, own));
  },
};

export const catIsFullSvd: Law = {
  sentence: "lora_svd of the full rank does the same.",
  holds(method, sample) {
    const parts = adaptersOf(sample);
    const weighted = parts.map((factors, i) => ({ factors, weight: weightAt(sample.own, i) }));
    const total = parts.reduce((sum, { rank }) => sum + rank, 0);
    const { factors } = combineSvd(weighted, total);
    return near(deltaOf(combine(method, parts, sample.own)), adapterDelta(factors), sizeOf(parts, sample.own));
  },
};

export const oneKeptAdapterIsItself: Law = {
  sentence: "One adapter with keep 1 and coefficient 1 does what it did.",
  holds(method, sample) {
    const parts = adaptersOf(sample).slice(0, 1);
    const made = deltaOf(combine(method, parts, [], { keep: 1, coefficient: 1 }));
    return near(made, scaled(parts[0], 1), sizeOf(parts, []));
  },
};

export const orderOfAdaptersIrrelevant: Law = {
  sentence: "The order of the adapters changes nothing but the last rounding.",
  holds(method, sample) {
    const parts = adaptersOf(sample);
    const [forth, back] = [combine(method, parts, []), combine(method, [...parts].reverse(), [])];
    return near(deltaOf(forth), deltaOf(back), 4 * sizeOf(parts, []));
  },
};

function extract({ adapters }: MergeMethod, { base, columns }: Sample, model: Float32Array): Factors {
  if (adapters?.kind !== "extract") throw new Error("The method extracts no adapter.");
  const rows = columns === 0 ? 0 : base.length / columns;
  return adapters.make({ model, base, rows, columns }, { rank: Math.max(1, rows, columns) }).factors;
}

export const extractedFullRankIsExact: Law = {
  sentence: "With full rank the adapter does exactly what fine-tuning did.",
  holds(method, sample) {
    const [model = sample.base] = sample.parents;
    const change = difference(model, sample.base);
    return near(adapterDelta(extract(method, sample, model)), change, norm(change));
  },
};

export const noChangeIsNoAdapter: Law = {
  sentence: "A model equal to its base gives no module.",
  holds: (method, sample) => extract(method, sample, sample.base).rank === 0,
};
