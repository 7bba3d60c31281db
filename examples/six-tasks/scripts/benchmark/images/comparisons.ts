/** What of an arm is compared: the trained pairs with statistics re-estimated or averaged, or the pairs that nobody was trained on. */
export type Measure = "report" | "averaged" | "generalisation";

export interface ImageComparison {
  readonly first: readonly [arm: string, measure: Measure];
  readonly second: readonly [arm: string, measure: Measure];
  readonly expected: "better" | "worse";
  readonly primary: boolean;
}

const on = (first: string, second: string, primary: boolean, measure: Measure = "report"): ImageComparison => ({
  first: [first, measure],
  second: [second, measure],
  expected: "better",
  primary,
});

/** Written down before the first run: docs/benchmarks/registered.md. */
export const imageComparisons: readonly ImageComparison[] = [
  on("df", "average", true),
  on("df", "task-arithmetic-bo", true),
  on("df", "fisher", true),
  on("df", "ties", true),
  on("df", "df-frozen", false),
  on("df", "df-shared", false),
  on("trimmed-df", "ties", false),
  on("trimmed-df", "trimmed-ta", false),
  { first: ["average", "report"], second: ["average", "averaged"], expected: "better", primary: false },
  on("df", "average", false, "generalisation"),
];
