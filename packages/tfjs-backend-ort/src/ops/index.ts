import { attentionKernels } from "./attention.ts";
import { registerCrossEntropyKernels } from "./cross-entropy.ts";
import { registerEmbeddingKernels } from "./embedding.ts";
import { registerEncoderLayerKernels } from "./encoder-layer-kernels.ts";
import { geluKernels } from "./gelu.ts";
import { registerFused } from "./kernel.ts";
import { layerNormKernels } from "./layer-norm.ts";
import { linearKernels } from "./linear.ts";

export function registerFusedKernels(): void {
  for (const kernel of [...linearKernels, ...geluKernels, ...layerNormKernels, ...attentionKernels]) registerFused(kernel);
  registerEmbeddingKernels();
  registerCrossEntropyKernels();
  registerEncoderLayerKernels();
}
