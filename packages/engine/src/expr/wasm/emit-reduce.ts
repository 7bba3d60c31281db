import { blockElements } from "../blocks.ts";
import type { Reduction } from "../expr.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local } from "./function-builder.ts";
import { GroupEmitter, type Signature, startGroup } from "./group-emitter.ts";
import type { KernelLayout } from "./layout.ts";
import { groupElements, type Half } from "./simd-codec.ts";

/** reduce(count) → 0; stores the block sums of every reduction (see `blocks.ts`), elements past `count` adding nothing. */
export function emitReduce(signature: Signature, reductions: readonly Reduction[], layout: KernelLayout): WasmFunction {
  const f = new FunctionBuilder("reduce", 1);
  const count = f.parameter(0);
  const element = f.local("i32");
  const blockEnd = f.local("i32");
  const sums = reductions.map(() => [0, 1, 2, 3].map(() => f.local("v128")));
  f.loop(
    () => {
      for (const lanes of sums) for (const sum of lanes) f.set(sum, f.get(f.splat(0)));
      f.set(blockEnd, [...f.get(element), ...f.i32(blockElements), 0x6a]);
      f.loop(
        () => {
          addGroup(f, { signature, reductions, layout, element, sums });
          f.set(element, [...f.get(element), ...f.i32(groupElements), 0x6a]);
        },
        () => [...f.get(element), ...f.get(blockEnd), 0x49, ...f.get(element), ...f.get(count), 0x49, 0x71],
      );
      for (const [r, lanes] of sums.entries()) storeBlockSum(f, lanes, layout.sums(r), blockEnd);
    },
    () => [...f.get(element), ...f.get(count), 0x49],
  );
  return f.build(f.i32(0));
}

interface Adding {
  readonly signature: Signature;
  readonly reductions: readonly Reduction[];
  readonly layout: KernelLayout;
  readonly element: Local;
  readonly sums: readonly (readonly Local[])[];
}

function addGroup(f: FunctionBuilder, { signature, reductions, layout, element, sums }: Adding): void {
  const group = new GroupEmitter(startGroup(f, signature, layout, element), "exact");
  const splatOf = (local: Local): Local => {
    const lanes = f.local("v128");
    f.set(lanes, [...f.get(local), 0xfd, ...unsigned(0x11)]);
    return lanes;
  };
  const [position, end] = [splatOf(element), splatOf(f.parameter(0))];
  for (const half of [0, 1] as const) {
    const lane = f.constant([4 * half, 4 * half + 1, 4 * half + 2, 4 * half + 3]);
    const valid = f.op("i32x4LtS", f.op("i32x4Add", position, lane), end);
    reductions.forEach((reduction, r) => {
      const a = f.op("and", group.value(reduction.a, half), valid);
      const b = reduction.op === "dot" ? f.op("and", group.value(reduction.b, half), valid) : null;
      for (const pair of [0, 1] as const) {
        const sum = sums[r]?.[2 * half + pair];
        if (sum !== undefined) f.set(sum, f.get(f.op("f64x2Add", sum, term(f, a, b, pair))));
      }
    });
  }
}

/** Two of the four terms as f64. */
function term(f: FunctionBuilder, a: Local, b: Local | null, pair: Half): Local {
  const wide = (x: Local) => f.op("promoteLow", pair === 0 ? x : f.shuffle(x, x, [4, 5, 6, 7, 4, 5, 6, 7]));
  return b === null ? f.op("f64x2Abs", wide(a)) : f.op("f64x2Mul", wide(a), wide(b));
}

function storeBlockSum(f: FunctionBuilder, lanes: readonly Local[], address: number, blockEnd: Local): void {
  const [a, b, c, d] = lanes;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return;
  const total = f.op("f64x2Add", f.op("f64x2Add", a, b), f.op("f64x2Add", c, d));
  const lane = (index: number) => [...f.get(total), 0xfd, ...unsigned(0x21), index];
  // Block k ends at element (k + 1)·4096: its sum goes to byte 8·k, that is blockEnd / 512 − 8.
  const offset = [...f.get(blockEnd), ...f.i32(9), 0x76, ...f.i32(8), 0x6b];
  f.push([...offset, ...lane(0), ...lane(1), 0xa0, 0x39, 3, ...unsigned(address)]);
}
