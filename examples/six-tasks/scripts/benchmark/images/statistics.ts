import { borrowValues, type ImageNetwork, tf } from "@amalgam/engine/runtime";
import { featuresByBatch, pixelsOf } from "./network.ts";

/**
 * Running statistics of every batch normalisation, moved a share of the way to those of the images. 1 sets them anew: what a merged network
 * needs, since the statistics of its parents are not its own (Izmailov et al. 2018; Jordan et al. 2022). Labels are not used.
 */
export function reestimate(network: ImageNetwork, images: readonly Float32Array[], share = 1): void {
  tf.tidy(() => {
    featuresByBatch(network, pixelsOf(images), (name, mean, variance) =>
      moveStatistics(network, name, { mean, variance, share }),
    );
  });
}

export function moveStatistics(
  { layers: { buffers } }: ImageNetwork,
  name: string,
  { mean, variance, share }: { mean: tf.Tensor; variance: tf.Tensor; share: number },
): void {
  for (const [part, tensor] of [
    ["running_mean", mean],
    ["running_var", variance],
  ] as const) {
    const values = buffers.values(`${name}.${part}`);
    const fresh = borrowValues(tensor);
    for (let i = 0; i < values.length; i++) values[i] = (1 - share) * (values[i] as number) + share * (fresh[i] as number);
    buffers.touch(`${name}.${part}`);
  }
}
