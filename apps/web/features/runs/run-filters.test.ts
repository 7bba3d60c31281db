import { expect, it } from "vitest";
import { readRunFilters, runFiltersPath } from "./run-filters.ts";

it("run filters survive the way through the address", () => {
  const filters = readRunFilters({ kind: "merge", state: "failed", after: "abc" });
  expect(filters).toEqual({ kind: "MERGE", state: "FAILED", after: "abc" });
  const path = runFiltersPath(filters, { after: "def" });
  expect(readRunFilters(Object.fromEntries(new URL(path, "http://x").searchParams))).toEqual({ ...filters, after: "def" });
});

it("paging starts over when a filter changes, and unknown words are ignored", () => {
  expect(runFiltersPath(readRunFilters({ kind: "study", after: "x" }), { state: "RUNNING" })).toBe("/runs?state=running");
});
