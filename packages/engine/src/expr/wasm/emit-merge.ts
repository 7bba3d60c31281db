import type { Element } from "../expr.ts";
import { children, elementsOf } from "../numeric.ts";
import { emitGroup, finishLoop, startFunction } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import type { Local } from "./function-builder.ts";
import { type Emission, type Group, GroupEmitter, type StoredType } from "./group-emitter.ts";
import { type F16Mode, nonFinite, storeGroup } from "./simd-codec.ts";

/**
 * Inputs whose NaN or infinity could vanish on the way to the result, because every path there leads through a comparison,
 * a minimum or a denominator. All others make the result NaN or infinite, so checking the result is enough.
 */
function hiddenInputs(expr: Element): number[] {
  const seen = new Set<number>();
  const visit = (node: Element): void => {
    if (node.kind === "input") seen.add(node.index);
    else if (node.kind === "binary" && (node.op === "min" || node.op === "max")) return;
    else if (node.kind === "binary" && node.op === "div") visit(node.a);
    else if (node.kind !== "select") children(node).forEach(visit);
  };
  visit(expr);
  return elementsOf([expr]).flatMap((node) => (node.kind === "input" && !seen.has(node.index) ? [node.index] : []));
}

/**
 * merge(begin, end) → 1 when a stored result (or an input that could hide it) is NaN or infinite, else 0. Works on whole groups
 * of 8: the caller fills the elements after the last with copies of it, so that they cannot raise a false alarm.
 * @param others inputs that the expression does not read at all, and that must be finite all the same
 */
export function emitMerge(emission: Emission, expr: Element, output: StoredType, others: readonly number[]): WasmFunction {
  const loop = startFunction(emission.atCut ? "merge_at_cut" : "merge");
  const { f } = loop;
  const alarm = f.local("v128");
  const raise = (lanes: Local) => f.set(alarm, [...f.get(alarm), ...f.get(lanes), 0xfd, ...unsigned(0x50)]);
  const hidden = [...hiddenInputs(expr), ...others].filter((index) => emission.inputs[index] !== "BITS");
  const body = (group: Group, f16: F16Mode): void => {
    const emitter = new GroupEmitter(group, f16);
    for (const index of hidden) for (const half of emitter.input(index)) raise(nonFinite(f, "F32", half));
    const values = [emitter.value(expr, 0), emitter.value(expr, 1)] as const;
    if (output === "BITS") storeBits(group, values);
    else storeGroup(f, output, { address: emission.layout.output, at: group.at, raise }, values);
  };
  const roots = [expr, ...others.map((index): Element => ({ kind: "input", index }))];
  return finishLoop(loop, () => emitGroup(loop, emission, roots, body), [...f.get(alarm), 0xfd, ...unsigned(0x53)]);
}

/** One bit for each element: whether it is not 0. */
function storeBits({ f, at, layout }: Group, [low, high]: readonly [Local, Local]): void {
  const bits = (value: Local): number[] => f.get(f.bitmask(f.op("f32x4Ne", value, f.splat(0))));
  const byte = [...bits(low), ...bits(high), ...f.i32(4), 0x74, 0x72];
  f.push([...f.get(at.one), ...byte, 0x3a, 0, ...unsigned(layout.output)]);
}

/** values(begin, end) → 0; stores an expression as f32 into an intermediate tile. */
export function emitValues(emission: Emission, name: string, expr: Element, address: number): WasmFunction {
  const loop = startFunction(name);
  const { f } = loop;
  const body = (group: Group, f16: F16Mode): void => {
    const emitter = new GroupEmitter(group, f16);
    f.store(address, group.at.four, emitter.value(expr, 0));
    f.store(address + 16, group.at.four, emitter.value(expr, 1));
  };
  return finishLoop(loop, () => emitGroup(loop, emission, [expr], body), f.i32(0));
}
