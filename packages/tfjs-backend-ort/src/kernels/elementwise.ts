import { FLOAT } from "../onnx.ts";
import { sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { input, isFloat, type KernelCall, limits, override, runSession, sizeOf } from "./register.ts";

const BINARY = { Add: "Add", Sub: "Sub", Multiply: "Mul", RealDiv: "Div", Pow: "Pow", Maximum: "Max", Minimum: "Min" } as const;

const UNARY = {
  Neg: "Neg",
  Exp: "Exp",
  Log: "Log",
  Sqrt: "Sqrt",
  Relu: "Relu",
  Erf: "Erf",
  Tanh: "Tanh",
  Sigmoid: "Sigmoid",
  Abs: "Abs",
  Reciprocal: "Reciprocal",
} as const;

export function registerElementwise(): void {
  for (const [kernel, op] of Object.entries(BINARY)) override(kernel, (call) => binary(op, call));
  for (const [kernel, op] of Object.entries(UNARY)) override(kernel, (call) => unary(op, call));
  override("Square", (call) => {
    const x = input(call, "x");
    if (!isLargeFloat(x)) return null;
    return runSession(
      call.backend,
      sessionFor("Mul", () => singleNode("Mul", ["a", "b"])),
      { a: x, b: x },
      x.shape,
    );
  });
  override("Rsqrt", (call) => {
    const x = input(call, "x");
    if (!isLargeFloat(x)) return null;
    const session = sessionFor("Rsqrt", () => ({
      nodes: [
        { op: "Sqrt", inputs: ["a"], outputs: ["root"] },
        { op: "Reciprocal", inputs: ["root"], outputs: ["out"] },
      ],
      inputs: ["a"],
      outputs: ["out"],
    }));
    return runSession(call.backend, session, { a: x }, x.shape);
  });
  override("Step", step);
}

function binary(op: string, call: KernelCall): tf.TensorInfo | null {
  const a = input(call, "a");
  const b = input(call, "b");
  if (!isFloat(a, b)) return null;
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  if (sizeOf(shape) < limits.smallElements) return null;
  return runSession(
    call.backend,
    sessionFor(op, () => singleNode(op, ["a", "b"])),
    { a, b },
    shape,
  );
}

function unary(op: string, call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  if (!isLargeFloat(x)) return null;
  return runSession(
    call.backend,
    sessionFor(op, () => singleNode(op, ["a"])),
    { a: x },
    x.shape,
  );
}

/** 1 where x > 0, else 0, NaN where x is NaN: what the gradient of relu multiplies by. */
function step(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  if (!isLargeFloat(x) || call.attrs["alpha"]) return null;
  const session = sessionFor("Step", () => ({
    nodes: [
      { op: "Greater", inputs: ["a", "zero"], outputs: ["is_positive"] },
      { op: "Cast", inputs: ["is_positive"], outputs: ["positive"], attributes: { to: FLOAT } },
      { op: "IsNaN", inputs: ["a"], outputs: ["is_nan"] },
      { op: "Where", inputs: ["is_nan", "a", "positive"], outputs: ["out"] },
    ],
    inputs: ["a"],
    outputs: ["out"],
    constants: [{ name: "zero", value: 0 }],
  }));
  return runSession(call.backend, session, { a: x }, x.shape);
}

function isLargeFloat(x: tf.TensorInfo): boolean {
  return isFloat(x) && sizeOf(x.shape) >= limits.smallElements;
}
