import { affineKernels } from "./affine.ts";
import { attentionKernels } from "./attention.ts";
import { registerCausalAttentionKernels } from "./causal-attention-kernels.ts";
import { registerCrossEntropyKernels } from "./cross-entropy.ts";
import { registerEmbeddingKernels } from "./embedding.ts";
import { registerEncoderLayerKernels } from "./encoder-layer-kernels.ts";
import { geluKernels } from "./gelu.ts";
import { geluTanhKernels } from "./gelu-tanh.ts";
import { registerFused } from "./kernel.ts";
import { layerNormKernels } from "./layer-norm.ts";
import { linearKernels } from "./linear.ts";
import { rmsNormKernels } from "./rms-norm.ts";
import { ropeKernels } from "./rope.ts";
import { swigluKernels } from "./swiglu.ts";

const encoderKernels = [...linearKernels, ...geluKernels, ...layerNormKernels, ...attentionKernels];
const decoderKernels = [...affineKernels, ...geluTanhKernels, ...rmsNormKernels, ...swigluKernels, ...ropeKernels];

export function registerFusedKernels(): void {
  for (const kernel of encoderKernels) registerFused(kernel);
  for (const kernel of decoderKernels) registerFused(kernel);
  registerEmbeddingKernels();
  registerCrossEntropyKernels();
  registerEncoderLayerKernels();
  registerCausalAttentionKernels();
}
