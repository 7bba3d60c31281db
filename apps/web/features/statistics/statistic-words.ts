import type { StatisticRowFragment } from "../../gql/graphql.ts";

type Named = Pick<StatisticRowFragment, "kind" | "estimator" | "density">;

/** "Fisher information, exact"; "…, trimmed to 0.2" where the task vector was. */
export function statisticName({ kind, estimator, density }: Named): string {
  if (kind === "GRAM") return "Gram matrices";
  return `Fisher information, ${estimator}${density === null ? "" : `, trimmed to ${density}`}`;
}

const measurable = new Set([
  "CLASSIFICATION",
  "IMAGE_CLASSIFICATION",
  "TABLE_CLASSIFICATION",
  "MULTIPLE_CHOICE",
  "PERPLEXITY",
  "EXACT_MATCH",
]);

interface Task {
  readonly kind: string;
  readonly splits: readonly { readonly purpose: string; readonly exampleCount: number }[];
}

/** Whether statistics can be measured on a task: it has a search split, and its examples ask something of a model. */
export function isMeasurable({ kind, splits }: Task): boolean {
  return measurable.has(kind) && splits.some(({ purpose }) => purpose === "SEARCH");
}

/** A task as an option of a list. */
export const taskChoice = ({ namespace, name, title }: { namespace: string; name: string; title: string }) => ({
  value: `${namespace}/${name}`,
  label: title,
});

/** The texts of λ as typed, "0, 0.5, 1"; null when one is no number from −10 to 10. */
export function parseLambdas(text: string): number[] | null {
  const values = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((each) => Number(each.replace("−", "-")));
  return values.length > 0 && values.every((value) => value >= -10 && value <= 10) ? values : null;
}
