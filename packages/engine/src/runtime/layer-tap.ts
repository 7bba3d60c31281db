import { tf } from "./tf.ts";

interface Call {
  /** Names of the parameters. */
  readonly weight: string;
  readonly bias: string | null;
}

/** x·Wᵀ + b, or x·W + b for weights that are stored [in, out]; x [rows, in]. */
export interface DenseCall extends Call {
  readonly kind: "dense";
  readonly isInOut: boolean;
  readonly x: tf.Tensor2D;
}

/** Convolution of images x [n, h, w, in] by a weight [out, in, kh, kw]. */
export interface ConvolutionCall extends Call {
  readonly kind: "convolution";
  /** Height and width of the filter. */
  readonly size: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
  readonly x: tf.Tensor4D;
}

/** Normalisation of rows x [rows, width]; `isCentred`: by mean and variance (LayerNorm), else by the mean square (RMSNorm). */
export interface NormCall extends Call {
  readonly kind: "norm";
  readonly isCentred: boolean;
  readonly epsilon: number;
  readonly x: tf.Tensor2D;
}

/** Normalisation of the last axis by statistics that are given; x [n, h, w, channels]. */
export interface BatchNormCall extends Call {
  readonly kind: "batch-norm";
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly epsilon: number;
  readonly x: tf.Tensor4D;
}

/** Rows of a table; `isShared`: read once for all examples of the batch, not for each. */
export interface EmbeddingCall extends Call {
  readonly kind: "embedding";
  readonly ids: Int32Array;
  readonly isShared: boolean;
}

/** A parameter that goes into the pass as it is, one for all examples. */
export interface LearnedCall extends Call {
  readonly kind: "learned";
}

export type LayerCall = DenseCall | ConvolutionCall | NormCall | BatchNormCall | EmbeddingCall | LearnedCall;
type CallWithInput = Extract<LayerCall, { x: tf.Tensor }>;

/** Sees every layer of a pass. Rows of different examples are never mixed in a layer: example after example, each with as many rows. */
export interface LayerTap {
  /**
   * A zero that every layer takes beside its input, so that a backward pass to it reaches them all, the first ones included; the weights'
   * own gradients are not computed then. Null: no backward pass is to be seen.
   */
  readonly probe: tf.Scalar | null;
  /** After a layer ran; `y` is its output, undefined for a learned parameter. */
  forward?(call: LayerCall, y: tf.Tensor | undefined): void;
  /** In the backward pass, with the gradient of the layer's output. Tensors, those made meanwhile included, live until it returns. */
  backward?(call: LayerCall, dy: tf.Tensor): void;
}

/**
 * Runs a layer so that `tap` sees it. `pull`, the gradient of its input, spares the work of the weights' own gradients; without it, the
 * layer's operations pull back as they do without a tap.
 */
export function tapLayer<C extends CallWithInput, Y extends tf.Tensor>(
  tap: LayerTap,
  call: C,
  run: (x: C["x"]) => Y,
  pull?: (dy: Y) => tf.Tensor,
): Y {
  const { probe } = tap;
  if (probe === null) return seen(tap, call, run(call.x));
  const input = pull === undefined ? run(call.x) : call.x;
  const op = tf.customGrad((...args) => {
    const [from, , save] = args as unknown as [tf.Tensor, tf.Scalar, tf.GradSaveFunc];
    save([call.x]);
    return {
      value: pull === undefined ? tf.clone(from) : run(from as C["x"]),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => {
        tf.tidy(() => tap.backward?.({ ...call, x } as LayerCall, dy));
        return [pull === undefined ? tf.clone(dy) : pull(dy as Y), tf.scalar(0)];
      },
    };
  });
  return seen(tap, call, op(input, probe) as Y);
}

/** The same for a layer that begins a pass: it has no input to pull back to. */
export function tapSource<Y extends tf.Tensor>(tap: LayerTap, call: EmbeddingCall, run: () => Y): Y {
  if (tap.probe === null) return seen(tap, call, run());
  const op = tf.customGrad(() => ({
    value: run(),
    gradFunc: (dy: tf.Tensor) => {
      tf.tidy(() => tap.backward?.(call, dy));
      return [tf.scalar(0)];
    },
  }));
  return seen(tap, call, op(tap.probe) as Y);
}

function seen<Y extends tf.Tensor>(tap: LayerTap, call: LayerCall, y: Y): Y {
  tap.forward?.(call, y);
  return y;
}
