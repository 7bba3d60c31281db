import { borrowValues, tf } from "../runtime/index.ts";

export interface Filter {
  /** Height and width. */
  readonly size: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
}

/**
 * What a filter sees at every place, as rows [n·h'·w', channels·height·width] in the order of a weight [out, channels, height, width]: a convolution is a dense
 * layer over them. Copied by a plain loop: most backends have no operation for it, and slicing costs more than the product that follows.
 */
export function unfold(images: tf.Tensor4D, { size: [height, width], stride, padding }: Filter): tf.Tensor2D {
  const [n, rows, columns, channels] = images.shape;
  const placesDown = Math.floor((rows + 2 * padding - height) / stride) + 1;
  const placesAcross = Math.floor((columns + 2 * padding - width) / stride) + 1;
  const window = height * width;
  const pixels = borrowValues(images);
  const seen = new Float32Array(n * placesDown * placesAcross * channels * window);
  let row = 0;
  for (let image = 0; image < n; image += 1) {
    for (let down = 0; down < placesDown; down += 1) {
      for (let across = 0; across < placesAcross; across += 1, row += channels * window) {
        for (let place = 0; place < window; place += 1) {
          const y = down * stride + Math.floor(place / width) - padding;
          const x = across * stride + (place % width) - padding;
          // Outside there are zeros.
          if (y < 0 || y >= rows || x < 0 || x >= columns) continue;
          const from = ((image * rows + y) * columns + x) * channels;
          for (let channel = 0; channel < channels; channel += 1) {
            seen[row + channel * window + place] = pixels[from + channel] as number;
          }
        }
      }
    }
  }
  return tf.tensor2d(seen, [n * placesDown * placesAcross, channels * window]);
}
