import { expect } from "vitest";
import type { Element } from "../src/expr/expr.ts";
import { nthLargest } from "../src/expr/nth-largest.ts";
import type { RandomKey } from "../src/expr/random.ts";
import { valueOfKey } from "../src/expr/wasm/emit-select.ts";
import { type StoredType, storedBytes } from "../src/expr/wasm/group-emitter.ts";
import { compileKernel, kernelMemory, outlineOf, shapeFor, tileElementsOf } from "../src/expr/wasm/kernel.ts";
import { type Border, combine, everyKey, KernelInstance, strideOf, type Tile } from "../src/expr/wasm/kernel-instance.ts";

const tileBytes = 16384;
export const keys: readonly RandomKey[] = [
  [1, 2],
  [-5, 77],
  [123456789, -987654321],
];

export interface Running {
  readonly inputs: readonly Uint8Array[];
  readonly types: readonly StoredType[];
  readonly output: StoredType;
  readonly elements: number;
  readonly columns: number;
}

/** Merges through the emitted kernel, tile by tile and pass by pass as workers do, and says whether the alarm rang. */
export function runKernel(expr: Element, { inputs, types, output, elements, columns }: Running) {
  const spec = { inputs: types, output: { value: expr, stored: output }, statistics: [] };
  const outline = outlineOf(spec);
  const { byRow } = outline.program;
  const shape = shapeFor([outline], tileBytes, byRow ? strideOf(columns) : 0);
  const memory = kernelMemory(shape);
  const instance = new KernelInstance(compileKernel(outline, shape), memory);
  const most = tileElementsOf(spec, shape.tileBytes);
  const step = byRow ? Math.max(1, Math.floor(most / strideOf(columns))) * columns : most;
  const tiles: Tile[] = [];
  if (columns > 0)
    for (let begin = 0; begin < elements; begin += step) tiles.push({ begin, count: Math.min(step, elements - begin) });
  const load = (tile: Tile): void => {
    const rows = byRow ? tile.count / columns : 1;
    const width = byRow ? columns : tile.count;
    inputs.forEach((bytes, k) => {
      const type = types[k] ?? "F32";
      for (let row = 0; row < rows; row += 1) {
        const from = storedBytes(type, tile.begin + row * width);
        const part = bytes.subarray(from, from + storedBytes(type, width));
        memory.input(k).set(part, storedBytes(type, byRow ? row * strideOf(columns) : 0));
      }
    });
    instance.pad(tile);
  };
  const reduced: number[][] = [];
  const borders: Border[][] = [];
  const facts = {
    elements,
    columns,
    measured: () => Number.NaN,
    reduced: (level: number, r: number) => reduced[level]?.[r] ?? Number.NaN,
    border: (level: number, s: number) => borders[level]?.[s] ?? { threshold: Number.NaN, cut: -1 },
    key: (stream: number) => keys[stream] ?? ([0, 0] as const),
  };
  outline.program.levels.forEach(({ reductions, selections }, level) => {
    instance.begin(facts);
    const sums = reductions.map((): number[] => []);
    const found = selections.map((): { tile: Tile; keys: Int32Array }[] => []);
    for (const tile of tiles) {
      load(tile);
      instance.reduce(level, tile, (r, first, results) => {
        for (const [i, value] of results.entries()) (sums[r] ?? [])[first + i] = value;
      });
      selections.forEach((_, s) => {
        const parts: number[] = [];
        instance.select(level, s, everyKey, tile, (gathered) => {
          expect(gathered.above).toBe(0);
          parts.push(...gathered.keys);
        });
        found[s]?.push({ tile, keys: Int32Array.from(parts) });
      });
    }
    reduced.push(reductions.map((node, r) => combine(node, Float64Array.from(sums[r] ?? []))));
    borders.push(
      selections.map((selection, s) => {
        const keep = Math.min(elements, Math.max(0, Math.floor(instance.number(selection.keep))));
        if (keep === 0) return { threshold: Number.POSITIVE_INFINITY, cut: -1 };
        const parts = found[s] ?? [];
        const nth = nthLargest(
          parts.map((part) => part.keys),
          keep,
        );
        const threshold = valueOfKey(nth.key);
        if (selection.ties === "all") return { threshold, cut: elements };
        let left = keep - nth.above;
        for (const part of parts) {
          const equal = part.keys.filter((key) => key === nth.key).length;
          if (equal >= left) {
            load(part.tile);
            return { threshold, cut: instance.positionOf(level, s, nth.key, left, part.tile) };
          }
          left -= equal;
        }
        throw new Error("lost");
      }),
    );
  });
  instance.begin(facts);
  const result = new Uint8Array(storedBytes(output, elements));
  let finite = true;
  for (const tile of tiles) {
    load(tile);
    finite = instance.merge(tile) && finite;
    const rows = byRow ? tile.count / columns : 1;
    const width = byRow ? columns : tile.count;
    for (let row = 0; row < rows; row += 1) {
      const from = storedBytes(output, byRow ? row * strideOf(columns) : 0);
      result.set(memory.output.subarray(from, from + storedBytes(output, width)), storedBytes(output, tile.begin + row * width));
    }
  }
  return { result, finite, reduced, borders };
}
