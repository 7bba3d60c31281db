import { decodeToF32, fileSource } from "../../formats/index.ts";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import { refuse } from "../fault.ts";
import { type Factors, transposed } from "./factors.ts";
import type { AdapterModule, AdapterTensor } from "./open-adapter.ts";

/**
 * Reads both factors of a module, widened to f32 and turned to the orientation of the base tensor.
 * @param label name of the adapter for messages
 * @throws RefusedError NON_FINITE for a NaN or an infinity
 */
export async function readFactors({ rank, scale, layout, shape, a, b }: AdapterModule, label: string): Promise<Factors> {
  const [rows, columns] = shape;
  const [first, second] = [await readTensor(a, label), await readTensor(b, label)];
  if (layout === "linear") return { a: first, b: second, rank, rows, columns, scale };
  // (B·A)ᵀ = Aᵀ·Bᵀ
  return { a: transposed(second, columns, rank), b: transposed(first, rank, rows), rank, rows, columns, scale };
}

/** One tensor of an adapter in f32. @throws RefusedError NON_FINITE */
export async function readTensor({ name, file, begin, end, dtype }: AdapterTensor, label: string): Promise<Float32Array> {
  const bytes = new Uint8Array(end - begin);
  const source = await fileSource(file);
  try {
    await source.read(begin, bytes);
  } finally {
    await source.close();
  }
  const values = decodeToF32(dtype, bytes);
  const at = firstNonFinite(dtype, bytes, values.length);
  if (at >= 0) throw refuse("NON_FINITE", `${label}: tensor ${name} holds a NaN or an infinity at element ${at}.`);
  return values;
}
