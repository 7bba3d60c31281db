import { decodeToF32 } from "../../tensor/codec.ts";
import { dtypes, isArithmetic } from "../../tensor/dtype.ts";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import type { SourceType } from "./job.ts";
import { TileError } from "./transfer.ts";

/** The values of a whole tensor in f32. @param input its number among base and parents. @throws TileError for a NaN or an infinity */
export function finiteValues(type: SourceType, bytes: Uint8Array, input: number): Float32Array {
  if (type === "BITS" || !isArithmetic(type)) throw new Error(`There is no arithmetic on ${type}.`);
  const element = firstNonFinite(type, bytes, bytes.length / dtypes[type].sizeBytes);
  if (element >= 0) throw new TileError({ kind: "non-finite", input, element });
  return decodeToF32(type, bytes);
}
