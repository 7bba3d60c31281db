import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeFromF32, writeSafetensors } from "@amalgam/engine/formats";
import { type ImageNetwork, openNetwork, type TensorValues, tf } from "@amalgam/engine/runtime";
import { gaussian, type Random } from "../../random.ts";
import { PIXELS, SIDE } from "./digits.ts";

const EPSILON = 1e-5;
const pool = { type: "max_pool", kernel_size: 2, stride: 2 } as const;
const block = (channels: number, stride: number) => [
  { type: "conv", channels, kernel_size: 3, stride, padding: 1 } as const,
  { type: "batch_norm" } as const,
  { type: "relu" } as const,
];
const layers = [...block(8, 2), ...block(16, 1), pool, ...block(32, 1), pool];
const FEATURES = 3 * 3 * 32;
export const normNames = layers.flatMap(({ type }, index) => (type === "batch_norm" ? [`layers.${index}`] : []));

/** Three convolutions with batch normalisation, weights as He et al. 2015 draw them, and an empty head. */
export function newTensors(labels: number, random: Random): Map<string, TensorValues> {
  const tensors = new Map<string, TensorValues>();
  const add = (name: string, shape: readonly number[], value: () => number): void => {
    const size = shape.reduce((product, side) => product * side, 1);
    tensors.set(name, { shape, values: Float32Array.from({ length: size }, value) });
  };
  let channels = 1;
  layers.forEach((layer, index) => {
    const name = `layers.${index}`;
    if (layer.type === "conv") {
      const deviation = Math.sqrt(2 / (9 * channels));
      add(`${name}.weight`, [layer.channels, channels, 3, 3], () => deviation * gaussian(random));
      add(`${name}.bias`, [layer.channels], () => 0);
      channels = layer.channels;
    }
    if (layer.type !== "batch_norm") return;
    for (const [part, value] of [
      ["weight", 1],
      ["bias", 0],
      ["running_mean", 0],
      ["running_var", 1],
    ] as const)
      add(`${name}.${part}`, [channels], () => value);
  });
  add("classifier.weight", [labels, FEATURES], () => 0.05 * gaussian(random));
  add("classifier.bias", [labels], () => 0);
  return tensors;
}

export async function writeModel(
  folder: string,
  tensors: ReadonlyMap<string, TensorValues>,
  labels: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = {
    model_type: "cnn",
    image_size: [SIDE, SIDE],
    num_channels: 1,
    layers,
    num_labels: labels.length,
    batch_norm_eps: EPSILON,
    id2label: Object.fromEntries(labels.entries()),
  };
  await writeFile(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  const data = [...tensors].map(([name, { shape, values }]) => ({
    name,
    dtype: "F32" as const,
    shape,
    data: encodeFromF32("F32", values),
  }));
  const file = await open(join(folder, "model.safetensors"), "w");
  await writeSafetensors({ write: async (bytes) => void (await file.writeFile(bytes)) }, data, new Map([["format", "pt"]]));
  await file.close();
}

export async function openModel(folder: string): Promise<ImageNetwork> {
  const network = await openNetwork(folder, { head: "classification" });
  if (network.input === "images") return network;
  network.dispose();
  throw new Error(`${folder} holds no network for images.`);
}

/** Every tensor of a network, statistics of its normalisations included. */
export function tensorsOf({ parameters, layers: { buffers } }: ImageNetwork): Map<string, TensorValues> {
  return new Map(
    [parameters, buffers].flatMap((from) =>
      from.names.map((name) => [name, { shape: from.shape(name), values: from.values(name).slice() }] as const),
    ),
  );
}

export function pixelsOf(images: readonly Float32Array[]): tf.Tensor4D {
  const values = new Float32Array(images.length * PIXELS);
  for (const [i, image] of images.entries()) values.set(image, i * PIXELS);
  return tf.tensor4d(values, [images.length, SIDE, SIDE, 1]);
}

/**
 * What the head reads, with statistics of the batch itself in every normalisation, as training has it: the same layers as the network's own
 * forward pass. `seen` is told each layer's mean and variance.
 */
export function featuresByBatch(
  network: ImageNetwork,
  images: tf.Tensor4D,
  seen: (name: string, mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor2D {
  let x = images;
  layers.forEach((layer, index) => {
    const name = `layers.${index}`;
    if (layer.type === "conv") x = network.layers.conv2d(name, x, layer);
    else if (layer.type === "relu") x = tf.relu(x);
    else if (layer.type === "max_pool") x = tf.maxPool(x, layer.kernel_size, layer.stride, "valid");
    else {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      seen(name, mean, variance);
      const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
      const { parameters } = network;
      x = tf.add(tf.mul(normal, parameters.tensor(`${name}.weight`)), parameters.tensor(`${name}.bias`));
    }
  });
  return tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [images.shape[0], FEATURES]);
}
