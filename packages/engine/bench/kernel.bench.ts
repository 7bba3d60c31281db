import { compileKernel, input, instantiate, kernelMemory, methods } from "@amalgam/engine";
import { type ArithmeticDtype, dtypes } from "@amalgam/engine/formats";

const parents = 4;
const rounds = 15;
const roundSeconds = 0.12;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Calls of `step` in one CPU second of this thread, measured over at least `roundSeconds`. */
function perCpuSecond(step: () => void): number {
  const before = process.cpuUsage();
  let calls = 0;
  let used = 0;
  while (used < roundSeconds) {
    for (let i = 0; i < 20; i += 1) step();
    calls += 20;
    const { user, system } = process.cpuUsage(before);
    used = (user + system) / 1e6;
  }
  return calls / used;
}

/** Weights as trained models have them: normal around 0 with deviation 0.02, in the bits of the type. */
function fill(tile: Uint8Array, dtype: ArithmeticDtype, elements: number, seed: number): void {
  let state = seed + 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const value = () => (uniform() + uniform() + uniform() + uniform() - 2) * 0.035;
  const f32 = Float32Array.from({ length: elements }, value);
  if (dtype === "F32") tile.set(new Uint8Array(f32.buffer));
  else {
    const kernel = compileKernel({ expr: input(0), inputs: ["F32"], output: dtype }, 1, 4 * elements);
    const memory = kernelMemory(1, 4 * elements);
    memory.input(0).set(new Uint8Array(f32.buffer));
    instantiate(kernel, memory).merge(elements);
    tile.set(memory.output.subarray(0, 2 * elements));
  }
}

interface Case {
  readonly id: string;
  readonly dtype: ArithmeticDtype;
}

/** Bytes of input that a kernel merges in a CPU second, tiles in cache, against copying the same bytes. */
function measure({ id, dtype }: Case, tileBytes: number) {
  const method = methods.find((candidate) => candidate.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  const first = method.needsBase ? 1 : 0;
  const count = parents + first;
  const values = Array.from({ length: parents }, (_, i) => ({ value: input(first + i), space: "weights" as const, weight: 1 }));
  const expr = method.build({ base: first === 1 ? input(0) : null, parents: values, params: {} });
  const kernel = compileKernel({ expr, inputs: Array.from({ length: count }, () => dtype), output: dtype }, count, tileBytes);
  const memory = kernelMemory(count, tileBytes);
  const elements = kernel.tileElements;
  const bytes = elements * dtypes[dtype].sizeBytes;
  for (let k = 0; k < count; k += 1) fill(memory.input(k), dtype, elements, k);
  const instance = instantiate(kernel, memory);
  const merge = () => {
    if (!instance.merge(elements)) throw new Error("The merge is not finite.");
  };
  const tiles = Array.from({ length: count }, (_, k) => memory.input(k).subarray(0, bytes));
  // memcpy of the same input bytes, tile by tile into the output tile.
  const copy = () => {
    for (const tile of tiles) memory.output.set(tile);
  };
  // The kernel's optimised code arrives after some calls.
  for (let i = 0; i < 500; i += 1) merge();
  const merged: number[] = [];
  const copied: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    merged.push((perCpuSecond(merge) * count * bytes) / 1e9);
    copied.push((perCpuSecond(copy) * count * bytes) / 1e9);
  }
  return {
    bench: "kernel",
    metric: `${id} of ${parents}${first === 1 ? " and base" : ""}, ${dtype} in and out`,
    value: median(merged),
    unit: "GB/CPU-s",
    reference: "memcpy of the inputs",
    referenceValue: median(copied),
    ratio: median(merged) / median(copied),
  };
}

async function* run() {
  const types = ["BF16", "F16", "F32"] as const;
  for (const id of ["linear", "task_arithmetic"]) for (const dtype of types) yield measure({ id, dtype }, 1 << 18);
}

export const benches = [{ name: "kernel", run }];
