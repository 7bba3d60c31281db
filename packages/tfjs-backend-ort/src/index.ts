/** A TensorFlow.js backend on ONNX Runtime's native CPU kernels, and the fused operations of a transformer. */
export { OrtBackend } from "./backend.ts";
export { borrowValues } from "./borrow-values.ts";
export { type AttentionShape, attention } from "./ops/attention.ts";
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
export { layerNorm } from "./ops/layer-norm.ts";
export { linear } from "./ops/linear.ts";
export { registerOrtBackend } from "./register-backend.ts";
