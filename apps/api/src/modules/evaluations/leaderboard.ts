import { macroInterval, pairedDifference } from "@amalgam/engine/scores";

/** What a leaderboard needs of one score. */
export interface Score {
  readonly evaluationId: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly correct: Uint8Array;
}

/** A version, or a group of versions, with one score for each task in the order of the suite. */
export interface Entry {
  readonly versionId: string | null;
  readonly title: string;
  readonly method: string | null;
  readonly reference: "BASE" | "EXPERTS" | null;
  readonly isMerge: boolean;
  /** True for a linear merge that gives all its parents the same weight */
  readonly isPlainAverage: boolean;
  readonly parentCount: number;
  readonly scores: readonly Score[];
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Row extends Entry, Pick<Interval, "low" | "high"> {
  readonly rank: number | null;
  readonly mean: number;
}

export interface Verdict {
  readonly overAverage: Interval | null;
  readonly leadOfFirst: Interval | null;
  readonly gainKept: number | null;
  readonly bestTitle: string | null;
  readonly secondTitle: string | null;
}

/** Orders entries by their macro mean. Rows that a paired comparison cannot tell from the best of their group share its rank. */
export function rankEntries(entries: readonly Entry[]): Row[] {
  const measured = entries.map((entry) => ({ ...entry, ...meanOf(entry), rank: null }));
  const byMean = (a: Row, b: Row) => b.mean - a.mean || (a.title < b.title ? -1 : 1);
  const references = measured.filter(({ reference }) => reference !== null).sort(byMean);
  const ranked: Row[] = [];
  let leader: Row | null = null;
  for (const row of measured.filter(({ reference }) => reference === null).sort(byMean)) {
    const isTie = leader !== null && difference(leader, row).low <= 0;
    const rank: number = isTie && leader ? (leader.rank ?? 1) : ranked.length + 1;
    const placed: Row = { ...row, rank };
    if (!isTie) leader = placed;
    ranked.push(placed);
  }
  return [...ranked, ...references];
}

function meanOf(entry: Entry): { mean: number; low: number; high: number } {
  const { value, low, high } = macroInterval(entry.scores.map(({ value: score, n }) => ({ value: score, n })));
  return { mean: value, low, high };
}

/** The first minus the second over the same examples. */
function difference(a: Entry, b: Entry): Interval {
  const bits = ({ scores }: Entry) => scores.map(({ correct, n }) => ({ bits: correct, n }));
  return pairedDifference(bits(a), bits(b));
}

/** What the rows say about merging: did it pay, is the lead real, how much of the experts' gain was kept. */
export function judge(rows: readonly Row[]): Verdict {
  const ranked = rows.filter(({ rank }) => rank !== null);
  const merges = ranked.filter(({ isMerge }) => isMerge);
  const [best] = merges;
  const [first, second] = ranked;
  const average = merges.filter(({ isPlainAverage }) => isPlainAverage).sort((a, b) => b.parentCount - a.parentCount)[0];
  const base = rows.find(({ reference }) => reference === "BASE");
  const experts = rows.find(({ reference }) => reference === "EXPERTS");
  const gain = base && experts ? experts.mean - base.mean : 0;
  return {
    overAverage: best && average && best !== average ? difference(best, average) : null,
    leadOfFirst: first && second ? difference(first, second) : null,
    gainKept: best && base && gain > 0 ? (best.mean - base.mean) / gain : null,
    bestTitle: first?.title ?? null,
    secondTitle: second?.title ?? null,
  };
}
