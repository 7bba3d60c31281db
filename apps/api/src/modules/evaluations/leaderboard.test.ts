import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BoardTask, type Entry, layOut, type Score } from "./leaderboard.ts";
import { findRows, viewRows } from "./leaderboard-view.ts";

const task = (name: string, more: Partial<BoardTask> = {}): BoardTask => ({
  id: name,
  name,
  lowerIsBetter: false,
  unit: "share",
  ...more,
});

const score = (title: string, value: number): Score => ({
  evaluationId: `${title} ${value}`,
  value,
  low: value - 0.1,
  high: value + 0.1,
  n: 100,
  correct: Math.round(value * 100),
});

function entry(title: string, values: readonly (number | null)[], more: Partial<Entry> = {}): Entry {
  return {
    id: title,
    versionId: title,
    title,
    namespace: "ns",
    kind: "MERGED",
    method: null,
    reference: null,
    isPlainAverage: false,
    parents: [],
    tunedOn: values.map(() => null),
    scores: values.map((value) => (value === null ? null : score(title, value))),
    ...more,
  };
}

const experts = (values: readonly (number | null)[]) =>
  entry("experts", values, { reference: "EXPERTS", versionId: null, kind: null, namespace: null });
const parent = (digest: string) => ({
  digest,
  ref: digest,
  role: "PARENT" as const,
  coefficient: null,
  kind: "FINE_TUNED" as const,
  namespace: "six",
  name: digest,
  number: 1,
  strand: null,
});
const titles = (rows: readonly { title: string }[]) => rows.map(({ title }) => title);
const two = [task("a"), task("b")];

describe("a board", () => {
  test("orders by the mean; what lacks a score and what is a reference come after, unranked", () => {
    const board = layOut(two, [
      entry("base", [0.9, 0.9], { kind: "BASE", reference: "BASE" }),
      entry("half", [0.99, null]),
      entry("low", [0.2, 0.4]),
      entry("high", [0.5, 0.7]),
    ]);
    expect(board.rows.map(({ title, mean, isRanked }) => [title, mean, isRanked])).toEqual([
      ["high", expect.closeTo(0.6), true],
      ["low", expect.closeTo(0.3), true],
      ["half", null, false],
      ["base", 0.9, false],
    ]);
    expect(board.rows[0]).toMatchObject({
      low: expect.closeTo(0.6 - Math.hypot(0.05, 0.05)),
      worst: { task: 0, ofExpert: null },
    });
  });

  test("divides by each task's own expert, and finds the task where least is left of it", () => {
    const [row] = layOut(two, [entry("merge", [0.4, 0.6]), experts([0.5, 0.9])]).rows;
    expect(row?.ratios).toEqual([expect.closeTo(0.8), expect.closeTo(2 / 3)]);
    expect(row?.normalisedMean).toBeCloseTo((0.8 + 2 / 3) / 2);
    expect(row?.worst).toEqual({ task: 1, value: 0.6, ofExpert: expect.closeTo(2 / 3) });
  });

  test("has no normalised mean while one expert is not scored", () => {
    const [row] = layOut(two, [entry("merge", [0.4, 0.6]), experts([0.5, null])]).rows;
    expect(row).toMatchObject({ normalisedMean: null, worst: { task: 0, ofExpert: expect.closeTo(0.8) } });
  });

  test("keeps a row tuned on a reported split where it scores, without a rank", () => {
    const { rows } = layOut(two, [
      entry("fair", [0.5, 0.5]),
      entry("tuned", [0.7, 0.7], { tunedOn: [null, { by: "", ancestor: null }] }),
      entry("weak", [0, 0]),
    ]);
    expect(rows.map(({ title, isRanked }) => [title, isRanked])).toEqual([
      ["tuned", false],
      ["fair", true],
      ["weak", true],
    ]);
  });

  test("puts the smaller perplexity first, and turns its ratio", () => {
    const lower = [task("p", { lowerIsBetter: true, unit: "bits_per_token" })];
    const { rows } = layOut(lower, [entry("b", [4]), entry("a", [3]), experts([2])]);
    expect(rows.map(({ title, normalisedMean }) => [title, normalisedMean])).toEqual([
      ["a", expect.closeTo(2 / 3)],
      ["b", 0.5],
      ["experts", 1],
    ]);
  });

  test("gives no mean over different units, and orders by the normalised mean", () => {
    const mixed = [task("a"), task("p", { lowerIsBetter: true, unit: "bits_per_token" })];
    const { rows, unit } = layOut(mixed, [entry("x", [0.5, 4]), entry("y", [0.4, 2]), experts([0.5, 2])]);
    expect(unit).toBeNull();
    expect(rows.map(({ title, mean, isRanked }) => [title, mean, isRanked])).toEqual([
      ["y", null, false],
      ["x", null, false],
      ["experts", null, false],
    ]);
  });

  test("is the same whatever the order of the entries", () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.option(fc.integer({ min: 0, max: 3 }))), {
      maxLength: 7,
    });
    fc.assert(
      fc.property(values, fc.boolean(), (list, hasExperts) => {
        const entries = list.map(([a, b], i) => entry(`e${i}`, [a / 3, b === null ? null : b / 3]));
        if (hasExperts) entries.push(experts([1, 1]));
        expect(layOut(two, [...entries].reverse()).rows).toEqual(layOut(two, entries).rows);
      }),
    );
  });
});

describe("a view", () => {
  const board = layOut(two, [
    entry("six/best@1", [0.9, 0.5], { method: "ties", namespace: "six", parents: [parent("six/spam@1"), parent("six/era@1")] }),
    entry("six/average@1", [0.6, 0.6], {
      method: "linear",
      namespace: "six",
      isPlainAverage: true,
      parents: [parent("six/spam@1")],
    }),
    entry("six/spam@1", [0.8, 0.1], { kind: "FINE_TUNED", namespace: "six" }),
    entry("acme/other@3", [0.2, 0.3], { method: "ties", namespace: "acme" }),
    entry("six/base@1", [0.1, 0.1], { kind: "BASE", reference: "BASE" }),
  ]);
  const find = (filter: Parameters<typeof findRows>[1]) => titles(findRows(board, filter, { by: "RANK" }));

  test("filters by kind, method, namespace and words, all at once", () => {
    expect(find({})).toEqual(["six/best@1", "six/average@1", "six/spam@1", "acme/other@3"]);
    expect(find({ kinds: ["FINE_TUNED"] })).toEqual(["six/spam@1"]);
    expect(find({ methods: ["ties", "linear"], namespaces: ["six"] })).toEqual(["six/best@1", "six/average@1"]);
    expect(find({ text: "TIES  six" })).toEqual(["six/best@1"]);
    expect(find({ kinds: [], text: " " })).toHaveLength(4);
    expect(find({ methods: ["slerp"] })).toEqual([]);
  });

  test("keeps parents, the plain average and references beside what is asked for", () => {
    const view = viewRows(board, findRows(board, { text: "best" }, { by: "RANK" }), { first: 10, offset: 0 });
    expect(view.map(({ row, isKept }) => [row.title, isKept])).toEqual([
      ["six/best@1", false],
      ["six/average@1", true],
      ["six/spam@1", true],
      ["six/base@1", false],
    ]);
  });

  test("keeps them beside a page as well, and shows no row twice", () => {
    const found = findRows(board, {}, { by: "RANK" });
    const pages = [0, 1, 2, 3].map((offset) => viewRows(board, found, { first: 1, offset }));
    expect(pages.map((page) => titles(page.filter(({ isKept }) => !isKept).map(({ row }) => row)))).toEqual(
      titles(found).map((title) => [title, "six/base@1"]),
    );
    for (const page of pages) expect(new Set(page.map(({ row }) => row.id)).size).toBe(page.length);
  });

  test("sorts by any column, equals in the order of the board, missing values last both ways", () => {
    const sort = (by: Parameters<typeof findRows>[2]["by"], reversed = false, at = 0) =>
      titles(findRows(board, {}, { by, task: at, reversed }));
    expect(sort("NAME")).toEqual(["acme/other@3", "six/average@1", "six/best@1", "six/spam@1"]);
    expect(sort("TASK", false, 1)).toEqual(["six/average@1", "six/best@1", "acme/other@3", "six/spam@1"]);
    expect(sort("TASK", true, 1)).toEqual(["six/spam@1", "acme/other@3", "six/best@1", "six/average@1"]);
    expect(sort("METHOD")).toEqual(["six/average@1", "six/best@1", "acme/other@3", "six/spam@1"]);
    expect(sort("METHOD", true)).toEqual(["six/best@1", "acme/other@3", "six/average@1", "six/spam@1"]);
    expect(sort("NORMALISED_MEAN"), "no experts: as it was").toEqual(sort("RANK"));
    expect(sort("MEAN", true)).toEqual([...sort("RANK")].reverse());
  });
});
