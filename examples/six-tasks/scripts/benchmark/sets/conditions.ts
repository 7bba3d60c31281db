import { type Settings, settings } from "../../settings.ts";

export interface Condition {
  readonly id: string;
  readonly title: string;
  readonly base: "good" | "weak";
  readonly expert: Settings["expert"];
}

const strong: Settings["expert"] = { ...settings.expert, peakLearningRate: 1e-3, epochs: 8 };

export const conditions: readonly Condition[] = [
  { id: "good-standard", title: "good base, standard", base: "good", expert: settings.expert },
  { id: "good-strong", title: "good base, strong", base: "good", expert: strong },
  { id: "weak-standard", title: "weak base, standard", base: "weak", expert: settings.expert },
  { id: "weak-strong", title: "weak base, strong", base: "weak", expert: strong },
];

/** Word vectors and little pre-training. */
export const weakBase: Settings["base"] = {
  ...settings.base,
  phases: [{ untilStep: 1500, scheduledSteps: 1500 }],
  warmupSteps: 100,
};

export interface SetComparison {
  readonly first: string;
  readonly second: string;
  /** Null: nothing was expected. */
  readonly expected: (condition: Condition) => "better" | "worse" | null;
  readonly primary: boolean;
}

/** Written down before the first run: docs/benchmarks/registered.md. */
export const setComparisons: readonly SetComparison[] = [
  { first: "df", second: "task-arithmetic-bo", expected: () => "better", primary: true },
  { first: "df", second: "fisher", expected: () => "better", primary: true },
  { first: "df", second: "average", expected: () => "better", primary: true },
  { first: "df", second: "ties", expected: ({ base }) => (base === "weak" ? "better" : null), primary: true },
  { first: "df", second: "df-frozen", expected: ({ expert }) => (expert === strong ? "better" : null), primary: false },
  { first: "trimmed-df", second: "ties", expected: () => "better", primary: false },
];
