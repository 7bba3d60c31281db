import { createTrainer, type ImageNetwork, tf } from "@amalgam/engine/runtime";
import { hashText, seededRandom, shuffled } from "../../random.ts";
import { featuresByBatch, pixelsOf } from "./network.ts";
import { moveStatistics } from "./statistics.ts";

export interface LabelledImage {
  readonly input: Float32Array;
  readonly label: number;
}

export interface ImageTraining {
  /** Decides the order. */
  readonly name: string;
  readonly epochs: number;
  readonly peakLearningRate: number;
  readonly isHeadFrozen: boolean;
}

const BATCH = 64;
/** How fast running statistics follow those of the batches, as in torch. */
const MOMENTUM = 0.1;

/** Trains in place, batch normalisation by the statistics of each batch. */
export function trainImages(
  network: ImageNetwork,
  items: readonly LabelledImage[],
  { name, epochs, peakLearningRate, isHeadFrozen }: ImageTraining,
): void {
  const batches = Array.from({ length: epochs }, (_, epoch) => {
    const order = shuffled(items, seededRandom(hashText(`${name}/${epoch}`)));
    return Array.from({ length: Math.floor(order.length / BATCH) }, (_, i) => order.slice(i * BATCH, (i + 1) * BATCH));
  }).flat();
  const trainer = createTrainer(network.parameters, {
    peakLearningRate,
    warmupSteps: Math.round(batches.length / 20),
    totalSteps: batches.length,
    weightDecay: 0.01,
    frozen: (tensor) => isHeadFrozen && tensor.startsWith("classifier."),
  });
  for (const batch of batches) trainer.step(() => lossOf(network, batch));
}

/** Mean cross-entropy, in nats. */
function lossOf(network: ImageNetwork, batch: readonly LabelledImage[]): tf.Scalar {
  const pixels = pixelsOf(batch.map(({ input }) => input));
  const features = featuresByBatch(network, pixels, (name, mean, variance) =>
    moveStatistics(network, name, { mean, variance, share: MOMENTUM }),
  );
  const logits = network.layers.dense("classifier", features);
  const labels = tf.tensor1d(
    Int32Array.from(batch, ({ label }) => label),
    "int32",
  );
  const targets = tf.oneHot(labels, network.outputs, 1, 0, "float32");
  return tf.neg(tf.div(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), batch.length));
}
