import { mapTensors, type TensorMap } from "./tensor-map.ts";

/**
 * Keeps the ⌊density·n + ½⌋ elements of largest magnitude of each tensor and zeroes the rest; among equal magnitudes the first by index stay.
 * @throws RangeError for a density outside [0, 1]
 * Source: TIES-Merging (Yadav et al. 2023), first step, per tensor.
 */
export function trim(delta: TensorMap, density: number): Map<string, Float32Array> {
  if (!(density >= 0 && density <= 1)) throw new RangeError(`A density lies between 0 and 1, not ${density}.`);
  return mapTensors(delta, (name, size) => trimTensor(delta.get(name) ?? new Float32Array(size), Math.round(density * size)));
}

function trimTensor(values: Float32Array, kept: number): Float32Array {
  if (kept >= values.length) return values.slice();
  if (kept === 0) return new Float32Array(values.length);
  const sorted = values.map(Math.abs).sort();
  const threshold = sorted[values.length - kept] as number;
  let above = 0;
  for (const value of values) if (Math.abs(value) > threshold) above += 1;
  let ties = kept - above;
  return values.map((value) => {
    const size = Math.abs(value);
    if (size > threshold) return value;
    if (size < threshold || ties === 0) return 0;
    ties -= 1;
    return value;
  });
}
