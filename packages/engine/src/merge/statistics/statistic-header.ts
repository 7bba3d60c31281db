import type { StatisticAbout, StatisticKind } from "../../statistics/artefact/statistic-about.ts";
import type { TensorHeader } from "../checkpoint-header.ts";

/** What a plan reads of a statistic's file: no tensor bytes. */
export interface StatisticHeader {
  /** Name for messages */
  readonly label: string;
  /** `statisticKey(about)`; stands for the file in identity and manifest */
  readonly key: string;
  readonly about: StatisticAbout;
  readonly tensors: readonly TensorHeader[];
}

/** Something for the base of a merge and for each parent, in the order in which the recipe names statistics. */
export interface PerModel<T> {
  readonly base: readonly T[];
  readonly parents: readonly (readonly T[])[];
}

/** What a method needs to know of models beside their values. */
export interface StatisticsNeed {
  readonly kind: Extract<StatisticKind, "fisher" | "gram">;
  /** Whether the base needs one as well, as `baseStatistics` of the recipe */
  readonly of: "parents" | "parents+base";
  /**
   * model: one, taken at the model itself. scaled: one, or several with ascending λ taken at θ₀ + λτ, between which Fisher information
   * is interpolated at the parent's own `lambda`
   */
  readonly at: "model" | "scaled";
  /** What becomes of a tensor that the statistics do not have, as in "are averaged" */
  readonly otherwise: string;
}

/** A statistic of a merge and where the recipe names it. */
export interface Placed<T> {
  readonly value: T;
  readonly path: readonly (string | number)[];
  /** Of the parent; null: of the base */
  readonly parent: number | null;
}

export const noStatistics: PerModel<never> = { base: [], parents: [] };

/** In one list, those of the base first: the order in which a run numbers its files. */
export const listed = <T>({ base, parents }: PerModel<T>): Placed<T>[] => [
  ...base.map((value, k): Placed<T> => ({ value, path: ["baseStatistics", k], parent: null })),
  ...parents.flatMap((own, i) => own.map((value, k): Placed<T> => ({ value, path: ["parents", i, "statistics", k], parent: i }))),
];

/** The same for each of them. */
export const mapStatistics = <T, U>({ base, parents }: PerModel<T>, change: (value: T) => U): PerModel<U> => ({
  base: base.map(change),
  parents: parents.map((own) => own.map(change)),
});

/** Names of statistics as the recipe writes them. */
export const referencesIn = (recipe: {
  readonly baseStatistics?: readonly string[];
  readonly parents: readonly { readonly statistics?: readonly string[] }[];
}): PerModel<string> => ({
  base: recipe.baseStatistics ?? [],
  parents: recipe.parents.map(({ statistics }) => statistics ?? []),
});

export const hasStatistics = ({ base, parents }: PerModel<unknown>): boolean =>
  base.length > 0 || parents.some((own) => own.length > 0);
