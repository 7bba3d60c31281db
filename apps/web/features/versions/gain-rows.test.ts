import { describe, expect, it } from "vitest";
import type { Board } from "../leaderboards/board.ts";
import { gainAxis, gainRows } from "./gain-rows.ts";

const task: Board["tasks"][number] = { id: "t", name: "spam", title: "Spam", metric: "accuracy", splits: [], expert: null };
const score = (value: number) => ({ taskName: "spam", value, low: null, high: null, n: 10, ofExpert: null });
const reference = (name: string, value: number): Board["rows"][number] => ({
  id: name,
  isKept: false,
  isPlainAverage: false,
  tunedOn: [],
  tunedOnReasons: [],
  kind: null,
  normalised: null,
  worst: null,
  parents: [],
  rank: null,
  reference: name,
  title: name,
  method: null,
  mean: value,
  low: value,
  high: value,
  version: null,
  scores: [score(value)],
});
const board: Board = {
  purpose: "REPORT",
  exampleCount: 10,
  unit: "share",
  kinds: [],
  methods: [],
  namespaces: [],
  rowCount: 0,
  suite: { id: "s", namespace: "n", name: "s", title: "S" },
  tasks: [task],
  rows: [reference("EXPERTS", 0.9), reference("BASE", 0.5)],
  verdict: null,
};
const evaluation = (value: number | null, purpose: "REPORT" | "SEARCH") => ({
  value,
  low: 0.68,
  high: 0.72,
  task: { id: "t", name: "spam", title: "Spam" },
  split: { name: "test", purpose, exampleCount: 10 },
});

describe("a version against its parents", () => {
  it("runs from the base over the version to the expert", () => {
    expect(gainRows([evaluation(0.7, "REPORT")], board)).toEqual([
      expect.objectContaining({ label: "Spam", from: 0.5, value: 0.7, to: 0.9, kept: expect.closeTo(0.5) }),
    ]);
  });
  it("never mixes the search split in, nor a score that is not there", () => {
    expect(gainRows([evaluation(0.7, "SEARCH"), evaluation(null, "REPORT")], board)).toEqual([]);
  });
  it("has an axis that holds every mark", () => {
    const axis = gainAxis(gainRows([evaluation(0.7, "REPORT")], board));
    expect(axis.low).toBeLessThan(0.5);
    expect(axis.high).toBeGreaterThanOrEqual(0.9);
    expect(axis.ticks.every((tick) => tick >= axis.low && tick <= axis.high)).toBe(true);
  });
});
