/** Adds row i of `values` to row ids[i] of `out`, one after the other, so a sum is the same in every run. */
export function scatterRows(values: Float32Array, ids: Int32Array, out: Float32Array): Float32Array {
  const width = ids.length === 0 ? 0 : values.length / ids.length;
  ids.forEach((id, row) => {
    const target = id * width;
    const source = row * width;
    for (let column = 0; column < width; column++) {
      out[target + column] = (out[target + column] as number) + (values[source + column] as number);
    }
  });
  return out;
}
