import type { ToPrepare } from "../define-method.ts";
import { isLinearWeight } from "./linear-weights.ts";

/** Measured: bytes an element that adding takes (base, parent, two sums in f64), and a decomposition with its products. */
const addingBytes = 32;
const projectingBytes = 140;
/** Measured: code and garbage of a thread that decomposes. */
const threadBytes = 20e6;
/** Measured: operations in a second of one core, of sums and of decompositions. */
const addingPerSecond = 5e7;
const projectingPerSecond = 4e9;

/** Memory and time of one tensor: a decomposition for each arrival but the first where it is a linear weight. */
export function costOfArrivals({ name, shape, elements, parents }: ToPrepare): { memoryBytes: number; seconds: number } {
  const adding = (parents * elements) / addingPerSecond;
  if (parents < 2 || !isLinearWeight(name, shape)) return { memoryBytes: addingBytes * elements, seconds: adding };
  const [rows = 0, columns = 0] = shape;
  const least = Math.min(rows, columns);
  const operations = (parents - 1) * (12 * rows * columns * least + 20 * least ** 3);
  return { memoryBytes: threadBytes + projectingBytes * elements, seconds: adding + operations / projectingPerSecond };
}
