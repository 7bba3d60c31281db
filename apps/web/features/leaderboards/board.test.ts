import { describe, expect, it } from "vitest";
import {
  axisOf,
  type Board,
  type BoardRow,
  boundsByTask,
  cellText,
  gainKept,
  heroVerdict,
  shortTitle,
  taskLabel,
  ties,
  verdictCells,
} from "./board.ts";
import { toCsv, toJson } from "./board-export.ts";
import { isFiltered, queryOf, readView, viewPath } from "./board-view.ts";

const thin = "\u202f";

function board(verdict: Board["verdict"]): Board {
  const score = (value: number | null) => ({
    taskName: "spam",
    value,
    low: 0.7,
    high: 0.8,
    n: 100,
    ofExpert: value && value / 0.9,
  });
  const row = (rank: number | null, reference: string | null, title: string, value: number | null): BoardRow => ({
    id: title,
    rank,
    reference,
    isKept: false,
    isPlainAverage: false,
    tunedOn: [],
    tunedOnReasons: [],
    title,
    kind: reference === null ? "MERGED" : null,
    method: null,
    mean: value,
    low: value === null ? null : value - 0.01,
    high: value === null ? null : value + 0.01,
    normalised: null,
    worst: null,
    parents: [],
    version: null,
    scores: [score(value)],
  });
  return {
    purpose: "REPORT",
    exampleCount: 100,
    unit: "share",
    kinds: ["MERGED"],
    methods: [],
    namespaces: ["ns"],
    rowCount: 1,
    suite: { id: "s", namespace: "ns", name: "suite", title: "Suite" },
    tasks: [{ id: "t1", name: "spam", title: "Spam", metric: "accuracy", splits: [{ purpose: "REPORT" }], expert: null }],
    rows: [row(1, null, "ns/best@2", 0.8), row(null, "EXPERTS", "one expert", 0.9), row(null, "BASE", "ns/base@1", 0.5)],
    verdict,
  };
}

const verdict = (over: [number, number, number] | null, lead: [number, number, number] | null): Board["verdict"] => ({
  gainKept: 0.75,
  bestTitle: "ns/best@2",
  secondTitle: "ns/average@1",
  overAverage: over && { value: over[0], low: over[1], high: over[2] },
  leadOfFirst: lead && { value: lead[0], low: lead[1], high: lead[2] },
});

describe("an axis", () => {
  it("covers every interval of the ranked rows and carries a handful of round ticks", () => {
    const axis = axisOf([
      { low: 0.66, high: 0.68 },
      { low: 0.73, high: 0.75 },
    ]);
    expect(axis.low).toBeLessThan(0.66);
    expect(axis.high).toBeGreaterThan(0.75);
    expect(axis.ticks.length).toBeGreaterThanOrEqual(3);
    expect(axis.ticks.length).toBeLessThanOrEqual(8);
    expect(axis.ticks.every((tick) => tick >= axis.low && tick <= axis.high)).toBe(true);
  });
  it("stays between 0 and 1 and stands without rows", () => {
    expect(axisOf([{ low: 0, high: 1 }])).toMatchObject({ low: 0, high: 1 });
    expect(axisOf([]).ticks).toContain(0.5);
  });
});

describe("gain kept", () => {
  it("is the share of the expert's gain over the base", () => {
    const bounds = boundsByTask(board(null)).get("t1");
    expect(gainKept(0.8, bounds)).toBeCloseTo(0.75);
    expect(cellText({ value: 0.8, ofExpert: 0.8 / 0.9 }, bounds, "gain")).toBe("75");
    expect(cellText({ value: 0.8, ofExpert: 0.8 / 0.9 }, bounds, "expert")).toBe("89");
    expect(cellText({ value: 0.8, ofExpert: null }, bounds, "accuracy")).toBe(".800");
  });
  it("is not claimed when the expert's gain is within chance or unknown", () => {
    expect(gainKept(0.8, { base: 0.89, expert: 0.9, isGain: false })).toBeNull();
    expect(gainKept(0.8, { base: null, expert: 0.9, isGain: false })).toBeNull();
    const close = board(null);
    for (const row of close.rows) for (const score of row.scores) score.value = row.reference === "EXPERTS" ? 0.55 : 0.5;
    expect(boundsByTask(close).get("t1")?.isGain).toBe(false);
  });
});

it("ties bracket neighbours that share a rank", () => {
  expect(ties([{ rank: 1 }, { rank: 1 }, { rank: 1 }, { rank: 4 }, { rank: null }])).toEqual([
    "first",
    "middle",
    "last",
    null,
    null,
  ]);
});

describe("a verdict", () => {
  it("says yes only when the interval excludes zero", () => {
    expect(verdictCells(board(verdict([0.075, 0.066, 0.084], null)))[0]?.answer).toBe("Yes, +7.5 points");
    expect(verdictCells(board(verdict([0.004, -0.003, 0.011], null)))[0]?.answer).toBe("Not clear, +0.4 points");
    expect(verdictCells(board(verdict([-0.02, -0.03, -0.01], null)))[0]?.answer).toBe("No, −2.0 points");
  });
  it("calls a lead whose interval holds zero a tie", () => {
    expect(verdictCells(board(verdict(null, [0.002, -0.003, 0.007])))[0]?.detail).toBe("−0.3 to 0.7, a tie with average v1");
    expect(verdictCells(board(verdict(null, [0.02, 0.01, 0.03])))[0]?.detail).toBe("1.0 to 3.0, ahead of average v1");
  });
  it("names what was there to keep", () => {
    const cell = verdictCells(board(verdict(null, null)))[0];
    expect(cell?.answer).toBe(`75${thin}%`);
    expect(cell?.detail).toBe("of +40.0 points over the base");
  });
  it("reads as a sentence on the home page", () => {
    expect(heroVerdict(board(verdict([0.075, 0.066, 0.084], [0.002, -0.003, 0.007])))).toEqual({
      strong: "+7.5 points",
      rest: " over a plain average, tied with average v1.",
    });
    expect(heroVerdict(board(verdict([0.001, -0.004, 0.006], null)))?.rest).toBe("Cannot be told apart from a plain average.");
    expect(heroVerdict(board(null))).toBeNull();
  });
});

it("a bracket goes past a row that has no rank, and ends where ranks do", () => {
  expect(ties([{ rank: 1 }, { rank: null }, { rank: 1 }, { rank: null }, { rank: 3 }, { rank: null }])).toEqual([
    "first",
    "middle",
    "last",
    null,
    null,
    null,
  ]);
});

it("an axis of another unit than shares may go beyond 1", () => {
  expect(axisOf([{ low: 3.1, high: 3.6 }], false).high).toBeGreaterThan(3.6);
  expect(axisOf([{ low: 300, high: 3600 }], false).ticks.length).toBeLessThanOrEqual(8);
});

describe("a view of the board", () => {
  const full = "?split=search&kind=merged&method=ties&ns=six&q=best&sort=-task%3Aspam&show=gain&page=3";
  const read = (query: string) => readView(Object.fromEntries(new URLSearchParams(query)));
  it("lives in the address, and what is plain is not written", () => {
    expect(viewPath("/l", read(full), { page: 3 })).toBe(`/l${full}`);
    expect(viewPath("/l", read(""))).toBe("/l");
    expect(viewPath("/l", read(full), { text: null })).not.toContain("page");
  });
  it("leaves out what it does not know", () => {
    const view = read("?kind=cat&sort=colour&show=x&page=-4&split=moon");
    expect(view).toEqual(read(""));
    expect(isFiltered(view)).toBe(false);
    expect(isFiltered(read("?q=x"))).toBe(true);
  });
  it("becomes a question to the API", () => {
    expect(queryOf(read(full))).toEqual({
      purpose: "SEARCH",
      filter: { kinds: ["MERGED"], methods: ["ties"], namespaces: ["six"], text: "best" },
      sort: { by: "TASK", task: "spam", reversed: true },
      first: 50,
      offset: 100,
    });
    expect(queryOf(read("?sort=worst")).sort).toEqual({ by: "WORST", reversed: false });
  });
});

it("JSON has the keys that the command line prints", () => {
  expect(toJson(board(null))).toMatchObject({
    suite: "ns/suite",
    rows: [{ rank: 1, kind: "MERGED", scores: { spam: { value: 0.8, n: 100 } } }, { kind: "EXPERTS" }, { kind: "BASE" }],
  });
});

it("tasks with long titles go by their name", () => {
  expect(taskLabel({ title: "Spam", name: "spam" })).toBe("Spam");
  expect(taskLabel({ title: "What kind of thing a word means", name: "super-sense" })).toBe("Super sense");
});

it("titles drop the namespace", () => {
  expect(shortTitle("six-tasks/average@1")).toBe("average v1");
  expect(shortTitle("six experts")).toBe("six experts");
});

it("CSV has a line a row and defuses formulas", () => {
  const source = board(null);
  const first = source.rows[0];
  if (first) first.title = '=HYPERLINK("x")';
  const lines = toCsv(source).trimEnd().split("\r\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain("spam_low");
  expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`);
});
