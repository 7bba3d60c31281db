import { tf } from "./tf.ts";

/** Convolution of images [n, h, w, in] by a filter [kh, kw, in, out] with zeros on every side, differentiable on every backend. */
export function convolve(images: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  if (tf.getKernel("Conv2DBackpropFilter", tf.getBackend())) return tf.conv2d(images, filter, stride, padding);
  // tfjs-wasm differentiates a convolution by its input only.
  const op = tf.customGrad((...args) => {
    const [x, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, w]);
    return {
      value: tf.conv2d(x, w, stride, padding),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [sx, sw] = saved as [tf.Tensor4D, tf.Tensor4D];
        return [
          tf.conv2dTranspose(dy as tf.Tensor4D, sw, sx.shape, stride, padding),
          filterGradient(sx, dy as tf.Tensor4D, sw.shape, { stride, padding }),
        ];
      },
    };
  });
  return op(images, filter) as tf.Tensor4D;
}

/** Convolution by a filter of one pixel: a dense layer over the pixels [n·h·w, in] that the stride leaves. */
export function convolvePixels(images: tf.Tensor4D, stride: number, dense: (pixels: tf.Tensor2D) => tf.Tensor2D): tf.Tensor4D {
  // Windows of one pixel: their maximum is the pixel.
  const seen = stride === 1 ? images : tf.maxPool(images, 1, stride, "valid");
  const [size, height, width, channels] = seen.shape;
  const y = dense(tf.reshape(seen, [-1, channels]) as tf.Tensor2D);
  return tf.reshape(y, [size, height, width, y.shape[1]]);
}

/** For every place (i, j) of the filter, what it saw of the images, transposed, times dy: one matrix product [in, out] a place. */
export function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  [height, width, inputs, outputs]: [number, number, number, number],
  { stride, padding }: { stride: number; padding: number },
): tf.Tensor4D {
  const [size, rows, columns] = dy.shape;
  const wide =
    padding === 0
      ? x
      : tf.pad4d(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ]);
  const gradients = tf.reshape(dy, [-1, outputs]);
  const places = Array.from({ length: height * width }, (_, place) => {
    const [i, j] = [Math.floor(place / width), place % width];
    const end = [size, i + (rows - 1) * stride + 1, j + (columns - 1) * stride + 1, inputs];
    const seen = tf.stridedSlice(wide, [0, i, j, 0], end, [1, stride, stride, 1]);
    return tf.matMul(tf.reshape(seen, [-1, inputs]), gradients, true);
  });
  return tf.reshape(tf.stack(places), [height, width, inputs, outputs]);
}
