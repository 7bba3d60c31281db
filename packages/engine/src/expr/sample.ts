import { blockElements } from "./blocks.ts";

/** Tensors up to this many elements are selected from as a whole, without a sample. */
export const wholeSelection = 1 << 17;
const leastSample = 1 << 16;
const mostSample = 1 << 19;

interface Sampled {
  readonly elements: number;
  /** Elements of a row */
  readonly columns: number;
}

/** Parts of a tensor that a sample looks at: evenly spaced blocks, or rows where rows matter. */
export function sampleRanges({ elements, columns }: Sampled, byRow: boolean): { begin: number; count: number }[] {
  const unit = byRow ? columns : blockElements;
  const units = Math.ceil(elements / unit);
  const wanted = Math.min(mostSample, Math.max(leastSample, elements / 128));
  const taken = Math.max(1, Math.min(units, Math.ceil(wanted / unit)));
  return Array.from({ length: taken }, (_, i) => {
    const begin = Math.floor(((i + 0.5) * units) / taken) * unit;
    return { begin, count: Math.min(unit, elements - begin) };
  });
}
