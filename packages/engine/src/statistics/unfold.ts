import { tf } from "../runtime/index.ts";

/**
 * What a filter sees at every place, as rows [n·h'·w', channels·height·width] in the order of a weight [out, channels, height, width]: a convolution is a dense
 * layer over them.
 */
export function unfold(
  images: tf.Tensor4D,
  { size: [height, width], stride, padding }: { size: readonly [number, number]; stride: number; padding: number },
): tf.Tensor2D {
  return tf.tidy(() => {
    const [n, , , channels] = images.shape;
    const sides: [number, number][] = [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ];
    const wide = padding === 0 ? images : tf.pad(images, sides);
    const rows = Math.floor(((wide.shape[1] ?? 0) - height) / stride) + 1;
    const columns = Math.floor(((wide.shape[2] ?? 0) - width) / stride) + 1;
    const seen = Array.from({ length: height * width }, (_, place) => {
      const [i, j] = [Math.floor(place / width), place % width];
      const end = [n, i + (rows - 1) * stride + 1, j + (columns - 1) * stride + 1, channels];
      const part = tf.stridedSlice(wide, [0, i, j, 0], end, [1, stride, stride, 1]);
      return tf.reshape(part, [n * rows * columns, channels, 1]);
    });
    return tf.reshape(tf.concat(seen, 2), [n * rows * columns, channels * height * width]);
  });
}
