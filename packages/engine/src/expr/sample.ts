/** Tensors up to this many elements are selected from as a whole, without a sample. */
export const wholeSelection = 1 << 17;
const leastSample = 1 << 16;
const mostSample = 1 << 21;
/** Elements of a block that a sample looks at. Neighbours are alike, so many small blocks tell more than few large ones. */
const sampledBlock = 256;
/** How far from the sample's own border the tensor's is looked for, in standard errors; of few blocks the error is not known well. */
const bandErrors = { many: 5, few: 10 } as const;
const fewBlocks = 32;

interface Sampled {
  readonly elements: number;
  /** Elements of a row */
  readonly columns: number;
}

/** How many elements of a tensor a sample has, about. */
export const sampleSize = (elements: number): number => Math.min(mostSample, Math.max(leastSample, elements / 128));

/**
 * How many ranks of a sample the band reaches to either side of a border: some standard errors of the share p = k/n above it.
 *   SE² = max(p(1 − p)/n, Σ_b (k_b − p·n_b)²/n²)      of n values k from the border on, of n_b in block b k_b
 * Values of a block are alike, so how far its blocks are apart tells how well a sample is to be trusted.
 * @param counts how many values each block has
 */
export function bandMargin(sample: Int32Array, counts: readonly number[], border: number): number {
  const { length: size } = sample;
  let at = 0;
  const above = counts.map((count) => {
    let own = 0;
    for (const end = at + count; at < end; at += 1) if ((sample[at] ?? 0) >= border) own += 1;
    return own;
  });
  const share = above.reduce((sum, own) => sum + own, 0) / size;
  const squares = above.reduce((sum, own, b) => sum + (own - share * (counts[b] ?? 0)) ** 2, 0);
  const error = Math.sqrt(Math.max(share * (1 - share) * size, squares));
  return bandErrors[counts.length < fewBlocks ? "few" : "many"] * error + 16;
}

/** The share of a tensor that a selection usually collects: half as much again as for a fifth of independent values. */
export const bandShare = (elements: number): number => (1.2 * bandErrors.many) / Math.sqrt(sampleSize(elements));

/** Multiples of it, without their whole part, fill an interval evenly. */
const goldenSection = (Math.sqrt(5) - 1) / 2;

/**
 * Parts of a tensor that a sample looks at: blocks, or rows where rows matter, one in each of equal strata. Where in its stratum
 * follows no period, as that of the rows would show the same columns always.
 */
export function sampleRanges({ elements, columns }: Sampled, byRow: boolean): { begin: number; count: number }[] {
  const unit = byRow ? columns : sampledBlock;
  const units = Math.ceil(elements / unit);
  const wanted = sampleSize(elements);
  const taken = Math.max(1, Math.min(units, Math.ceil(wanted / unit)));
  return Array.from({ length: taken }, (_, i) => {
    const within = ((i + 1) * goldenSection) % 1;
    const begin = Math.min(units - 1, Math.floor(((i + within) * units) / taken)) * unit;
    return { begin, count: Math.min(unit, elements - begin) };
  });
}
