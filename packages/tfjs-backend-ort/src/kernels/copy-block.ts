/** Runs shorter than this are copied element by element; a view costs more. */
const SHORT_RUN = 32;

/** Copies the block `begin … begin + size` of a row-major array of the given shape into `out`, run by contiguous run. */
export function copyBlock(
  values: Float32Array,
  shape: readonly number[],
  { begin, size }: { readonly begin: readonly number[]; readonly size: readonly number[] },
  out: Float32Array,
): Float32Array {
  const strides = rowMajorStrides(shape);
  let split = shape.length;
  let run = 1;
  // A trailing axis that is taken whole joins the run of the axis before it; the first one cut ends it.
  while (split > 0) {
    split -= 1;
    run *= size[split] ?? 1;
    if (size[split] !== shape[split]) break;
  }
  if (out.length === 0) return out;
  const counter = new Array<number>(split).fill(0);
  const start = begin.reduce((sum, offset, axis) => sum + offset * (strides[axis] ?? 0), 0);
  for (let target = 0; target < out.length; target += run) {
    const source = counter.reduce((sum, offset, axis) => sum + offset * (strides[axis] ?? 0), start);
    copyRun(values, source, out, target, run);
    advance(counter, size);
  }
  return out;
}

function copyRun(values: Float32Array, source: number, out: Float32Array, target: number, run: number): void {
  if (run >= SHORT_RUN) out.set(values.subarray(source, source + run), target);
  else for (let index = 0; index < run; index++) out[target + index] = values[source + index] as number;
}

/** Counts up like an odometer whose digits run below `size`. */
function advance(counter: number[], size: readonly number[]): void {
  for (let axis = counter.length - 1; axis >= 0; axis--) {
    const next = (counter[axis] ?? 0) + 1;
    if (next < (size[axis] ?? 1)) {
      counter[axis] = next;
      return;
    }
    counter[axis] = 0;
  }
}

function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}
