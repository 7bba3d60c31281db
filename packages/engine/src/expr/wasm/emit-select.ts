import type { Element, TensorSelection } from "../expr.ts";
import { emitGroup, emitGroups, type Looping, laneOf, startFunction, type Valid } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import type { FunctionBuilder, Local } from "./function-builder.ts";
import { type Emission, GroupEmitter } from "./group-emitter.ts";

/**
 * select(begin, end) → number of keys collected. A key is an i32 that sorts as the f32 value does (`keyOfValue`). Keys from `low`
 * to `high`, both included, are collected in order, but those equal to one of two hot keys only counted: values that fill a good
 * part of a tensor, such as zeros, would need as much room. The counts of those from `low` on and of the hot ones are stored.
 * @param counting plain: without hot keys, which is faster
 */
export function emitSelect(
  emission: Emission,
  name: string,
  selection: TensorSelection,
  counting: "hot" | "plain",
): WasmFunction {
  const loop = startFunction(name);
  const { f, begin, end, element } = loop;
  const { above: countsAddress } = emission.layout;
  const gathering: Gathering = {
    loop,
    emission,
    selection,
    cursor: f.local("i32"),
    bits: f.local("i32"),
    fromLow: f.local("v128"),
    hot: counting === "hot" ? [f.local("v128"), f.local("v128")] : [],
  };
  const { cursor, fromLow, hot } = gathering;
  f.set(cursor, f.i32(0));
  for (const counter of [fromLow, ...hot]) f.set(counter, f.get(f.splat(0)));
  f.set(element, f.get(begin));
  emitGroups(loop, end, (valid) => gatherGroup(gathering, valid));
  [fromLow, ...hot].forEach((counter, i) => {
    const lane = (index: number): number[] => laneOf(f, counter, index);
    const total = [...lane(0), ...lane(1), 0x6a, ...lane(2), 0x6a, ...lane(3), 0x6a];
    f.push([...f.i32(0), ...total, 0x36, 2, ...unsigned(countsAddress + 4 * i)]);
  });
  return f.build([...f.get(cursor), ...f.i32(2), 0x76]);
}

interface Gathering {
  readonly loop: Looping;
  readonly emission: Emission;
  readonly selection: TensorSelection;
  readonly cursor: Local;
  readonly bits: Local;
  /** Counts keys from low on */
  readonly fromLow: Local;
  /** Count the hot keys; none where there are none */
  readonly hot: readonly Local[];
}

function gatherGroup({ loop, emission, selection, cursor, bits, fromLow, hot }: Gathering, valid: Valid): void {
  const { f } = loop;
  const count = (counter: Local, lanes: Local): void => f.set(counter, f.get(f.op("i32x4Sub", counter, lanes)));
  emitGroup(loop, emission, [selection.of], (group, f16) => {
    const emitter = new GroupEmitter(group, f16);
    const slot = (kind: "low" | "width" | "hot0" | "hot1"): Local => emitter.slot({ kind, selection });
    const keys = ([0, 1] as const).map((half) => keyLanes(f, selection.of, emitter.value(selection.of, half)));
    const [first, second] = keys.map((key, half) => {
      const masked = (lanes: Local): Local => (valid === null ? lanes : f.op("and", lanes, half === 0 ? valid[0] : valid[1]));
      count(fromLow, masked(f.op("i32x4GeS", key, slot("low"))));
      const within = masked(f.op("i32x4LeU", f.op("i32x4Sub", key, slot("low")), slot("width")));
      return hot.reduce((left, counter, i) => {
        const same = masked(f.op("i32x4Eq", key, slot(i === 0 ? "hot0" : "hot1")));
        count(counter, same);
        return f.op("andNot", left, same);
      }, within);
    });
    const [low, high] = keys;
    if (first === undefined || second === undefined || low === undefined || high === undefined) return;
    const store = (): void => {
      f.set(bits, [...f.get(f.bitmask(first)), ...f.get(f.bitmask(second)), ...f.i32(4), 0x74, 0x72]);
      for (let lane = 0; lane < 8; lane += 1) {
        // Stored always, kept only where its bit moves the cursor on.
        const key = laneOf(f, lane < 4 ? low : high, lane % 4);
        f.push([...f.get(cursor), ...key, 0x36, 2, ...unsigned(emission.layout.collected)]);
        f.set(cursor, [...f.get(cursor), ...f.get(bits), ...f.i32(lane), 0x76, ...f.i32(1), 0x71, ...f.i32(2), 0x74, 0x6a]);
      }
    };
    f.ifAny(f.op("or", first, second), store, () => {});
  });
}

/** Keys of four values. Magnitudes sort by their bits; below zero, the order of the bits is turned round, and −0 counts as +0. */
function keyLanes(f: FunctionBuilder, of: Element, value: Local): Local {
  if (of.kind === "unary" && of.op === "abs") return value;
  const stored = f.op("f32x4Add", value, f.splat(0));
  return f.op("xor", stored, f.op("and", f.shifted("shrS", stored, 31), f.splat(0x7fffffff)));
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
