import type { CheckpointSource } from "../architecture.ts";
import { countLabels } from "../count-labels.ts";
import type { WantedTensor } from "../take-tensors.ts";
import { type ClipConfig, towerTensor } from "./clip-config.ts";

export interface ClipHead {
  readonly modelType: string;
  readonly isZeroShot: boolean;
  readonly labels: number;
  readonly wanted: readonly WantedTensor[];
}

/** The head whose tensors the folder holds. */
export async function chooseClipHead(
  config: ClipConfig,
  source: CheckpointSource,
  headFrom: CheckpointSource,
  expected: number | undefined,
): Promise<ClipHead> {
  const { hidden_size: d, projection_dim: projected, model_type: modelType } = config;
  if (headFrom.names.has("zero_shot.weight")) {
    const labels = await countLabels(headFrom, "zero_shot.weight", expected);
    // Bare towers lack what stands above them, so a head may bring it along; the scale belongs to the texts it was trained with.
    const projection = source.names.has("visual_projection.weight") ? source : headFrom;
    const scale = headFrom.names.has("logit_scale") ? headFrom : source;
    const wanted = [
      { ...towerTensor("post_layernorm.weight", source), shape: [d], from: source },
      { ...towerTensor("post_layernorm.bias", source), shape: [d], from: source },
      { name: "visual_projection.weight", shape: [projected, d], from: projection },
      { name: "logit_scale", shape: [], from: scale },
      { name: "zero_shot.weight", shape: [labels, projected], from: headFrom },
    ];
    return { modelType, isZeroShot: true, labels, wanted };
  }
  if (!headFrom.names.has("classifier.weight")) {
    throw new Error(
      `${headFrom.folder} has neither "zero_shot.weight" (a text embedding for every label) nor "classifier.weight": CLIP needs one of them to tell classes apart.`,
    );
  }
  const labels = await countLabels(headFrom, "classifier.weight", expected);
  const wanted = [
    { name: "classifier.weight", shape: [labels, d], from: headFrom },
    { name: "classifier.bias", shape: [labels], from: headFrom },
  ];
  return { modelType, isZeroShot: false, labels, wanted };
}
