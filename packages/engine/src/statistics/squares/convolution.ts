import { borrowValues, type ConvolutionCall, filterGradient, tf } from "../../runtime/index.ts";
import { addSquaresTo, addTo } from "./add-values.ts";
import type { Contribution } from "./contribution.ts";

/** Of a filter: each example's own is what the images give when it is alone in the batch. */
export function convolutionWeight({ x, stride, padding, size }: ConvolutionCall, dy: tf.Tensor4D): Contribution {
  const [height, width] = size;
  const [inputs, outputs] = [x.shape[3], dy.shape[3]];
  const gradient = (example: number): tf.Tensor => {
    const [image, own] = [x, dy].map((each) => tf.slice(each, [example, 0, 0, 0], [1, -1, -1, -1])) as [tf.Tensor4D, tf.Tensor4D];
    // From [kh, kw, in, out] to the order of the checkpoint.
    return tf.transpose(filterGradient(image, own, [height, width, inputs, outputs], { stride, padding }), [3, 2, 0, 1]);
  };
  return {
    addSquares(sums) {
      for (let example = 0; example < x.shape[0]; example++) {
        tf.tidy(() => addSquaresTo(sums, borrowValues(gradient(example))));
      }
    },
    addGradient: (example, into) => tf.tidy(() => addTo(into, borrowValues(gradient(example)))),
  };
}
