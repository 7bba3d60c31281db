import { attention } from "@amalgam/tfjs-backend-ort";
import { activations } from "../activations.ts";
import { patchRows } from "../images.ts";
import type { Layers } from "../layers.ts";
import { tf } from "../tf.ts";
import type { VisionConfig } from "./vision-config.ts";

/** How a family names the tensors of a layer, below its prefix. */
export interface LayerNames {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly forwardNorm: string;
  readonly wide: string;
  readonly narrow: string;
}

/** Class token and patches with their positions, [n·(1 + patches), d]: row 0 of every image is the class token. */
export function embedImages(
  config: VisionConfig,
  images: tf.Tensor4D,
  layers: Layers,
  names: { classToken: string; positions: string; patches: string },
): tf.Tensor2D {
  return tf.tidy(() => {
    const size = images.shape[0];
    const width = config.hidden_size;
    const rows = layers.patches(names.patches, patchRows(images, config.patch_size));
    const patches = tf.reshape(rows, [size, -1, width]) as tf.Tensor3D;
    const token = layers.repeated(names.classToken, size);
    const tokens = tf.tile(token, [size / token.shape[0], 1, 1]);
    const sequence = tf.concat([tokens, patches], 1);
    return tf.reshape(tf.add(sequence, layers.repeated(names.positions, size)), [-1, width]);
  });
}

/** Pre-norm layers (Dosovitskiy et al. 2021): n = x + attention(LN(x)); y = n + narrow(act(wide(LN(n)))). x [n·tokens, d]. */
export function encodePatches(
  layers: Layers,
  config: VisionConfig,
  x: tf.Tensor2D,
  { size, prefix, names }: { size: number; prefix: string; names: LayerNames },
): tf.Tensor2D {
  return tf.tidy(() => {
    const length = x.shape[0] / size;
    const nothingHidden = tf.zeros<tf.Rank.R4>([size, 1, 1, length]);
    const shape = { batch: size, length, heads: config.num_attention_heads };
    let hidden = x;
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const below = hidden;
      const at = (part: keyof LayerNames) => `${prefix}.${layer}.${names[part]}`;
      hidden = tf.tidy(() => {
        const normal = layers.layerNorm(at("attentionNorm"), below, config.layer_norm_eps);
        const project = (part: keyof LayerNames) => layers.dense(at(part), normal);
        const context = attention(project("query"), project("key"), project("value"), nothingHidden, shape);
        const attended: tf.Tensor2D = tf.add(below, layers.dense(at("output"), context));
        const second = layers.layerNorm(at("forwardNorm"), attended, config.layer_norm_eps);
        const wide = activations[config.hidden_act](layers.dense(at("wide"), second));
        return tf.add(attended, layers.dense(at("narrow"), wide));
      });
    }
    return hidden;
  });
}

/** Names and shapes of a layer's tensors; `hasBias`: of the query, key and value projections. */
export function layerShapes(config: VisionConfig, names: LayerNames, hasBias: boolean): [name: string, shape: number[]][] {
  const { hidden_size: d, intermediate_size: wide } = config;
  const norm = (name: string): [string, number[]][] => [
    [`${name}.weight`, [d]],
    [`${name}.bias`, [d]],
  ];
  const dense = (name: string, outputs: number, inputs: number, isBiased = true): [string, number[]][] => [
    [`${name}.weight`, [outputs, inputs]],
    ...(isBiased ? [[`${name}.bias`, [outputs]] as [string, number[]]] : []),
  ];
  return [
    ...norm(names.attentionNorm),
    ...[names.query, names.key, names.value].flatMap((name) => dense(name, d, d, hasBias)),
    ...dense(names.output, d, d),
    ...norm(names.forwardNorm),
    ...dense(names.wide, wide, d),
    ...dense(names.narrow, d, wide),
  ];
}

/** Rows of the class tokens in [size·length, d]. */
export const classRows = (size: number, length: number): Int32Array =>
  Int32Array.from({ length: size }, (_, index) => index * length);
