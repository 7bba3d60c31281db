import type { TensorSelection } from "../expr.ts";
import { emitGroup, finishLoop, laneOf, startFunction, validLanes } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import type { Local } from "./function-builder.ts";
import { type Emission, GroupEmitter } from "./group-emitter.ts";
import type { Half } from "./simd-codec.ts";

/**
 * select(begin, end) → number of keys collected. A key is an i32 that sorts as the f32 value does (`keyOfValue`). Keys from `low`
 * to `high`, both included, are collected in order; the count of those above `high` is stored.
 */
export function emitSelect(emission: Emission, name: string, selection: TensorSelection): WasmFunction {
  const loop = startFunction(name);
  const { f } = loop;
  const { collected, above: aboveAddress } = emission.layout;
  const cursor = f.local("i32");
  const above = f.local("v128");
  const bits = f.local("i32");
  f.set(cursor, f.i32(0));
  f.set(above, f.get(f.splat(0)));
  const body = (): void => {
    const valid = [validLanes(loop, 0), validLanes(loop, 1)] as const;
    emitGroup(loop, emission, [selection.of], (group, f16) => {
      const emitter = new GroupEmitter(group, f16);
      const [low, high] = [emitter.slot({ kind: "low", selection }), emitter.slot({ kind: "high", selection })];
      const keyOf = (half: Half): Local => {
        const value = emitter.value(selection.of, half);
        if (selection.of.kind === "unary" && selection.of.op === "abs") return value;
        // Adding +0 turns −0 into +0; below zero, the order of the bits is turned round.
        const stored = f.op("f32x4Add", value, f.splat(0));
        return f.op("xor", stored, f.op("and", f.shifted("shrS", stored, 31), f.splat(0x7fffffff)));
      };
      const keys = [keyOf(0), keyOf(1)] as const;
      const isAbove = ([0, 1] as const).map((half) => f.op("and", f.op("i32x4GtS", keys[half], high), valid[half]));
      const inside = ([0, 1] as const).map((half) =>
        f.op("and", f.op("i32x4GeS", keys[half], low), f.op("and", f.op("i32x4LeS", keys[half], high), valid[half])),
      );
      for (const lanes of isAbove) f.set(above, f.get(f.op("i32x4Sub", above, lanes)));
      const [first, second] = inside;
      if (first === undefined || second === undefined) return;
      f.ifAny(
        f.op("or", first, second),
        () => {
          f.set(bits, [...f.get(f.bitmask(first)), ...f.get(f.bitmask(second)), ...f.i32(4), 0x74, 0x72]);
          for (let lane = 0; lane < 8; lane += 1) {
            // Stored always, kept only where its bit moves the cursor on.
            const key = laneOf(f, keys[lane < 4 ? 0 : 1], lane % 4);
            f.push([...f.get(cursor), ...key, 0x36, 2, ...unsigned(collected)]);
            f.set(cursor, [...f.get(cursor), ...f.get(bits), ...f.i32(lane), 0x76, ...f.i32(1), 0x71, ...f.i32(2), 0x74, 0x6a]);
          }
        },
        () => {},
      );
    });
  };
  const count = (lane: number): number[] => laneOf(f, above, lane);
  const total = [...count(0), ...count(1), 0x6a, ...count(2), 0x6a, ...count(3), 0x6a];
  const storeAbove = [...f.i32(0), ...total, 0x36, 2, ...unsigned(aboveAddress)];
  return finishLoop(loop, body, [...storeAbove, ...f.get(cursor), ...f.i32(2), 0x76]);
}

const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);

/** The i32 that sorts as an f32 does; −0 as +0. */
export function keyOfValue(value: number): number {
  floats[0] = value + 0;
  const bits = words[0] ?? 0;
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** The f32 of a key. */
export function valueOfKey(key: number): number {
  words[0] = key ^ ((key >> 31) & 0x7fffffff);
  return floats[0] ?? 0;
}
