import { tf } from "../tf.ts";
import { input, isFloat, type KernelCall, override, sizeOf } from "./register.ts";

/** What max pooling passes back: dy goes to the first of the largest numbers that a window saw. */
export function registerMaxPoolGradient(): void {
  override("MaxPoolGrad", (call) => {
    const x = input(call, "input");
    const dy = input(call, "dy");
    return isFloat(x, dy) && sizeOf(dy.shape) > 0 ? maxPoolGradient(call, x, dy) : null;
  });
}

function maxPoolGradient({ attrs, backend }: KernelCall, x: tf.TensorInfo, dy: tf.TensorInfo): tf.TensorInfo {
  const { inHeight, inWidth, outHeight, outWidth, inChannels, batchSize, ...window } = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs["filterSize"] as number | [number, number],
    attrs["strides"] as number | [number, number],
    1,
    attrs["pad"] as "same" | "valid" | number,
    attrs["dimRoundingMode"] as "floor" | undefined,
  );
  const values = backend.floats(x);
  const passed = backend.floats(dy);
  const out = backend.allocate(values.length).fill(0);
  const largest = new Float32Array(inChannels);
  const places = new Int32Array(inChannels);
  let at = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * window.strideHeight - window.padInfo.top;
      for (let column = 0; column < outWidth; column++, at += inChannels) {
        const left = column * window.strideWidth - window.padInfo.left;
        largest.fill(Number.NEGATIVE_INFINITY);
        places.fill(-1);
        for (let y = Math.max(0, top); y < Math.min(inHeight, top + window.filterHeight); y++) {
          for (let x = Math.max(0, left); x < Math.min(inWidth, left + window.filterWidth); x++) {
            const pixel = ((image * inHeight + y) * inWidth + x) * inChannels;
            for (let channel = 0; channel < inChannels; channel++) {
              const value = values[pixel + channel] ?? 0;
              if (value > (largest[channel] ?? 0)) {
                largest[channel] = value;
                places[channel] = pixel + channel;
              }
            }
          }
        }
        for (let channel = 0; channel < inChannels; channel++) {
          const place = places[channel] ?? -1;
          if (place >= 0) out[place] = (out[place] ?? 0) + (passed[at + channel] ?? 0);
        }
      }
    }
  }
  return backend.makeOutputTensor(x.shape, out);
}
