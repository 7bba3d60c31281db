import { describe, expect, it } from "vitest";
import { emptyDraft } from "./draft.ts";
import { moved, orderWords, parentCountWords, whatIsMissing } from "./parent-count.ts";

const slerp = { name: "slerp", title: "SLERP", family: "sphere", base: "NONE" as const, minParents: 2, maxParents: 2, laws: [] };
const ties = { ...slerp, name: "ties", title: "TIES", base: "REQUIRED" as const, minParents: 1, maxParents: null };
const withParents = (count: number, base: string | null = null) => ({
  ...emptyDraft,
  base,
  parents: Array.from({ length: count }, (_, i) => ({ model: `m${i}`, own: {} })),
});

describe("how many parents", () => {
  it("is said in words", () => {
    expect(parentCountWords(slerp)).toBe("exactly two parents");
    expect(parentCountWords(ties)).toBe("at least one parent");
    expect(parentCountWords({ minParents: 2, maxParents: 4 })).toBe("two to four parents");
  });
  it("is asked for, one by one", () => {
    expect(whatIsMissing(withParents(0), slerp)).toBe("SLERP takes exactly two parents. Add two.");
    expect(whatIsMissing(withParents(1), slerp)).toBe("SLERP takes exactly two parents. Add one more.");
    expect(whatIsMissing(withParents(2), slerp)).toBeNull();
    expect(whatIsMissing(withParents(3), slerp)).toBe("SLERP takes exactly two parents; there are 3. Remove 1 parent.");
    expect(whatIsMissing(withParents(1), ties)).toBe("TIES starts from a base. Choose one.");
    expect(whatIsMissing(withParents(1, "b"), ties)).toBeNull();
  });
});

describe("the order of the parents", () => {
  it("is explained where it matters, and only there", () => {
    expect(orderWords(slerp)).toMatch(/first parent to the second/);
    expect(orderWords({ name: "ema", family: "trajectory", laws: [] })).toMatch(/oldest first/);
    expect(
      orderWords({
        name: "swa",
        family: "trajectory",
        laws: ["The order of the parents changes nothing but the last rounding."],
      }),
    ).toBeNull();
    expect(orderWords(ties)).toBeNull();
  });
  it("is changed by one place at a time", () => {
    expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
  });
});
