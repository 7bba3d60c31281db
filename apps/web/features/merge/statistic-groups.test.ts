import { expect, test } from "vitest";
import { costOf, groupsOf } from "./statistic-groups.ts";

const need = (ref: string, lambda: number, isMeasured: boolean, seconds: number) => ({ ref, lambda, isMeasured, seconds });

test("statistics by version, with what the missing ones cost", () => {
  const statistics = [need("a/x@1", 0, true, 0), need("a/y@1", 0, false, 2), need("a/x@1", 1, false, 3)];
  expect(groupsOf(statistics)).toEqual([
    { ref: "a/x@1", lambdas: [0, 1], measured: 1, total: 2, seconds: 3 },
    { ref: "a/y@1", lambdas: [0], measured: 0, total: 1, seconds: 2 },
  ]);
  expect(costOf(statistics)).toBe(5);
  expect(groupsOf([])).toEqual([]);
});
