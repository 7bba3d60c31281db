import { OrtBackend } from "./backend.ts";
import { registerConv2D } from "./kernels/conv2d.ts";
import { registerElementwise } from "./kernels/elementwise.ts";
import { registerGather } from "./kernels/gather.ts";
import { registerMatMul } from "./kernels/matmul.ts";
import { registerMaxPool } from "./kernels/max-pool.ts";
import { registerMaxPoolGradient } from "./kernels/max-pool-gradient.ts";
import { registerReductions } from "./kernels/reduce.ts";
import { BACKEND_NAME } from "./kernels/register.ts";
import { registerShape } from "./kernels/shape.ts";
import { loadNative } from "./native.ts";
import { registerFusedKernels } from "./ops/index.ts";
import { setThreads } from "./session.ts";
import { tf } from "./tf.ts";

let isRegistered = false;

/**
 * Makes the backend `ort` known to TensorFlow.js; `tf.setBackend("ort")` then selects it. Safe to call again.
 * `threads` are used inside one matrix product or convolution (default 1). Throws where ONNX Runtime does not load.
 */
export function registerOrtBackend({ threads = 1 }: { threads?: number } = {}): void {
  loadNative();
  setThreads(threads);
  if (isRegistered) return;
  isRegistered = true;
  tf.registerBackend(BACKEND_NAME, () => new OrtBackend());
  tf.copyRegisteredKernels("cpu", BACKEND_NAME);
  registerElementwise();
  registerMatMul();
  registerReductions();
  registerShape();
  registerGather();
  registerConv2D();
  registerMaxPool();
  registerMaxPoolGradient();
  registerFusedKernels();
}
