import type { Element } from "../expr.ts";
import { children } from "../numeric.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local } from "./function-builder.ts";
import { type Group, GroupEmitter, type Signature, startGroup } from "./group-emitter.ts";
import type { KernelLayout } from "./layout.ts";
import { anySpecialF16, type F16Mode, groupElements, nonFinite, storeGroup } from "./simd-codec.ts";

/**
 * Inputs whose NaN or infinity could vanish on the way to the result, because every path there leads through a comparison,
 * a minimum or a denominator. All others make the result NaN or infinite, so checking the result is enough.
 */
function hiddenInputs(expr: Element, count: number): number[] {
  const seen = new Set<number>();
  const visit = (node: Element): void => {
    if (node.kind === "input") seen.add(node.index);
    else if (node.kind === "binary" && (node.op === "min" || node.op === "max")) return;
    else if (node.kind === "binary" && node.op === "div") visit(node.a);
    else if (node.kind !== "select") children(node).forEach(visit);
  };
  visit(expr);
  return Array.from({ length: count }, (_, i) => i).filter((i) => !seen.has(i));
}

/**
 * merge(count) → 1 when a stored result (or an input that could hide it) is NaN or infinite, else 0. Works on whole groups of 8:
 * the caller fills the elements after the last with copies of it, so that they cannot raise a false alarm.
 */
export function emitMerge(signature: Signature, layout: KernelLayout): WasmFunction {
  const f = new FunctionBuilder("merge", 1);
  const element = f.local("i32");
  const alarm = f.local("v128");
  const raise = (lanes: Local) => f.set(alarm, [...f.get(alarm), ...f.get(lanes), 0xfd, ...unsigned(0x50)]);
  const hidden = hiddenInputs(signature.expr, signature.inputs.length);
  const body = (group: Group, f16: F16Mode): void => {
    const emitter = new GroupEmitter(group, f16);
    for (const index of hidden) for (const half of emitter.input(index)) raise(nonFinite(f, "F32", half));
    const place = { address: layout.output, at: group.at, raise };
    storeGroup(f, signature.output, place, [emitter.value(signature.expr, 0), emitter.value(signature.expr, 1)]);
  };
  f.loop(
    () => {
      const group = startGroup(f, signature, layout, element);
      const halves = [...group.raw].filter(([index]) => signature.inputs[index] === "F16").map(([, raw]) => raw);
      const [exact, normal] = [() => body(group, "exact"), () => body(group, "normal")];
      if (halves.length === 0) exact();
      else f.ifAny(anySpecialF16(f, halves), exact, normal);
      f.set(element, [...f.get(element), ...f.i32(groupElements), 0x6a]);
    },
    () => [...f.get(element), ...f.get(f.parameter(0)), 0x49],
  );
  return f.build([...f.get(alarm), 0xfd, ...unsigned(0x53)]);
}
