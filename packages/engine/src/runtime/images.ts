import { tf } from "./tf.ts";

/** Null where any length will do. */
export type ImageShape = readonly [height: number | null, width: number | null, channels: number];

/** Throws unless every image has the shape that the network was made for. */
export function checkImages(images: tf.Tensor4D, shape: ImageShape): void {
  const given = images.shape.slice(1);
  if (shape.every((length, axis) => length === null || length === given[axis])) return;
  const wanted = shape.map((length) => length ?? "any").join(" × ");
  throw new RangeError(`Images of ${given.join(" × ")} (height × width × channels) for a network that takes ${wanted}.`);
}

/**
 * Non-overlapping patches as rows: [n, h, w, c] → [n·(h/ph)·(w/pw), c·ph·pw], a patch's numbers in the order of a filter [c, ph, pw].
 * ph and pw divide h and w.
 */
export function patchRows(images: tf.Tensor4D, [ph, pw]: readonly [number, number]): tf.Tensor2D {
  const [size, height, width, channels] = images.shape;
  const [rows, columns] = [height / ph, width / pw];
  return tf.tidy(() => {
    const tiles = tf.reshape(images, [size * rows, ph, columns, pw * channels]);
    const apart = tf.reshape(tf.transpose(tiles, [0, 2, 1, 3]), [size * rows * columns, ph * pw, channels]);
    return tf.reshape(tf.transpose(apart, [0, 2, 1]), [size * rows * columns, channels * ph * pw]);
  });
}
