import type { OrtBackend } from "../backend.ts";
import { type Session, sessionFor, singleNode } from "../session.ts";
import { tf } from "../tf.ts";
import { input, isFloat, type KernelCall, override, runSession, sizeOf } from "./register.ts";

export function registerMatMul(): void {
  override("BatchMatMul", (call) => {
    const a = input(call, "a");
    const b = input(call, "b");
    return isFloat(a, b) ? matMul(call.backend, a, b, call.attrs) : null;
  });
  override("_FusedMatMul", fusedMatMul);
}

/** op(a) · op(b), batch dimensions broadcast; MLAS reads transposed operands in place. */
function matMul(backend: OrtBackend, a: tf.TensorInfo, b: tf.TensorInfo, attrs: KernelCall["attrs"]): tf.TensorInfo {
  const transA = attrs["transposeA"] === true;
  const transB = attrs["transposeB"] === true;
  const rows = a.shape.at(transA ? -1 : -2) ?? 1;
  const columns = b.shape.at(transB ? -2 : -1) ?? 1;
  const inner = a.shape.at(transA ? -2 : -1) ?? 1;
  const batch = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  // ONNX Runtime is not reliable where a side is empty; the result is empty too, or sums of nothing.
  if (inner === 0 || sizeOf(shape) === 0) return backend.makeOutputTensor(shape, new Float32Array(sizeOf(shape)));
  return runSession(backend, matMulSession(transA, transB), { a, b }, shape);
}

function matMulSession(transA: boolean, transB: boolean): Session {
  return sessionFor(
    `MatMul ${transA} ${transB}`,
    () => singleNode("FusedMatMul", ["a", "b"], { transA: Number(transA), transB: Number(transB) }),
    true,
  );
}

function fusedMatMul(call: KernelCall): tf.TensorInfo | null {
  const { inputs, attrs, backend } = call;
  const activation = attrs["activation"] ?? "linear";
  const a = input(call, "a");
  const b = input(call, "b");
  if (!isFloat(a, b) || inputs["preluActivationWeights"] || (activation !== "linear" && activation !== "relu")) return null;
  const steps = [matMul(backend, a, b, attrs)];
  const last = (): tf.TensorInfo => steps.at(-1) ?? a;
  if (inputs["bias"]) {
    steps.push(
      runSession(
        backend,
        sessionFor("Add", () => singleNode("Add", ["a", "b"])),
        { a: last(), b: inputs["bias"] },
        last().shape,
      ),
    );
  }
  if (activation === "relu")
    steps.push(
      runSession(
        backend,
        sessionFor("Relu", () => singleNode("Relu", ["a"])),
        { a: last() },
        last().shape,
      ),
    );
  for (const step of steps.slice(0, -1)) backend.disposeIntermediateTensorInfo(step);
  return last();
}
