/** Tensors up to this many elements are selected from as a whole, without a sample. */
export const wholeSelection = 1 << 17;
const leastSample = 1 << 16;
const mostSample = 1 << 21;
/** Elements of a block that a sample looks at. Neighbours are alike, so many small blocks tell more than few large ones. */
const sampledBlock = 512;
/** How far from the sample's own border the tensor's is looked for, in standard errors of independent draws. */
const bandErrors = 8;

interface Sampled {
  readonly elements: number;
  /** Elements of a row */
  readonly columns: number;
}

/** How many elements of a tensor a sample has, about. */
export const sampleSize = (elements: number): number => Math.min(mostSample, Math.max(leastSample, elements / 128));

/** Half the share of a sample that lies in the band left around the border of its largest `share`. */
export const bandMargin = (sampled: number, share: number): number =>
  bandErrors * Math.sqrt((share * (1 - share)) / sampled) + 16 / sampled;

/** The largest share of a tensor that a selection may have to collect. */
export const bandShare = (elements: number): number => 2 * bandMargin(sampleSize(elements), 0.5);

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
