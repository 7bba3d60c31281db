import { type ConvolutionCall, tf } from "../../runtime/index.ts";
import { unfold } from "../unfold.ts";
import type { Contribution } from "./contribution.ts";
import { denseWeight } from "./dense.ts";

/** What filters see is written out for so many numbers at a time: a batch of large images would not fit in memory. */
const CHUNK = 1 << 22;

/** Of a filter: that of a dense layer over what it sees, for a few examples at a time. */
export function convolutionWeight(call: ConvolutionCall, dy: tf.Tensor4D): Contribution {
  const [examples, height, width, outputs] = dy.shape;
  const seen = height * width * call.size[0] * call.size[1] * call.x.shape[3];
  const atOnce = Math.max(1, Math.floor(CHUNK / seen));
  const dense = (first: number, count: number): Contribution => {
    const [images, own] = [call.x, dy].map((each) => tf.slice(each, [first, 0, 0, 0], [count, -1, -1, -1])) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    return denseWeight(tf.reshape(own, [-1, outputs]), unfold(images, call), count);
  };
  return {
    addSquares(sums) {
      for (let first = 0; first < examples; first += atOnce) {
        tf.tidy(() => dense(first, Math.min(atOnce, examples - first)).addSquares(sums));
      }
    },
    addGradient: (example, into) => tf.tidy(() => dense(example, 1).addGradient(0, into)),
  };
}
