import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { input, isFloat, type KernelCall, limits, override, runSession, sizeOf } from "./register.ts";

const REDUCTIONS = { Sum: "ReduceSum", Mean: "ReduceMean", Max: "ReduceMax", Min: "ReduceMin" } as const;

export function registerReductions(): void {
  for (const [kernel, op] of Object.entries(REDUCTIONS)) override(kernel, (call) => reduce(op, call));
  override("Softmax", softmax);
}

function reduce(op: string, call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const keepDims = call.attrs["keepDims"] === true;
  const requested = call.attrs["axis"] ?? call.attrs["reductionIndices"];
  const axes = tf.util.parseAxisParam(requested as number | number[], x.shape);
  if (!isFloat(x) || axes.length === 0 || sizeOf(x.shape) < limits.smallElements) return null;
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const shape = keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  const keepdims = Number(keepDims);
  const session = sessionFor(`${op} ${axes} ${keepdims}`, () =>
    // Up to opset 17 only ReduceSum takes its axes as an input.
    op === "ReduceSum"
      ? {
          nodes: [{ op, inputs: ["a", "axes"], outputs: ["out"], attributes: { keepdims } }],
          inputs: ["a"],
          outputs: ["out"],
          constants: [{ name: "axes", value: axes }],
        }
      : { nodes: [{ op, inputs: ["a"], outputs: ["out"], attributes: { axes, keepdims } }], inputs: ["a"], outputs: ["out"] },
  );
  return runSession(call.backend, session, { a: x }, shape);
}

function softmax(call: KernelCall): tf.TensorInfo | null {
  const logits = input(call, "logits");
  const dim = call.attrs["dim"] ?? -1;
  if (!isFloat(logits) || sizeOf(logits.shape) === 0 || (dim !== -1 && dim !== logits.shape.length - 1)) return null;
  const session = sessionFor("Softmax", () => ({
    nodes: [{ op: "Softmax", inputs: ["a"], outputs: ["out"], attributes: { axis: -1 } }],
    inputs: ["a"],
    outputs: ["out"],
  }));
  return runSession(call.backend, session, { a: logits }, logits.shape);
}
