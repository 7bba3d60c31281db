import type { ImagePreparation } from "./image-preparation.ts";
import type { ImageShape } from "./images.ts";
import { tf } from "./tf.ts";

/** Images of a data set, [n, height, width, channels] or [n, channels, height, width]. */
export interface Images {
  readonly values: Float32Array;
  /** Numbers 0 to 255; else 0 to 1. */
  readonly isBytes: boolean;
  readonly shape: readonly number[];
}

/**
 * The pixels [n, height, width, channels] that a network takes: floats (x − mean)/deviation, bytes (x·rescale − mean)/deviation. Without a
 * preparation the numbers go in as they are. Images are resized and cropped before: another size is refused. Where both layouts fit, channels
 * are last. The caller disposes the result.
 */
export function toPixels(images: Images, takes: ImageShape, preparation: ImagePreparation | null): tf.Tensor4D {
  const { shape, isChannelsFirst } = imageLayout(images.shape, takes, preparation);
  const values = preparation === null ? images.values : prepare(images, shape, isChannelsFirst, preparation);
  return tf.tidy(() => {
    const [n, height, width, channels] = shape;
    if (!isChannelsFirst) return tf.tensor4d(values, shape);
    return tf.transpose(tf.tensor4d(values, [n, channels, height, width]), [0, 2, 3, 1]);
  });
}

type Shape = [n: number, height: number, width: number, channels: number];

interface ImageLayout {
  /** With channels last, however they lie. */
  readonly shape: Shape;
  readonly isChannelsFirst: boolean;
}

/** How images of a shape [n, …] lie. Throws where a network or its preparation does not take them. */
export function imageLayout(shape: readonly number[], takes: ImageShape, preparation: ImagePreparation | null): ImageLayout {
  const layout = layoutOf(shape, takes);
  if (preparation !== null) checkSize(layout.shape, preparation);
  return layout;
}

function layoutOf(shape: readonly number[], takes: ImageShape): ImageLayout {
  const fits = (sides: readonly number[]) => takes.every((length, axis) => length === null || length === sides[axis]);
  const [n = 0, a = 0, b = 0, c = 0] = shape;
  if (shape.length === 4 && fits([a, b, c])) return { shape: [n, a, b, c], isChannelsFirst: false };
  if (shape.length === 4 && fits([b, c, a])) return { shape: [n, b, c, a], isChannelsFirst: true };
  const [height, width, channels] = takes.map((length) => length ?? "any");
  throw new RangeError(
    `an example has the shape [${shape.slice(1).join(", ")}]; the model takes [${height}, ${width}, ${channels}] or [${channels}, ${height}, ${width}].`,
  );
}

function checkSize([, height, width, channels]: Shape, { file, size, mean, deviation }: ImagePreparation): void {
  if (size !== null && (size[0] !== height || size[1] !== width)) {
    throw new RangeError(
      `${file}: size: asks for images of ${size.join(" × ")}; these are ${height} × ${width}, and nothing is resized here.`,
    );
  }
  const uneven = [mean, deviation].find(({ length }) => length !== 1 && length !== channels);
  if (uneven === undefined) return;
  const key = uneven === mean ? "image_mean" : "image_std";
  throw new RangeError(`${file}: ${key}: has ${uneven.length} numbers for images of ${channels} channels.`);
}

function prepare(
  { values, isBytes }: Images,
  [, height, width, channels]: Shape,
  isChannelsFirst: boolean,
  { file, rescale, mean, deviation }: ImagePreparation,
): Float32Array {
  const stray = isBytes ? undefined : values.find((value) => !(value >= 0 && value <= 1));
  if (stray !== undefined) {
    throw new RangeError(`${file} says how to prepare images: give it bytes, or floats from 0 to 1; one of them is ${stray}.`);
  }
  const scale = isBytes ? rescale : 1;
  const area = height * width;
  const prepared = new Float32Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const channel = isChannelsFirst ? Math.floor(index / area) % channels : index % channels;
    const centre = mean[mean.length === 1 ? 0 : channel] ?? 0;
    const spread = deviation[deviation.length === 1 ? 0 : channel] ?? 1;
    prepared[index] = ((values[index] ?? 0) * scale - centre) / spread;
  }
  return prepared;
}
