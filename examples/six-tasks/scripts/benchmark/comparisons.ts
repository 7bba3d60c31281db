/** Two arms, and which way their difference was expected to go. */
export interface Comparison {
  readonly first: string;
  readonly second: string;
  readonly expected: "better" | "worse";
  readonly primary: boolean;
}

/** Written down before the first run, after `shared/spikes/dfmerge.md`: a base as good as this one has TIES ahead of DF-Merge there. */
export const comparisons: readonly Comparison[] = [
  { first: "df", second: "task-arithmetic-bo", expected: "better", primary: true },
  { first: "df", second: "fisher", expected: "better", primary: true },
  { first: "df", second: "ties", expected: "worse", primary: true },
  { first: "df", second: "average", expected: "better", primary: true },
  { first: "df", second: "df-frozen", expected: "better", primary: false },
  { first: "df", second: "df-random", expected: "better", primary: false },
  { first: "df", second: "df-shared", expected: "better", primary: false },
  { first: "trimmed-df", second: "ties", expected: "better", primary: false },
  { first: "trimmed-df", second: "trimmed-ta", expected: "better", primary: false },
];
