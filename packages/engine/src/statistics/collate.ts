import { type Network, padBatch, tf } from "../runtime/index.ts";

/** One example as a network takes it: token ids, a row of features, or the pixels of an image; with the index of its label where it has one. */
export interface StatisticExample {
  readonly input: ArrayLike<number>;
  /** Height and width of an image, where the network takes any; default: square. */
  readonly shape?: readonly [height: number, width: number];
  readonly label?: number;
}

/** A batch on its way through a network. */
export interface Collated {
  logits(): tf.Tensor2D;
  dispose(): void;
}

/**
 * Puts examples into one batch of what the network takes. @throws Error for a network of pairs, and RangeError for an example of another size
 */
export function collate(network: Network, examples: readonly StatisticExample[]): Collated {
  switch (network.input) {
    case "tokens": {
      const batch = padBatch(examples.map(({ input }) => input));
      return { logits: () => network.logits(batch), dispose: () => {} };
    }
    case "features": {
      const rows = tf.tensor2d(together(examples, network.features), [examples.length, network.features]);
      return { logits: () => network.logits(rows), dispose: () => rows.dispose() };
    }
    case "images": {
      const [fixedHeight, fixedWidth, channels] = network.imageShape;
      const side = Math.round(Math.sqrt((examples[0]?.input.length ?? 0) / channels));
      const [ownHeight, ownWidth] = examples[0]?.shape ?? [side, side];
      const [height, width] = [fixedHeight ?? ownHeight, fixedWidth ?? ownWidth];
      const values = together(examples, height * width * channels);
      const pixels = tf.tensor4d(values, [examples.length, height, width, channels]);
      return { logits: () => network.logits(pixels), dispose: () => pixels.dispose() };
    }
    case "pairs":
      throw new Error(`${network.architecture}: statistics of encoder-decoders are not measured here.`);
  }
}

function together(examples: readonly StatisticExample[], size: number): Float32Array {
  const values = new Float32Array(examples.length * size);
  examples.forEach(({ input }, row) => {
    if (input.length !== size) throw new RangeError(`Example ${row} has ${input.length} numbers; the network takes ${size}.`);
    values.set(Float32Array.from(input), row * size);
  });
  return values;
}
