import type { Element, Numeric, Reduction, TensorSelection } from "./expr.ts";
import { elementsOf, elementsOfStatistic, keyOf, numbersOf, type Statistic, statisticsOf } from "./numeric.ts";

/** Statistics of the whole tensor that can be found in the same pass over it. */
export interface Level {
  readonly reductions: readonly Reduction[];
  readonly selections: readonly TensorSelection[];
}

/**
 * An expression taken apart into passes over the tensor: those that find statistics, each using what the ones before have found,
 * and the last, which computes the result.
 */
export interface Program {
  readonly levels: readonly Level[];
  /** Whether rows matter: a tile is then whole rows, each with numbers of its own */
  readonly byRow: boolean;
}

type Root = Element | Statistic;

const isStatistic = (root: Root): root is Statistic => root.kind === "reduce" || root.kind === "ofTensor";

/** Numbers that a root uses without another pass in between: those of its elements, and how many a selection keeps. */
function numbersUnder(root: Root): readonly Numeric[] {
  const elements = elementsOf(isStatistic(root) ? elementsOfStatistic(root) : [root]);
  const numbers = elements.flatMap(numbersOf);
  return root.kind === "ofTensor" ? [...numbers, root.keep] : numbers;
}

/** Statistics that a root needs before it can be computed, of tensors and of rows. */
export const needsOf = (root: Root): Statistic[] => statisticsOf(numbersUnder(root));

const isOfRow = (statistic: Statistic): statistic is Reduction => statistic.kind === "reduce" && statistic.scope === "row";

/** Whether anything below depends on rows. */
export function isByRow(roots: readonly Root[]): boolean {
  return roots.some((root) => {
    if (isStatistic(root) && isOfRow(root)) return true;
    const elements = elementsOf(isStatistic(root) ? elementsOfStatistic(root) : [root]);
    return elements.some(({ kind }) => kind === "rank") || isByRow(needsOf(root));
  });
}

/** Takes roots apart: expressions of a result, or statistics that are wanted for themselves. */
export function programOf(roots: readonly Root[]): Program {
  const levels = new Map<string, number>();
  const found: { readonly statistic: Statistic; readonly level: number }[] = [];
  /** Passes that must be over before the root can be computed. */
  const passesBefore = (root: Root): number => needsOf(root).reduce((most, need) => Math.max(most, levelOf(need)), 0);
  const levelOf = (statistic: Statistic): number => {
    const key = keyOf(statistic);
    const known = levels.get(key);
    if (known !== undefined) return known;
    const level = passesBefore(statistic) + (isOfRow(statistic) ? 0 : 1);
    levels.set(key, level);
    if (!isOfRow(statistic)) found.push({ statistic, level });
    return level;
  };
  for (const root of roots) {
    if (isStatistic(root)) levelOf(root);
    else passesBefore(root);
  }
  const count = found.reduce((most, { level }) => Math.max(most, level), 0);
  return {
    byRow: isByRow(roots),
    levels: Array.from({ length: count }, (_, i) => {
      const statistics = found.flatMap(({ statistic, level }) => (level === i + 1 ? [statistic] : []));
      return {
        reductions: statistics.filter((statistic) => statistic.kind === "reduce"),
        selections: statistics.filter((statistic) => statistic.kind === "ofTensor"),
      };
    }),
  };
}

/** Row statistics that some roots need within one pass, those that others use first. */
export function rowReductionsOf(roots: readonly Root[]): Reduction[] {
  const ordered = new Map<string, Reduction>();
  const visit = (root: Root): void => {
    for (const need of needsOf(root)) {
      if (!isOfRow(need) || ordered.has(keyOf(need))) continue;
      visit(need);
      ordered.set(keyOf(need), need);
    }
  };
  roots.forEach(visit);
  return [...ordered.values()];
}
