import { blockElements } from "../blocks.ts";
import type { Reduction } from "../expr.ts";
import { elementsOfStatistic } from "../numeric.ts";
import { below, emitGroup, emitGroups, type Looping, startFunction, type Valid } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import type { FunctionBuilder, Local } from "./function-builder.ts";
import { type Emission, GroupEmitter } from "./group-emitter.ts";
import type { Half } from "./simd-codec.ts";

const minusInfinity = 0xff800000;

/**
 * reduce(begin, end) → 0; stores the block results of some reductions (see `blocks.ts`; blocks count from begin) from the
 * `first`-th place on. Elements past the end add nothing.
 */
export function emitReduce(emission: Emission, name: string, reductions: readonly Reduction[], first: number): WasmFunction {
  const loop = startFunction(name);
  const { f, begin, end, element } = loop;
  const blockEnd = f.local("i32");
  const place = f.local("i32");
  const accumulators = reductions.map(() => [0, 1, 2, 3].map(() => f.local("v128")));
  const start = (reduction: Reduction): Local => (reduction.op === "max" ? doubles(f, minusInfinity) : f.splat(0));
  f.set(element, f.get(begin));
  f.set(place, f.i32(0));
  f.loop(
    () => {
      for (const [r, lanes] of accumulators.entries()) {
        const reduction = reductions[r];
        if (reduction !== undefined) for (const lane of lanes) f.set(lane, f.get(start(reduction)));
      }
      const next = [...f.get(element), ...f.i32(blockElements), 0x6a];
      f.set(blockEnd, [...next, ...f.get(end), ...next, ...f.get(end), 0x49, 0x1b]);
      emitGroups(loop, blockEnd, (valid) => addGroup(loop, emission, { reductions, accumulators, valid }));
      for (const [r, lanes] of accumulators.entries())
        storeBlock(f, reductions[r]?.op === "max", lanes, place, emission.layout.sums(first + r));
      f.set(place, [...f.get(place), ...f.i32(8), 0x6a]);
    },
    () => below(loop, end),
  );
  return f.build(f.i32(0));
}

/** An f32 bit pattern as two equal f64. */
const doubles = (f: FunctionBuilder, bits: number): Local => f.op("promoteLow", f.splat(bits));

interface Adding {
  readonly reductions: readonly Reduction[];
  readonly accumulators: readonly (readonly Local[])[];
  readonly valid: Valid;
}

function addGroup({ f, ...loop }: Looping, emission: Emission, { reductions, accumulators, valid }: Adding): void {
  emitGroup({ f, ...loop }, emission, reductions.flatMap(elementsOfStatistic), (group, f16) => {
    const emitter = new GroupEmitter(group, f16);
    const wide = widener(f);
    for (const half of [0, 1] as const) {
      reductions.forEach((reduction, r) => {
        const masked = (value: Local): Local => {
          if (valid === null) return value;
          return reduction.op === "max"
            ? f.op("bitselect", value, f.splat(minusInfinity), valid[half])
            : f.op("and", value, valid[half]);
        };
        const a = masked(emitter.value(reduction.a, half));
        const b = reduction.op === "dot" ? masked(emitter.value(reduction.b, half)) : null;
        for (const pair of [0, 1] as const) {
          const sum = accumulators[r]?.[2 * half + pair];
          if (sum !== undefined)
            f.set(
              sum,
              f.get(
                f.op(
                  reduction.op === "max" ? "f64x2Max" : "f64x2Add",
                  sum,
                  term(f, wide(a, pair), b === null ? null : wide(b, pair)),
                ),
              ),
            );
        }
      });
    }
  });
}

const term = (f: FunctionBuilder, a: Local, b: Local | null): Local => (b === null ? a : f.op("f64x2Mul", a, b));

/** Widens two of four f32 to f64, each pair once. */
function widener(f: FunctionBuilder): (value: Local, pair: Half) => Local {
  const known = new Map<string, Local>();
  return (value, pair) => {
    const key = `${value.index} ${pair}`;
    const wide = known.get(key) ?? f.op("promoteLow", pair === 0 ? value : f.shuffle(value, value, [4, 5, 6, 7, 4, 5, 6, 7]));
    known.set(key, wide);
    return wide;
  };
}

function storeBlock(f: FunctionBuilder, isMax: boolean, lanes: readonly Local[], place: Local, address: number): void {
  const [a, b, c, d] = lanes;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return;
  const op = isMax ? "f64x2Max" : "f64x2Add";
  const result = f.op(op, f.op(op, a, b), f.op(op, c, d));
  const lane = (index: number) => [...f.get(result), 0xfd, ...unsigned(0x21), index];
  f.push([...f.get(place), ...lane(0), ...lane(1), isMax ? 0xa5 : 0xa0, 0x39, 3, ...unsigned(address)]);
}
