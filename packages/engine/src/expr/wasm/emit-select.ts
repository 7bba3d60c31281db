import type { TensorSelection } from "../expr.ts";
import { emitGroup, finishLoop, laneOf, startFunction, validLanes } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import type { Local } from "./function-builder.ts";
import { type Emission, GroupEmitter } from "./group-emitter.ts";
import type { Half } from "./simd-codec.ts";

/**
 * select(begin, end) → number of keys collected. A key is an i32 that sorts as the f32 value does (`keyOfValue`). Keys from `low`
 * to `high`, both included, are collected in order, but those equal to one of two hot keys only counted: values that fill a good
 * part of a tensor, such as zeros, would need as much room. The counts of those above `high` and of the hot ones are stored.
 */
export function emitSelect(emission: Emission, name: string, selection: TensorSelection): WasmFunction {
  const loop = startFunction(name);
  const { f } = loop;
  const { collected, above: aboveAddress } = emission.layout;
  const cursor = f.local("i32");
  const counters = [f.local("v128"), f.local("v128"), f.local("v128")] as const;
  const bits = f.local("i32");
  f.set(cursor, f.i32(0));
  for (const counter of counters) f.set(counter, f.get(f.splat(0)));
  const count = (counter: Local, lanes: Local): void => f.set(counter, f.get(f.op("i32x4Sub", counter, lanes)));
  const body = (): void => {
    const valid = [validLanes(loop, 0), validLanes(loop, 1)] as const;
    emitGroup(loop, emission, [selection.of], (group, f16) => {
      const emitter = new GroupEmitter(group, f16);
      const [low, high, hot0, hot1] = (["low", "high", "hot0", "hot1"] as const).map((kind) => emitter.slot({ kind, selection }));
      if (low === undefined || high === undefined || hot0 === undefined || hot1 === undefined) return;
      const keyOf = (half: Half): Local => {
        const value = emitter.value(selection.of, half);
        if (selection.of.kind === "unary" && selection.of.op === "abs") return value;
        // Adding +0 turns −0 into +0; below zero, the order of the bits is turned round.
        const stored = f.op("f32x4Add", value, f.splat(0));
        return f.op("xor", stored, f.op("and", f.shifted("shrS", stored, 31), f.splat(0x7fffffff)));
      };
      const keys = [keyOf(0), keyOf(1)] as const;
      const inside = ([0, 1] as const).map((half) => {
        const among = (op: "i32x4GtS" | "i32x4Eq", limit: Local) => f.op("and", f.op(op, keys[half], limit), valid[half]);
        count(counters[0], among("i32x4GtS", high));
        const [is0, is1] = [among("i32x4Eq", hot0), among("i32x4Eq", hot1)];
        count(counters[1], is0);
        count(counters[2], is1);
        const within = f.op("and", f.op("i32x4GeS", keys[half], low), f.op("i32x4LeS", keys[half], high));
        return f.op("andNot", f.op("and", within, valid[half]), f.op("or", is0, is1));
      });
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
  const stores = counters.flatMap((counter, i) => {
    const lane = (index: number): number[] => laneOf(f, counter, index);
    const total = [...lane(0), ...lane(1), 0x6a, ...lane(2), 0x6a, ...lane(3), 0x6a];
    return [...f.i32(0), ...total, 0x36, 2, ...unsigned(aboveAddress + 4 * i)];
  });
  return finishLoop(loop, body, [...stores, ...f.get(cursor), ...f.i32(2), 0x76]);
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
