import type { PairMemory } from "@amalgam/engine/scores";
import type { Score } from "./leaderboard.ts";

type Scores = readonly (Score | null)[];

/** One byte for each ordered pair; beyond this many rows all are worked out each time. */
const mostRows = 4096;

/**
 * Which of two rows is better beyond doubt, for the rows of one leaderboard as it was last seen. Rows are known by their arrays of
 * scores, which stay the same objects for as long as the scores do: after a new score only the pairs of that row are worked out.
 */
export class RankMemory {
  #slots = new Map<Scores, number>();
  #known: Uint8Array = new Uint8Array(0);
  #size = 0;

  /** For rows in their order; those that are gone are forgotten. */
  of(rows: readonly Scores[]): PairMemory | null {
    if (rows.length > mostRows) return null;
    this.#hold(rows);
    const slots = Int32Array.from(rows, (scores) => this.#slots.get(scores) ?? 0);
    const [known, size] = [this.#known, this.#size];
    const at = (above: number, row: number) => (slots[above] ?? 0) * size + (slots[row] ?? 0);
    return {
      get(above, row) {
        const found = known[at(above, row)] ?? 0;
        return found === 0 ? undefined : found === 2;
      },
      set(above, row, isBetter) {
        known[at(above, row)] = isBetter ? 2 : 1;
      },
    };
  }

  /** Moves what is known into a table of these rows, unless all have a place already. */
  #hold(rows: readonly Scores[]): void {
    if (rows.every((scores) => this.#slots.has(scores)) && this.#size <= 2 * rows.length) return;
    const size = rows.length;
    const known = new Uint8Array(size * size);
    const before = rows.map((scores) => this.#slots.get(scores) ?? -1);
    before.forEach((from, i) => {
      if (from < 0) return;
      before.forEach((to, j) => {
        if (to >= 0) known[i * size + j] = this.#known[from * this.#size + to] ?? 0;
      });
    });
    this.#slots = new Map(rows.map((scores, slot) => [scores, slot]));
    this.#known = known;
    this.#size = size;
  }
}
