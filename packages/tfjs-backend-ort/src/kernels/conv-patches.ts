import type { OnnxGraph, OnnxNode } from "../onnx.ts";
import { node } from "../ops/pieces.ts";
import { type Session, sessionFor } from "../session.ts";
import { dilationsOf, type Geometry, paddingOf, stridesOf } from "./conv-geometry.ts";
import { type Windows, windowNodes } from "./windows.ts";

/**
 * Convolutions as one matrix product over the patches of all images: what each output pixel sees is a row of height·width·in numbers, in
 * the order of TensorFlow's filters, so neither images nor filters are transposed. ONNX Runtime's own convolution multiplies image
 * by image, which is slow where images have few pixels, and for the gradient of the filter.
 */

/** Patches of fewer `channels` are copied in runs too short; images of more than `pixels` fill ONNX Runtime's own products. Tests change them. */
export const patchLimits = { channels: 16, pixels: 64 };
/** Patches repeat every number of the images height·width times. */
const MAX_PATCH_ELEMENTS = 1 << 24;

interface Patches extends Windows {
  readonly channels: number;
}

const sizeOfFilter = ({ filterHeight, filterWidth }: Geometry): [number, number] => [filterHeight, filterWidth];

const patchesOf = (geometry: Geometry): Patches => ({
  channels: geometry.inChannels,
  size: sizeOfFilter(geometry),
  strides: stridesOf(geometry),
  dilations: dilationsOf(geometry),
  padding: paddingOf(geometry),
  out: [geometry.outHeight, geometry.outWidth],
});

/** What each pixel of the input sent its numbers to: patches of dy, for a filter that is reversed. */
const patchesOfGradient = (geometry: Geometry): Patches => {
  const [top, left, bottom, right] = paddingOf(geometry);
  const [height, width] = [geometry.effectiveFilterHeight - 1, geometry.effectiveFilterWidth - 1];
  return {
    channels: geometry.outChannels,
    size: sizeOfFilter(geometry),
    strides: [1, 1],
    dilations: dilationsOf(geometry),
    padding: [height - top, width - left, height - bottom, width - right],
    out: [geometry.inHeight, geometry.inWidth],
  };
};

function fits({ channels, size, out }: Patches, { batchSize }: Geometry): boolean {
  const elements = batchSize * out[0] * out[1] * size[0] * size[1] * channels;
  return channels >= patchLimits.channels && elements <= MAX_PATCH_ELEMENTS;
}

const isNarrow = ({ out }: Patches): boolean => out[0] * out[1] <= patchLimits.pixels;

/** y = patches(x)·W, inputs a = x, b = W. Null where ONNX Runtime's own convolution is the faster one; so below. */
export function patchForward(geometry: Geometry): Session | null {
  const patches = patchesOf(geometry);
  if (!isNarrow(patches) || !fits(patches, geometry)) return null;
  return patchSession("forward", patches, geometry.outChannels, { shape: [-1, ...patches.out, geometry.outChannels] });
}

/** dW = patches(x)ᵀ·dy, inputs a = x, b = dy. */
export function patchFilterGradient(geometry: Geometry): Session | null {
  const patches = patchesOf(geometry);
  if (!fits(patches, geometry)) return null;
  const shape = [...patches.size, geometry.inChannels, geometry.outChannels];
  return patchSession("filter", patches, geometry.outChannels, { shape, transA: 1 });
}

/** dx = patches(dy)·(W reversed, in and out swapped), inputs a = dy, b = W; without strides only. */
export function patchInputGradient(geometry: Geometry): Session | null {
  const patches = patchesOfGradient(geometry);
  const isPlain = stridesOf(geometry).every((stride) => stride === 1) && patches.padding.every((side) => side >= 0);
  if (!isPlain || !isNarrow(patches) || !fits(patches, geometry)) return null;
  return patchSession("input", patches, geometry.inChannels, {
    shape: [-1, ...patches.out, geometry.inChannels],
    operand: [
      node("Slice", ["b", "last", "before_first", "filter_axes", "backwards"], "reversed"),
      node("Transpose", ["reversed"], "swapped", { perm: [0, 1, 3, 2] }),
    ],
  });
}

interface Product {
  readonly shape: readonly number[];
  readonly transA?: number;
  /** Nodes that make `swapped` from b, where b is not multiplied as it is. */
  readonly operand?: readonly OnnxNode[];
}

function patchSession(kind: string, patches: Patches, columns: number, product: Product): Session {
  const key = `patches ${kind} ${JSON.stringify([patches, columns])}`;
  return sessionFor(key, () => patchGraph(patches, columns, product), true);
}

function patchGraph(patches: Patches, columns: number, { shape, transA = 0, operand = [] }: Product): OnnxGraph {
  const { nodes, constants, places } = windowNodes(patches);
  return {
    nodes: [
      ...nodes,
      node("Concat", places, "joined", { axis: 3 }),
      node("Reshape", ["joined", "patch_shape"], "patches"),
      ...operand,
      node("Reshape", [operand.length > 0 ? "swapped" : "b", "matrix_shape"], "matrix"),
      node("Gemm", ["patches", "matrix"], "product", { transA }),
      node("Reshape", ["product", "out_shape"], "out"),
    ],
    inputs: ["a", "b"],
    outputs: ["out"],
    constants: [
      ...constants,
      { name: "patch_shape", value: [-1, places.length * patches.channels] },
      { name: "matrix_shape", value: [-1, columns] },
      { name: "out_shape", value: shape },
      { name: "last", value: [-1, -1] },
      { name: "before_first", value: patches.size.map((length) => -length - 1) },
      { name: "filter_axes", value: [0, 1] },
      { name: "backwards", value: [-1, -1] },
    ],
  };
}
