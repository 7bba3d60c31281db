import type { TuneRow } from "./study-draft.ts";

interface TunableName {
  readonly name: string;
  readonly perParent: boolean;
  readonly isUsual: boolean;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Target {
  /** As a study names it: weight, weight[*], weight[0] */
  readonly name: string;
  readonly label: string;
}

/** Everything that can be tuned, the whole merge's numbers first. */
export function choicesOf(tunables: readonly TunableName[], parents: readonly string[]): Target[] {
  return tunables.flatMap(({ name, perParent }): Target[] => {
    if (!perParent) return [{ name, label: name }];
    return [
      { name, label: `${name} of each parent` },
      ...(parents.length > 1 ? [{ name: `${name}[*]`, label: `one ${name} for all parents` }] : []),
      ...parents.map((parent, i) => ({ name: `${name}[${i}]`, label: `${name} of ${parent}` })),
    ];
  });
}

/** weight[0]{mlp} is weight[0] in the tensors with mlp in their name. */
export function partsOf(text: string): { base: string; filter: string } {
  const [, base = text, filter = ""] = /^([^{]*)\{(.*)\}$/.exec(text) ?? [];
  return { base, filter };
}

export function tunableOf<T extends TunableName>(tunables: readonly T[], text: string): T | undefined {
  const name = partsOf(text).base.replace(/\[.*\]$/, "");
  return tunables.find((each) => each.name === name);
}

/** What a method is tuned in unless told otherwise. */
export const usualRows = (tunables: readonly TunableName[]): TuneRow[] =>
  tunables.filter(({ isUsual }) => isUsual).map(({ name }) => ({ name, low: null, high: null, log: false }));

/** With the usual bounds written out, where only one of the two was given. */
export function completed(row: TuneRow, tunables: readonly TunableName[]): TuneRow {
  if ((row.low === null) === (row.high === null)) return row;
  const tunable = tunableOf(tunables, row.name);
  return { ...row, low: row.low ?? tunable?.low ?? null, high: row.high ?? tunable?.high ?? null };
}
