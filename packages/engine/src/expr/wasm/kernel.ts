import type { Element, Reduction } from "../expr.ts";
import { elementsOf, elementsOfStatistic, keyOf, type Statistic } from "../numeric.ts";
import { type Level, needsOf, type Program, programOf, rowReductionsOf } from "../program.ts";
import { inputsOf } from "./emit-loop.ts";
import { emitMerge, emitValues } from "./emit-merge.ts";
import { emitRank } from "./emit-rank.ts";
import { emitReduce } from "./emit-reduce.ts";
import { emitSelect } from "./emit-select.ts";
import { encodeModule, type WasmFunction } from "./encoding.ts";
import { type Emission, type StoredType, storedBytes } from "./group-emitter.ts";
import { type KernelLayout, layoutFor, type MemoryShape, mostSlots, wholeTileBytes } from "./layout.ts";
import { type Slot, SlotTable } from "./slots.ts";
import { type WasmMemory, type WasmModule, webAssembly } from "./web-assembly.ts";

/** What a kernel computes: the tensors of a result, or statistics alone. Plain data; can be posted to workers. */
export interface KernelSpec {
  readonly inputs: readonly StoredType[];
  readonly output: { readonly value: Element; readonly stored: StoredType } | null;
  /** Statistics that are wanted for themselves */
  readonly statistics: readonly Statistic[];
}

/** What one pass over a tensor needs before it looks at a row. */
interface Pass extends Level {
  readonly result: Element | null;
  /** Statistics of a row, in groups that can be found together, each after those it uses */
  readonly rowGroups: readonly (readonly Reduction[])[];
  /** Values that are ranked, as places in `Outline.ranked` */
  readonly ranks: readonly number[];
}

/** A spec taken apart: one pass for each level of its program, and the last, which makes the result. */
export interface Outline {
  readonly spec: KernelSpec;
  readonly program: Program;
  readonly passes: readonly Pass[];
  /** Distinct values of which ranks are wanted */
  readonly ranked: readonly Element[];
}

/** Reductions that one function finds: what they have in common is computed once, but more of them make long functions. */
const reductionsPerFunction = 10;

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

export function outlineOf(spec: KernelSpec): Outline {
  const result = spec.output?.value ?? null;
  const program = programOf([...spec.statistics, ...(result === null ? [] : [result])]);
  const stages = [...program.levels.map((level) => ({ ...level, result: null })), { reductions: [], selections: [], result }];
  const passes = stages.map((stage) => {
    const roots = [...stage.reductions, ...stage.selections, ...(stage.result === null ? [] : [stage.result])];
    const rows = rowReductionsOf(roots);
    const elements = [...roots, ...rows].flatMap((root) => (isElement(root) ? [root] : elementsOfStatistic(root)));
    return { ...stage, rowGroups: groupRows(rows), rankNodes: ranksIn(elements) };
  });
  const ranked = new Map(passes.flatMap(({ rankNodes }) => rankNodes.map((node) => [keyOf(node), node] as const)));
  const order = [...ranked.keys()];
  return {
    spec,
    program,
    ranked: [...ranked.values()],
    passes: passes.map(({ rankNodes, ...pass }) => ({ ...pass, ranks: rankNodes.map((node) => order.indexOf(keyOf(node))) })),
  };
}

const isElement = (root: Element | Statistic): root is Element => root.kind !== "reduce" && root.kind !== "ofTensor";

const ranksIn = (roots: readonly Element[]): Element[] => [
  ...new Map(elementsOf(roots).flatMap((node) => (node.kind === "rank" ? [[keyOf(node.a), node.a] as const] : []))).values(),
];

/** Cuts ordered row statistics into groups none of which uses a member of its own group. */
function groupRows(ordered: readonly Reduction[]): Reduction[][] {
  const groups: Reduction[][] = [];
  for (const reduction of ordered) {
    const last = groups.at(-1);
    const uses = new Set(needsOf(reduction).map(keyOf));
    if (last === undefined || last.some((other) => uses.has(keyOf(other)))) groups.push([reduction]);
    else last.push(reduction);
  }
  return groups;
}

/** Room for all of some kernels. `columns`: most elements of a row that is handled whole, padding included. */
export function shapeFor(outlines: readonly Outline[], tileBytes: number, columns = 0): MemoryShape {
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    inputs: most(outlines.map(({ spec }) => spec.inputs.length)),
    derived: most(outlines.map(({ ranked }) => ranked.length)),
    reductions: most(
      outlines.flatMap(({ passes }) =>
        passes.flatMap(({ reductions, rowGroups }) => [reductions.length, ...rowGroups.map((group) => group.length)]),
      ),
    ),
    tileBytes: Math.max(wholeTileBytes(tileBytes), wholeTileBytes(4 * columns + 4 * 4096)),
  };
}

/** A compiled outline. */
export interface Kernel {
  readonly module: WasmModule;
  readonly outline: Outline;
  readonly slots: readonly Slot[];
}

/** Elements of a tile: whole blocks, as many as fit for the widest of the types. */
export function tileElementsOf({ inputs, output }: KernelSpec, tileBytes: number): number {
  const types = [...inputs, ...(output === null ? [] : [output.stored])].filter((type) => type !== "BITS");
  return wholeTileBytes(tileBytes) / Math.max(2, ...types.map((type) => storedBytes(type, 1)));
}

/** Compiles an outline for a memory; about a millisecond. */
export function compileKernel(outline: Outline, shape: MemoryShape): Kernel {
  const { spec, passes, ranked } = outline;
  const layout = layoutFor(shape);
  const slots = new SlotTable();
  const emission: Emission = { inputs: spec.inputs, layout, slots, ranked: ranked.map(keyOf), atCut: true };
  const functions: WasmFunction[] = ranked.flatMap((value, j) => [
    emitValues(emission, `values_${j}`, value, layout.derived(j)),
    emitRank(`ranks_${j}`, layout.derived(j), layout.ranking),
  ]);
  passes.forEach(({ reductions, selections, rowGroups }, p) => {
    rowGroups.forEach((group, g) => {
      functions.push(...reduceFunctions(emission, `rows_${p}_${g}`, group));
    });
    functions.push(...reduceFunctions(emission, `reduce_${p}`, reductions));
    selections.forEach((selection, s) => {
      functions.push(emitSelect(emission, `select_${p}_${s}`, selection, "plain"));
      functions.push(emitSelect(emission, `select_hot_${p}_${s}`, selection, "hot"));
    });
  });
  if (spec.output !== null) {
    const { value, stored } = spec.output;
    const read = new Set(inputsOf([value]));
    const others = spec.inputs.flatMap((_, k) => (read.has(k) ? [] : [k]));
    functions.push(emitMerge({ ...emission, atCut: false }, value, stored, others));
    if (elementsOf([value]).some((node) => node.kind === "select" && node.if.kind === "kept"))
      functions.push(emitMerge(emission, value, stored, others));
  }
  if (slots.list.length > mostSlots) throw new Error(`A kernel has ${slots.list.length} slots; there is room for ${mostSlots}.`);
  return { module: new webAssembly.Module(encodeModule(functions, layout.pages)), outline, slots: slots.list };
}

function reduceFunctions(emission: Emission, name: string, reductions: readonly Reduction[]): WasmFunction[] {
  return chunksOf(reductions, reductionsPerFunction).map((chunk, c) =>
    emitReduce(emission, `${name}_${c}`, chunk, c * reductionsPerFunction),
  );
}

/** Names of the functions that find some reductions. */
export const reduceNames = (name: string, reductions: readonly Reduction[]): string[] =>
  chunksOf(reductions, reductionsPerFunction).map((_, c) => `${name}_${c}`);

/** The tiles of one worker: fill `inputs`, run a kernel, read `output`. */
export interface KernelMemory {
  readonly memory: WasmMemory;
  readonly layout: KernelLayout;
  /** The whole tile of the k-th input */
  input(index: number): Uint8Array;
  readonly output: Uint8Array;
}

export function kernelMemory(shape: MemoryShape): KernelMemory {
  const layout = layoutFor(shape);
  const memory = new webAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
  const tile = (address: number) => new Uint8Array(memory.buffer, address, layout.tileBytes);
  const inputs = Array.from({ length: shape.inputs }, (_, i) => tile(layout.input(i)));
  const output = tile(layout.output);
  return { memory, layout, output, input: (index) => inputs[index] ?? output };
}
