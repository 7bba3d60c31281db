import { type Session, sessionFor } from "../session.ts";
import type { tf } from "../tf.ts";
import { dilationsOf, geometryOf, paddingOf, stridesOf } from "./conv-geometry.ts";
import { patchFilterGradient, patchForward, patchInputGradient } from "./conv-patches.ts";
import { input, type KernelCall, override, runSession } from "./register.ts";

/** Convolutions in TensorFlow's layouts: images [n, height, width, channels], filters [height, width, in, out]. */
export function registerConv2D(): void {
  override("Conv2D", forward);
  override("Conv2DBackpropInput", inputGradient);
  override("Conv2DBackpropFilter", filterGradient);
}

function forward(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const filter = input(call, "filter");
  const geometry = geometryOf(call, x.shape, filter.shape, [x, filter]);
  if (geometry === null) return null;
  const patches = patchForward(geometry);
  if (patches !== null) return runSession(call.backend, patches, { a: x, b: filter }, geometry.outShape);
  const attributes = {
    pads: [...paddingOf(geometry)],
    strides: stridesOf(geometry),
    dilations: dilationsOf(geometry),
    kernel_shape: filter.shape.slice(0, 2),
  };
  const session = convolution("Conv", attributes, { image: [0, 3, 1, 2], filter: [3, 2, 0, 1], out: [0, 2, 3, 1] });
  return runSession(call.backend, session, { a: x, b: filter }, geometry.outShape);
}

/** The transposed convolution of dy with the same filter; rows that the stride left over at the end get zeros. */
function inputGradient(call: KernelCall): tf.TensorInfo | null {
  const dy = input(call, "dy");
  const filter = input(call, "filter");
  const shape = call.attrs["inputShape"] as number[];
  const geometry = geometryOf(call, shape, filter.shape, [dy, filter]);
  if (geometry === null) return null;
  const patches = patchInputGradient(geometry);
  if (patches !== null) return runSession(call.backend, patches, { a: dy, b: filter }, shape);
  const [top, left, bottom, right] = paddingOf(geometry);
  const { inHeight, outHeight, strideHeight, effectiveFilterHeight } = geometry;
  const { inWidth, outWidth, strideWidth, effectiveFilterWidth } = geometry;
  const attributes = {
    pads: [top, left, bottom, right],
    strides: stridesOf(geometry),
    dilations: dilationsOf(geometry),
    kernel_shape: filter.shape.slice(0, 2),
    output_padding: [
      inHeight - ((outHeight - 1) * strideHeight + effectiveFilterHeight - top - bottom),
      inWidth - ((outWidth - 1) * strideWidth + effectiveFilterWidth - left - right),
    ],
  };
  const session = convolution("ConvTranspose", attributes, { image: [0, 3, 1, 2], filter: [3, 2, 0, 1], out: [0, 2, 3, 1] });
  return runSession(call.backend, session, { a: dy, b: filter }, shape);
}

/**
 * dW is the convolution of x, its channels as the batch, with dy as the filter; strides and dilations change places, and
 * what the stride left over beyond the filter's size is cut off.
 */
function filterGradient(call: KernelCall): tf.TensorInfo | null {
  const x = input(call, "x");
  const dy = input(call, "dy");
  const shape = call.attrs["filterShape"] as number[];
  const geometry = geometryOf(call, x.shape, shape, [x, dy]);
  if (geometry === null) return null;
  const patches = patchFilterGradient(geometry);
  if (patches !== null) return runSession(call.backend, patches, { a: x, b: dy }, shape);
  const attributes = {
    pads: [...paddingOf(geometry)],
    strides: dilationsOf(geometry),
    dilations: stridesOf(geometry),
    kernel_shape: [geometry.outHeight, geometry.outWidth],
  };
  const layout = { image: [3, 0, 1, 2], filter: [3, 0, 1, 2], out: [2, 3, 0, 1] };
  const session = convolution("Conv", attributes, layout, shape.slice(0, 2));
  return runSession(call.backend, session, { a: x, b: dy }, shape);
}

interface Layout {
  readonly image: readonly number[];
  readonly filter: readonly number[];
  readonly out: readonly number[];
}

/** ONNX convolutions are channels-first: the transposes are nodes of the same graph. `crop`: height and width to keep. */
function convolution(op: string, attributes: Record<string, number[]>, layout: Layout, crop?: readonly number[]): Session {
  const transpose = (from: string, to: string, perm: readonly number[]) => ({
    op: "Transpose",
    inputs: [from],
    outputs: [to],
    attributes: { perm: [...perm] },
  });
  return sessionFor(
    `${op} ${JSON.stringify([attributes, layout, crop])}`,
    () => ({
      nodes: [
        transpose("a", "image", layout.image),
        transpose("b", "filter", layout.filter),
        { op, inputs: ["image", "filter"], outputs: ["whole"], attributes },
        ...(crop === undefined ? [] : [{ op: "Slice", inputs: ["whole", "start", "end", "axes"], outputs: ["cropped"] }]),
        transpose(crop === undefined ? "whole" : "cropped", "out", layout.out),
      ],
      inputs: ["a", "b"],
      outputs: ["out"],
      constants: [
        { name: "start", value: [0, 0] },
        { name: "end", value: [...(crop ?? [])] },
        { name: "axes", value: [2, 3] },
      ],
    }),
    true,
  );
}
