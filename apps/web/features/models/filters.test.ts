import { describe, expect, it } from "vitest";
import { filtersPath, isFiltered, readFilters } from "./filters.ts";

describe("filters in the URL", () => {
  it("survive the way there and back", () => {
    const filters = readFilters({ kind: "merged", q: " ties & more ", ns: "six-tasks" });
    const query = new URL(filtersPath(filters, {}), "http://x").searchParams;
    expect(readFilters(Object.fromEntries(query))).toEqual(filters);
    expect(filters.search).toBe("ties & more");
  });
  it("ignore what they do not know", () => {
    expect(readFilters({ kind: "__proto__", q: "", ns: undefined })).toEqual({
      kind: null,
      namespace: null,
      search: null,
      after: null,
    });
  });
  it("start paging over when one changes", () => {
    const filters = readFilters({ after: "20", q: "a" });
    expect(filtersPath(filters, { kind: "BASE" })).toBe("/models?kind=base&q=a");
    expect(filtersPath(filters, { search: null })).toBe("/models");
  });
  it("know when they filter", () => {
    expect(isFiltered(readFilters({ after: "3" }))).toBe(false);
    expect(isFiltered(readFilters({ q: "x" }))).toBe(true);
  });
});
