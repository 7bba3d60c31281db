export interface RegMeanTable {
  /** Reads the table, row by row. */
  values(): ArrayLike<number>;
  /** Reads how often each row was looked up, as a share of all look-ups. */
  shares(): ArrayLike<number>;
  readonly coefficient: number;
}

/**
 * RegMean for a table: its inputs are one-hot, so the Gram matrix is the diagonal of the rows' shares n, and every row is a mean of its own,
 *   row r = (Σ cᵢ·nᵢ[r]·Wᵢ[r] + ρ·W̄[r]) / (Σ cᵢ·nᵢ[r] + ρ),   ρ = ridge · Σ c·n / rows.
 * Rows that nobody has read keep the average. In f64, tables are read one by one. Ours.
 */
export function averageRows(tables: readonly RegMeanTable[], rows: number, columns: number, ridge: number): Float32Array {
  const sum = new Float64Array(rows * columns);
  const mean = new Float64Array(rows * columns);
  const counts = new Float64Array(rows);
  const all = tables.reduce((total, { coefficient }) => total + coefficient, 0);
  for (const { values, shares, coefficient } of tables) {
    const [table, share] = [values(), shares()];
    const part = all === 0 ? 1 / tables.length : coefficient / all;
    for (let row = 0; row < rows; row += 1) {
      const weight = coefficient * (share[row] ?? 0);
      counts[row] = (counts[row] as number) + weight;
      for (let at = row * columns; at < (row + 1) * columns; at += 1) {
        const value = table[at] as number;
        sum[at] = (sum[at] as number) + weight * value;
        mean[at] = (mean[at] as number) + part * value;
      }
    }
  }
  const total = counts.reduce((acc, count) => acc + count, 0);
  const pull = total > 0 ? (ridge * total) / rows : 1;
  return Float32Array.from(sum, (value, at) => {
    const count = counts[Math.floor(at / columns)] as number;
    return count + pull === 0 ? (mean[at] as number) : (value + pull * (mean[at] as number)) / (count + pull);
  });
}
