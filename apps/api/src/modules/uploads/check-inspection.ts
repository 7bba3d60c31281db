import type { Inspection } from "@amalgam/engine/formats";
import { BadBytesError } from "./bad-bytes-error.ts";

/** What the columns of TensorInfo hold */
const maxDimension = 2 ** 31 - 1;

/** What a well-formed safetensors file must be, besides, to be merged and evaluated. Names the first tensor that is not. */
export function checkInspection({ tensors }: Inspection): void {
  const large = tensors.find(({ shape }) => shape.some((n) => n > maxDimension));
  if (large) throw new BadBytesError("SHAPE_TOO_LARGE", `Tensor ${large.name} has a dimension above ${maxDimension}.`);
  const [first, ...others] = tensors.filter(({ finite }) => !finite);
  if (!first) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new BadBytesError(
    "NOT_FINITE",
    `Tensor ${first.name}${more} holds NaN or infinite values, so nothing merged from it would be of use.`,
  );
}
