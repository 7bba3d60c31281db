import { dtypes } from "../../tensor/dtype.ts";
import { blockCount } from "../blocks.ts";
import type { Numeric, Reduction } from "../expr.ts";
import { broadcasts, evaluateNumeric, keyOf, reductions } from "../numeric.ts";
import { emitMerge } from "./emit-merge.ts";
import { emitReduce } from "./emit-reduce.ts";
import { encodeModule } from "./encoding.ts";
import type { Signature } from "./group-emitter.ts";
import { type KernelLayout, layoutFor } from "./layout.ts";
import { groupElements } from "./simd-codec.ts";
import { type WasmMemory, type WasmModule, webAssembly } from "./web-assembly.ts";

/** A compiled expression. Plain data and a module: it can be posted to workers. */
export interface Kernel {
  readonly module: WasmModule;
  readonly signature: Signature;
  /** Shape of the memory that it was compiled for */
  readonly inputCount: number;
  readonly tileBytes: number;
  readonly reductions: readonly Reduction[];
  readonly broadcasts: readonly Numeric[];
  /** Elements of a tile: whole blocks, as many as fit for the widest of the types */
  readonly tileElements: number;
}

/** Compiles an expression for the given types; about a millisecond. */
export function compileKernel(signature: Signature, inputCount: number, tileBytes: number): Kernel {
  const layout = layoutFor(inputCount, tileBytes);
  const numbers = broadcasts(signature.expr);
  const reduced = reductions(numbers);
  const functions = [emitMerge(signature, layout)];
  if (reduced.length > 0) functions.push(emitReduce(signature, reduced, layout));
  const widest = Math.max(...[...signature.inputs, signature.output].map((dtype) => dtypes[dtype].sizeBytes));
  return {
    module: new webAssembly.Module(encodeModule(functions, layout.pages)),
    signature,
    inputCount,
    tileBytes,
    reductions: reduced,
    broadcasts: numbers,
    tileElements: layout.tileBytes / widest,
  };
}

/** The tiles of one worker: fill `inputs`, run a kernel, read `output`. */
export interface KernelMemory {
  readonly memory: WasmMemory;
  readonly layout: KernelLayout;
  /** The whole tile of the k-th input */
  input(index: number): Uint8Array;
  readonly output: Uint8Array;
}

export function kernelMemory(inputCount: number, tileBytes: number): KernelMemory {
  const layout = layoutFor(inputCount, tileBytes);
  const memory = new webAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
  const tile = (address: number) => new Uint8Array(memory.buffer, address, layout.tileBytes);
  const inputs = Array.from({ length: inputCount }, (_, i) => tile(layout.input(i)));
  const output = tile(layout.output);
  return { memory, layout, output, input: (index) => inputs[index] ?? output };
}

export interface KernelInstance {
  /** Sets the numbers of the tensor that follows, given the value of each reduction in the kernel's order. */
  setNumbers(reduced: readonly number[]): void;
  /** Merges the first `count` elements of the input tiles into the output tile. @returns false when a value is NaN or infinite */
  merge(count: number): boolean;
  /** Block sums over the first `count` elements: one array for each reduction, valid until the next call. */
  reduce(count: number): Float64Array[];
}

const isFunction = (value: unknown): value is (count: number) => number => typeof value === "function";

/** Puts a kernel to work on a worker's memory. */
export function instantiate(kernel: Kernel, { memory, layout, input }: KernelMemory): KernelInstance {
  const { merge, reduce } = new webAssembly.Instance(kernel.module, { env: { memory } }).exports;
  const constants = new Float32Array(memory.buffer, layout.constant(0), kernel.broadcasts.length);
  const sizes = kernel.signature.inputs.map((dtype) => dtypes[dtype].sizeBytes);
  const order = kernel.reductions.map(keyOf);
  return {
    setNumbers(reduced) {
      const reducedTo = (node: Reduction) => reduced[order.indexOf(keyOf(node))] ?? Number.NaN;
      kernel.broadcasts.forEach((numeric, i) => {
        constants[i] = evaluateNumeric(numeric, reducedTo);
      });
    },
    merge(count) {
      if (count === 0 || !isFunction(merge)) return true;
      const padded = Math.ceil(count / groupElements) * groupElements;
      if (padded > count) for (const [k, size] of sizes.entries()) repeatLast(input(k), count, padded, size);
      return merge(count) === 0;
    },
    reduce(count) {
      if (count > 0 && isFunction(reduce)) reduce(count);
      return order.map((_, r) => new Float64Array(memory.buffer, layout.sums(r), blockCount(count)));
    },
  };
}

/** Fills the elements from `count` to `padded` with copies of the last one. */
function repeatLast(tile: Uint8Array, count: number, padded: number, sizeBytes: number): void {
  for (let i = count; i < padded; i += 1) tile.copyWithin(i * sizeBytes, (count - 1) * sizeBytes, count * sizeBytes);
}
