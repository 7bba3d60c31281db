import { type CorrectBits, type Estimate, pairedDifference } from "@amalgam/engine/scores";

/** 97.5 % quantiles of Student's t by degrees of freedom, 1 to 9. */
const quantiles = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Between order statistics linearly. @param share from 0, the lowest, to 1, the highest */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (at - Math.floor(at)) * (high - low);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Half the width of Student's 95 % interval of a mean; 0 of one value. */
function studentHalf(values: readonly number[]): number {
  const count = values.length;
  return count < 2 ? 0 : ((quantiles[count - 2] ?? 1.96) * deviation(values)) / Math.sqrt(count);
}

/** The mean with Student's 95 % interval. */
export function studentInterval(values: readonly number[]): Estimate {
  const [value, half] = [mean(values), studentHalf(values)];
  return { value, low: value - half, high: value + half };
}

/** Sample standard deviation; 0 of one value. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1));
}

/**
 * a − b, averaged over seeds, with a 95 % interval for both kinds of chance: half its width is √(h² + s²), h the mean half-width of the paired
 * intervals over the test items, s that of Student's interval over the seeds. Every seed has the same items, so h does not shrink with their number.
 */
export function differenceOverSeeds(a: readonly (readonly CorrectBits[])[], b: readonly (readonly CorrectBits[])[]): Estimate {
  const differences = a.map((bits, seed) => pairedDifference(bits, b[seed] ?? []));
  const value = mean(differences.map((each) => each.value));
  const items = mean(differences.map(({ low, high }) => (high - low) / 2));
  const half = Math.hypot(items, studentHalf(differences.map((each) => each.value)));
  return { value, low: value - half, high: value + half };
}
