import { tf } from "./tf.ts";

export interface ChannelStatistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly epsilon: number;
}

/**
 * (x − mean)/√(variance + ε)·gain + shift over the last axis, the statistics given: batch normalisation as inference has it. With r =
 * 1/√(variance + ε) and sums over all axes but the last: dx = dy·gain·r, dgain = r·Σ dy·(x − mean), dshift = Σ dy. Keeps x alone for them.
 */
export function normaliseChannels(
  x: tf.Tensor4D,
  gain: tf.Tensor1D,
  shift: tf.Tensor1D,
  { mean, variance, epsilon }: ChannelStatistics,
): tf.Tensor4D {
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const op = tf.customGrad((...args) => {
    const [input, scale, offset, save] = args as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    save([input, scale, inverse]);
    const slope = tf.mul(scale, inverse);
    return {
      value: tf.add(tf.mul(input, slope), tf.sub(offset, tf.mul(mean, slope))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sgain, sinverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const places = [0, 1, 2];
        return [
          tf.mul(dy, tf.mul(sgain, sinverse)),
          tf.mul(sinverse, tf.sum(tf.mul(dy, tf.sub(sx, mean)), places)),
          tf.sum(dy, places),
        ];
      },
    };
  });
  return op(x, gain, shift) as tf.Tensor4D;
}
