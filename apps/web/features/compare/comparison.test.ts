import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { position } from "../../components/interval-bar.tsx";
import { comparePath, differenceAxis, differenceRange, differenceText, readChoice, winnerOf } from "./comparison.ts";

describe("a choice", () => {
  it("is read from the address", () => {
    expect(readChoice({ v: ["six/ties@1", "six/average"], suite: "six/two", split: "search" })).toEqual({
      refs: ["six/ties@1", "six/average"],
      suite: { namespace: "six", name: "two" },
      purpose: "SEARCH",
    });
    expect(readChoice({})).toEqual({ refs: [], suite: null, purpose: "REPORT" });
    expect(readChoice({ v: "only", suite: "a/b/c" })).toEqual({ refs: ["only"], suite: null, purpose: "REPORT" });
    expect(readChoice({ v: ["", "b", "c", "d"] }).refs).toEqual(["b", "c", "d"]);
    expect(readChoice({ v: Array.from({ length: 9 }, (_, i) => `v${i}`) }).refs, "one too many shows").toHaveLength(7);
  });
  it("is written as it is read", () => {
    const choice = {
      refs: ["six/ties@1", "six/average", "a/b@x"],
      suite: { namespace: "six", name: "two" },
      purpose: "SEARCH" as const,
    };
    const query = new URLSearchParams(comparePath(choice).split("?")[1]);
    expect(readChoice({ v: query.getAll("v"), suite: query.get("suite") ?? "", split: query.get("split") ?? "" })).toEqual(
      choice,
    );
  });
});

describe("a difference", () => {
  it("is in points for shares, else in the unit itself, with a true minus", () => {
    expect(differenceText({ value: -0.014, low: -0.03, high: 0.002 }, "share")).toBe("−1.4");
    expect(differenceRange({ value: -0.014, low: -0.03, high: 0.002 }, "share")).toBe("−3.0 to 0.2");
    expect(differenceText({ value: -0.2, low: -0.3, high: -0.1 }, "bits_per_token")).toBe("−0.200");
    expect(differenceRange({ value: -0.2, low: -0.3, high: -0.1 }, null)).toBe("−0.300 to −0.100");
    expect(differenceRange({ value: 1, low: null, high: null }, null)).toBeNull();
  });
  it("has a winner only where its interval leaves out zero", () => {
    expect(winnerOf({ value: 0.1, low: 0.05, high: 0.15 })).toBe("first");
    expect(winnerOf({ value: -0.1, low: -0.15, high: -0.05 })).toBe("second");
    expect(winnerOf({ value: 0.1, low: -0.01, high: 0.21 })).toBe("neither");
    expect(winnerOf({ value: 0.1, low: null, high: null })).toBe("unknown");
  });
  it("lies on an axis that holds every interval and has zero in its middle", () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 6 }), (list) => {
        const estimates = list
          .map((three) => [...three].sort((a, b) => a - b))
          .map(([low = 0, value = 0, high = 0]) => ({ value, low, high }));
        const axis = differenceAxis(estimates);
        expect(position(axis, 0)).toBeCloseTo(0.5);
        for (const { low, high } of estimates) {
          expect(position(axis, low)).toBeGreaterThanOrEqual(0);
          expect(position(axis, high)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
