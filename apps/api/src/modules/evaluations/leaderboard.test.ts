import fc from "fast-check";
import { expect, test } from "vitest";
import { type Entry, judge, rankEntries } from "./leaderboard.ts";

/** An entry whose tasks have these examples right: "1101" is three of four. */
function entry(title: string, tasks: readonly string[], more: Partial<Entry> = {}): Entry {
  const scores = tasks.map((text) => {
    const n = text.length;
    const correct = new Uint8Array(Math.ceil(n / 8));
    [...text].forEach((bit, i) => {
      if (bit === "1") correct[i >> 3] = (correct[i >> 3] ?? 0) | (1 << (i & 7));
    });
    const value = [...text].filter((bit) => bit === "1").length / n;
    return { evaluationId: title, value, low: 0, high: 1, n, correct };
  });
  return {
    versionId: title,
    title,
    method: null,
    reference: null,
    isMerge: true,
    isPlainAverage: false,
    parentCount: 2,
    ...more,
    scores,
  };
}

const right = (count: number, of: number) => "1".repeat(count) + "0".repeat(of - count);

test("rows are ordered by the mean over tasks, and those a paired comparison cannot tell apart share a rank", () => {
  const rows = rankEntries([
    entry("weak", [right(100, 400), right(100, 400)]),
    entry("good", [right(300, 400), right(300, 400)]),
    entry("nearly", [right(299, 400), right(300, 400)]),
  ]);
  expect(rows.map(({ title, rank }) => [title, rank])).toEqual([
    ["good", 1],
    ["nearly", 1],
    ["weak", 3],
  ]);
  expect(rows[0]).toMatchObject({ mean: 0.75, low: expect.closeTo(0.718, 2), high: expect.closeTo(0.779, 2) });
});

test("references have no rank and come last", () => {
  const rows = rankEntries([
    entry("base", [right(9, 10)], { reference: "BASE", isMerge: false }),
    entry("merge", [right(1, 10)]),
    entry("experts", [right(10, 10)], { reference: "EXPERTS", versionId: null, isMerge: false }),
  ]);
  expect(rows.map(({ title, rank }) => [title, rank])).toEqual([
    ["merge", 1],
    ["experts", null],
    ["base", null],
  ]);
});

test("ranks never fall with the mean, in whatever order the entries come", () => {
  const bits = fc.array(fc.constantFrom("0", "1"), { minLength: 12, maxLength: 12 }).map((list) => list.join(""));
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 6 }), (all) => {
      const entries = all.map((text, i) => entry(`e${i}`, [text]));
      const rows = rankEntries(entries);
      for (const [i, row] of rows.entries()) {
        const before = rows[i - 1];
        expect(row.rank).toBeGreaterThanOrEqual(before?.rank ?? 1);
        expect(row.mean).toBeLessThanOrEqual(before?.mean ?? 1);
      }
      expect(rankEntries([...entries].reverse())).toEqual(rows);
    }),
  );
});

test("the verdict says whether merging paid, how far the first leads, and how much of the experts' gain was kept", () => {
  const rows = rankEntries([
    entry("base", [right(400, 1000)], { reference: "BASE", isMerge: false }),
    entry("experts", [right(800, 1000)], { reference: "EXPERTS", versionId: null, isMerge: false }),
    entry("best", [right(700, 1000)]),
    entry("average", [right(500, 1000)], { isPlainAverage: true }),
    entry("pair", [right(450, 1000)], { isPlainAverage: true, parentCount: 1 }),
  ]);
  const verdict = judge(rows);
  expect(verdict).toMatchObject({ bestTitle: "best", secondTitle: "average", gainKept: expect.closeTo(0.75, 9) });
  expect(verdict.overAverage).toMatchObject({ value: expect.closeTo(0.2, 9) });
  expect(verdict.overAverage?.low).toBeGreaterThan(0.15);
  expect(verdict.leadOfFirst).toEqual(verdict.overAverage);
});

test("without an average, a base or experts the verdict leaves out what it cannot know", () => {
  const verdict = judge(rankEntries([entry("only", ["1100"])]));
  expect(verdict).toEqual({ overAverage: null, leadOfFirst: null, gainKept: null, bestTitle: "only", secondTitle: null });
});
