export interface AblationComparison {
  readonly first: string;
  readonly second: string;
  readonly expected: "better" | "worse";
}

const better = (first: string, second: string): AblationComparison => ({ first, second, expected: "better" });

/** Written down before the first run: docs/benchmarks/registered.md. */
export const ablationComparisons: readonly AblationComparison[] = [
  better("df", "examples-30"),
  better("examples-30", "examples-8"),
  better("df", "validation-50"),
  better("validation-50-shared", "validation-50"),
  better("df", "trials-20"),
  better("density", "df"),
  better("density", "trimmed-df"),
];
