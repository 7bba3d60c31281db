import { gatherRows } from "@amalgam/tfjs-backend-ort";
import { z } from "zod";
import type { Architecture, CheckpointSource } from "../architecture.ts";
import { countLabels } from "../count-labels.ts";
import { checkImages } from "../images.ts";
import { Layers } from "../layers.ts";
import type { ImageNetwork } from "../network.ts";
import { parseConfig } from "../parse-config.ts";
import { takeTensors, type WantedTensor } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import { countPatches, visionKeys } from "./vision-config.ts";
import { classRows, embedImages, encodePatches, layerShapes } from "./vision-transformer.ts";

const schema = z.looseObject({
  ...visionKeys,
  model_type: z.literal("vit"),
  layer_norm_eps: visionKeys.layer_norm_eps.default(1e-12),
  hidden_act: visionKeys.hidden_act.default("gelu"),
  qkv_bias: z.boolean().default(true),
});

export type VitConfig = z.infer<typeof schema>;

export const parseVitConfig = ({ config, configFile }: CheckpointSource): VitConfig => parseConfig(schema, config, configFile);

const names = {
  attentionNorm: "layernorm_before",
  query: "attention.attention.query",
  key: "attention.attention.key",
  value: "attention.attention.value",
  output: "attention.output.dense",
  forwardNorm: "layernorm_after",
  wide: "intermediate.dense",
  narrow: "output.dense",
};

/** ViT (Dosovitskiy et al. 2021) with a linear head over the normalised class token. A trunk saved without its prefix is found by its names. */
export const vit: Architecture = {
  modelTypes: ["vit"],
  heads: ["classification"],
  isHeadTensor: (name) => name.startsWith("classifier."),
  async open(source, { headFrom = source, labels }): Promise<ImageNetwork> {
    const config = parseVitConfig(source);
    const patches = countPatches(config, source.configFile);
    const outputs = await countLabels(headFrom, "classifier.weight", labels);
    const parameters = await takeTensors([
      ...vitTrunk(config, patches, source),
      { name: "classifier.weight", shape: [outputs, config.hidden_size], from: headFrom },
      { name: "classifier.bias", shape: [outputs], from: headFrom },
    ]);
    const layers = new Layers(parameters);
    const imageShape = [...config.image_size, config.num_channels] as const;
    return {
      architecture: config.model_type,
      input: "images",
      head: "classification",
      outputs,
      imageShape,
      parameters,
      layers,
      logits: (images) => {
        checkImages(images, imageShape);
        return tf.tidy(() => {
          const size = images.shape[0];
          const tokens = embedImages(config, images, layers, {
            classToken: "vit.embeddings.cls_token",
            positions: "vit.embeddings.position_embeddings",
            patches: "vit.embeddings.patch_embeddings.projection",
          });
          const hidden = encodePatches(layers, config, tokens, { size, prefix: "vit.encoder.layer", names });
          const firsts = gatherRows(hidden, classRows(size, patches + 1));
          return layers.dense("classifier", layers.layerNorm("vit.layernorm", firsts, config.layer_norm_eps));
        });
      },
      dispose: () => parameters.dispose(),
    };
  },
};

/** Everything but the classifier. */
export function vitTrunk(config: VitConfig, patches: number, from: CheckpointSource): WantedTensor[] {
  const d = config.hidden_size;
  const layer = layerShapes(config, names, config.qkv_bias);
  const shapes: [string, number[]][] = [
    ["embeddings.cls_token", [1, 1, d]],
    ["embeddings.position_embeddings", [1, patches + 1, d]],
    ["embeddings.patch_embeddings.projection.weight", [d, config.num_channels, ...config.patch_size]],
    ["embeddings.patch_embeddings.projection.bias", [d]],
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => index).flatMap((index) =>
      layer.map(([name, shape]): [string, number[]] => [`encoder.layer.${index}.${name}`, shape]),
    ),
    ["layernorm.weight", [d]],
    ["layernorm.bias", [d]],
  ];
  const isBare = from.names.has("embeddings.cls_token");
  return shapes.map(([name, shape]) => ({ name: `vit.${name}`, shape, from, stored: isBare ? name : `vit.${name}` }));
}
