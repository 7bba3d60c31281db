import type { MergeMethodBase } from "../../gql/graphql.ts";
import { countWord, plural } from "../../lib/format.ts";
import type { Draft } from "./draft.ts";

interface Counted {
  name: string;
  title: string;
  family: string;
  base: MergeMethodBase;
  minParents: number;
  maxParents: number | null;
  laws: readonly string[];
}

/** "exactly 2 parents", "2 to 4 parents", "at least one parent" */
export function parentCountWords({ minParents: low, maxParents: high }: Pick<Counted, "minParents" | "maxParents">): string {
  const parents = (count: number) => `${countWord(count)} ${count === 1 ? "parent" : "parents"}`;
  if (high === null) return `at least ${parents(low)}`;
  return low === high ? `exactly ${parents(low)}` : `${countWord(low)} to ${parents(high)}`;
}

/** What has to be there before the server is worth asking. */
export function whatIsMissing(draft: Draft, method: Counted): string | null {
  if (method.base === "REQUIRED" && !draft.base) return `${method.title} starts from a base. Choose one.`;
  const there = draft.parents.length;
  const takes = `${method.title} takes ${parentCountWords(method)}`;
  if (there < method.minParents) {
    const missing = method.minParents - there;
    return `${takes}. Add ${countWord(missing)}${there > 0 ? " more" : ""}.`;
  }
  const most = method.maxParents ?? Number.POSITIVE_INFINITY;
  if (there > most) return `${takes}; there are ${there}. Remove ${plural(there - most, "parent")}.`;
  return null;
}

const orders: Readonly<Record<string, string>> = {
  slerp: "t goes from the first parent to the second.",
  opcm: "Parents are merged one after the other, in this order.",
  analogy: "First is to second as third is to the result.",
  trajectory: "In the order of training, the oldest first.",
};

/** What the order of the parents means to a method; null where it changes nothing, as its laws say. */
export function orderWords({ name, family, laws }: Pick<Counted, "name" | "family" | "laws">): string | null {
  if (laws.some((law) => law.startsWith("The order of the parents changes no"))) return null;
  return orders[name] ?? orders[family] ?? null;
}

/** The same list with one item moved a place up (−1) or down (1). */
export function moved<Item>(items: readonly Item[], from: number, by: -1 | 1): Item[] {
  const [item, other] = [items[from], items[from + by]];
  if (item === undefined || other === undefined) return [...items];
  return items.map((each, i) => (i === from ? other : i === from + by ? item : each));
}

/** The base nobody needs to choose: the only one there is. */
export function onlyBaseOf(choices: readonly { kind: string; ref: string }[]): string | null {
  const bases = choices.filter(({ kind }) => kind === "BASE");
  return bases.length === 1 ? (bases[0]?.ref ?? null) : null;
}
