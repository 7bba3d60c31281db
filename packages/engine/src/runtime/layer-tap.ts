import { linear } from "@amalgam/tfjs-backend-ort";
import { tf } from "./tf.ts";

/** A layer by the names of its tensors. */
export interface ObservedLayer {
  readonly kind: "dense" | "denseInOut" | "layerNorm" | "rmsNorm";
  readonly weight: string;
  readonly bias: string | null;
  readonly epsilon?: number;
}

/** What is told of the layers of a network while it runs. Tensors are alive during the call only. */
export interface TapListener {
  /** A dense layer is about to run on rows x [rows, in]. */
  input?(layer: ObservedLayer, x: tf.Tensor2D): void;
  /** Backward: the rows x that went in, and the gradient of what came out. */
  gradient?(layer: ObservedLayer, x: tf.Tensor2D, dy: tf.Tensor2D): void;
  /** Backward: the gradient of the rows that were looked up. */
  embedding?(weight: string, ids: Int32Array, dy: tf.Tensor2D): void;
}

/**
 * Sits in the layers of a network and tells a listener what goes in and which gradients come back. `anchor`, a zero added to every embedding, is
 * what to ask the gradient by: then the backward pass goes through all layers, and no gradient of a weight is computed.
 */
export class LayerTap {
  readonly anchor: tf.Scalar = tf.keep(tf.scalar(0));
  readonly #listener: TapListener;

  constructor(listener: TapListener) {
    this.#listener = listener;
  }

  dense(
    names: { weight: string; bias: string | null },
    x: tf.Tensor2D,
    weight: tf.Tensor2D,
    bias: tf.Tensor1D | null,
  ): tf.Tensor2D {
    const layer: ObservedLayer = { kind: "dense", ...names };
    this.#listener.input?.(layer, x);
    const op = tf.customGrad((...args) => {
      const [a, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
      save([a]);
      return {
        value: bias === null ? tf.matMul(a, weight, false, true) : linear(a, weight, bias),
        gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
          this.#listener.gradient?.(layer, saved as tf.Tensor2D, dy as tf.Tensor2D);
          return tf.matMul(dy as tf.Tensor2D, weight);
        },
      };
    });
    return op(x) as tf.Tensor2D;
  }

  gradient(layer: ObservedLayer, x: tf.Tensor2D, dy: tf.Tensor2D): void {
    this.#listener.gradient?.(layer, x, dy);
  }

  embedding(weight: string, ids: Int32Array, y: tf.Tensor2D): tf.Tensor2D {
    const anchored = tf.add(y, this.anchor) as tf.Tensor2D;
    return observe(anchored, anchored, (_, dy) => this.#listener.embedding?.(weight, ids, dy));
  }

  dispose(): void {
    this.anchor.dispose();
  }
}

/** y itself; calls `seen` with x and the gradient of y when that comes by. */
export function observe(x: tf.Tensor2D, y: tf.Tensor2D, seen: (x: tf.Tensor2D, dy: tf.Tensor2D) => void): tf.Tensor2D {
  const op = tf.customGrad((...args) => {
    const [a, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([x]);
    return {
      value: tf.clone(a),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        seen(saved as tf.Tensor2D, dy as tf.Tensor2D);
        return tf.clone(dy);
      },
    };
  });
  return op(y) as tf.Tensor2D;
}
