/** A TensorFlow.js backend on ONNX Runtime's native CPU kernels, and the fused operations of a transformer. */
export { OrtBackend } from "./backend.ts";
export { borrowValues } from "./borrow-values.ts";
export { affine } from "./ops/affine.ts";
export { type AttentionShape, attention } from "./ops/attention.ts";
export { type CausalAttentionShape, causalAttention } from "./ops/causal-attention.ts";
export { softmaxCrossEntropy } from "./ops/cross-entropy.ts";
export { gatherRows } from "./ops/embedding.ts";
export {
  composedEncoderLayer,
  type DenseWeights,
  type EncoderLayerShape,
  type EncoderLayerWeights,
  encoderLayer,
  type NormWeights,
} from "./ops/encoder-layer.ts";
export { gelu } from "./ops/gelu.ts";
export { geluTanh } from "./ops/gelu-tanh.ts";
export { layerNorm } from "./ops/layer-norm.ts";
export { linear } from "./ops/linear.ts";
export { rmsNorm } from "./ops/rms-norm.ts";
export { type RopeShape, type RopeTables, rope } from "./ops/rope.ts";
export { swiglu } from "./ops/swiglu.ts";
export { registerOrtBackend } from "./register-backend.ts";
