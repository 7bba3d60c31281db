/** sums[i mod n] += values[i]: `values` may hold several tensors of the size of `sums`. */
export function addTo(sums: Float64Array | Float32Array, values: Float32Array): void {
  for (let start = 0; start < values.length; start += sums.length) {
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (values[start + i] as number);
  }
}

/** sums[i mod n] += values[i]². */
export function addSquaresTo(sums: Float64Array, values: Float32Array): void {
  for (let start = 0; start < values.length; start += sums.length) {
    for (let i = 0; i < sums.length; i++) {
      const value = values[start + i] as number;
      sums[i] = (sums[i] as number) + value * value;
    }
  }
}
