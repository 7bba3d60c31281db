import { join } from "node:path";
import { loadBert } from "@amalgam/engine/runtime";
import type { Results } from "./results.ts";

/** Norm of every task vector (expert − base, trunk only) relative to the base's, and the cosine of every pair. */
export async function compareTaskVectors(out: string, tasks: readonly string[]): Promise<Results["taskVectors"]> {
  const base = flat(await loadBert(join(out, "base")));
  const vectors = new Map<string, Float64Array>();
  for (const task of tasks) {
    const expert = flat(await loadBert(join(out, task)));
    vectors.set(
      task,
      expert.map((x, i) => x - (base[i] ?? 0)),
    );
  }
  const baseNorm = Math.sqrt(dot(base, base));
  const norm = (v: Float64Array): number => Math.sqrt(dot(v, v));
  const entries = [...vectors];
  return {
    relativeNorms: Object.fromEntries(entries.map(([task, v]) => [task, round(norm(v) / baseNorm)])),
    cosines: Object.fromEntries(
      entries.map(([a, v]) => [a, Object.fromEntries(entries.map(([b, w]) => [b, round(dot(v, w) / (norm(v) * norm(w)))]))]),
    ),
  };
}

function flat({ parameters }: Awaited<ReturnType<typeof loadBert>>): Float64Array {
  const names = [...parameters.names].sort();
  const out = new Float64Array(names.reduce((sum, name) => sum + parameters.values(name).length, 0));
  let offset = 0;
  for (const name of names) {
    out.set(parameters.values(name), offset);
    offset += parameters.values(name).length;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

const round = (x: number): number => Math.round(x * 1000) / 1000;
