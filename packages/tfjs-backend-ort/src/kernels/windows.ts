import type { OnnxConstant, OnnxNode } from "../onnx.ts";
import { node } from "../ops/pieces.ts";
import type { Padding } from "./conv-geometry.ts";

/** What every pixel of an output sees of images [n, height, width, channels]. */
export interface Windows {
  readonly size: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: Padding;
  /** Pixels of the output. */
  readonly out: readonly [number, number];
}

/**
 * From `a` [n, height, width, channels], for every place in the window, row by row, what all windows see there: `places`, each
 * [n, out, channels]. Beyond the edges lies `outside`.
 */
export function windowNodes({ size, strides, dilations, padding, out }: Windows, outside = 0) {
  const [top, left, bottom, right] = padding;
  const nodes: OnnxNode[] = [node("Pad", ["a", "padding", "outside"], "wide")];
  const constants: OnnxConstant[] = [
    { name: "padding", value: [0, top, left, 0, 0, bottom, right, 0] },
    { name: "outside", value: outside },
    { name: "image_axes", value: [1, 2] },
    { name: "strides", value: strides },
  ];
  const places = Array.from({ length: size[0] * size[1] }, (_, index) => {
    const place = `place_${index}`;
    const y = Math.floor(index / size[1]) * dilations[0];
    const x = (index % size[1]) * dilations[1];
    nodes.push(node("Slice", ["wide", `${place}_start`, `${place}_end`, "image_axes", "strides"], place));
    constants.push(
      { name: `${place}_start`, value: [y, x] },
      { name: `${place}_end`, value: [y + (out[0] - 1) * strides[0] + 1, x + (out[1] - 1) * strides[1] + 1] },
    );
    return place;
  });
  return { nodes, constants, places };
}
