import { tf } from "../tf.ts";
import { isFloat, type KernelCall, sizeOf } from "./register.ts";

export type Geometry = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

/** Null for what stays with tfjs-cpu: other layouts and types, empty tensors. */
export function geometryOf(
  { attrs }: KernelCall,
  image: readonly number[],
  filter: readonly number[],
  tensors: readonly tf.TensorInfo[],
): Geometry | null {
  const isOurs = isFloat(...tensors) && (attrs["dataFormat"] ?? "NHWC") === "NHWC" && sizeOf(image) > 0 && sizeOf(filter) > 0;
  if (!isOurs) return null;
  const geometry = tf.backend_util.computeConv2DInfo(
    image as Shape4,
    filter as Shape4,
    attrs["strides"] as number | [number, number],
    (attrs["dilations"] ?? 1) as number | [number, number],
    attrs["pad"] as "same" | "valid" | number,
    attrs["dimRoundingMode"] as "floor" | undefined,
  );
  return geometry.outHeight > 0 && geometry.outWidth > 0 ? geometry : null;
}

export type Padding = readonly [top: number, left: number, bottom: number, right: number];

export const paddingOf = ({ padInfo }: Geometry): Padding => [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];
export const stridesOf = ({ strideHeight, strideWidth }: Geometry): [number, number] => [strideHeight, strideWidth];
export const dilationsOf = ({ dilationHeight, dilationWidth }: Geometry): [number, number] => [dilationHeight, dilationWidth];
