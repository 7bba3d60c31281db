import { node } from "../ops/pieces.ts";
import { sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import { dilationsOf, paddingOf, stridesOf } from "./conv-geometry.ts";
import { input, isFloat, type KernelCall, limits, override, runSession, sizeOf } from "./register.ts";
import { windowNodes } from "./windows.ts";

/** The largest number that a window sees, channel by channel; NaN where it sees one. */
export function registerMaxPool(): void {
  override("MaxPool", maxPool);
}

function maxPool(call: KernelCall): tf.TensorInfo | null {
  const { attrs, backend } = call;
  const x = input(call, "x");
  const geometry = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs["filterSize"] as number | [number, number],
    attrs["strides"] as number | [number, number],
    1,
    attrs["pad"] as "same" | "valid" | number,
    attrs["dimRoundingMode"] as "floor" | undefined,
  );
  if (!isFloat(x) || sizeOf(geometry.outShape) === 0 || sizeOf(x.shape) < limits.smallElements) return null;
  const windows = {
    size: [geometry.filterHeight, geometry.filterWidth],
    strides: stridesOf(geometry),
    dilations: dilationsOf(geometry),
    padding: paddingOf(geometry),
    out: [geometry.outHeight, geometry.outWidth],
  } as const;
  const session = sessionFor(`MaxPool ${JSON.stringify(windows)}`, () => {
    const { nodes, constants, places } = windowNodes(windows, Number.NEGATIVE_INFINITY);
    return { nodes: [...nodes, node("Max", places, "out")], inputs: ["a"], outputs: ["out"], constants };
  });
  return runSession(backend, session, { a: x }, geometry.outShape);
}
