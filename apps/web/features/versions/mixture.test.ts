import { describe, expect, it } from "vitest";
import type { LineageRole, VersionKind } from "../../gql/graphql.ts";
import { baseOf, colourOf, directParents, mixtureStrands } from "./mixture.ts";

const version = (name: string, kind: VersionKind, strand: number | null) => ({
  id: name,
  ref: `ns/${name}@1`,
  number: 1,
  kind,
  model: { id: name, namespace: "ns", name, strand },
});
const edge = (parent: ReturnType<typeof version>, role: LineageRole, coefficient: number | null) => ({
  role,
  coefficient,
  parent,
});

const base = version("base", "BASE", null);
const spam = version("spam", "FINE_TUNED", 1);
const pos = version("pos", "FINE_TUNED", 3);

describe("what a merge is made of", () => {
  it("leaves the base out of the strands and finds it apart", () => {
    const edges = [edge(base, "BASE", null), edge(spam, "PARENT", 0.3)];
    expect(directParents(edges)).toHaveLength(1);
    expect(baseOf(edges)?.parent.ref).toBe("ns/base@1");
    expect(mixtureStrands(edges).map((strand) => [strand.label, strand.coefficient, strand.colour])).toEqual([
      ["spam", 0.3, "var(--s1)"],
    ]);
  });

  it("spreads a parent that is a merge into its own bands", () => {
    const merge = { ...version("average", "MERGED", null), parents: [edge(spam, "PARENT", 0.5), edge(pos, "PARENT", 1.5)] };
    const strands = mixtureStrands([{ role: "PARENT", coefficient: 0.8, parent: merge }]);
    expect(strands.map((strand) => strand.label)).toEqual(["spam", "pos"]);
    expect(strands.map((strand) => strand.coefficient)).toEqual([expect.closeTo(0.2), expect.closeTo(0.6)]);
    expect(new Set(strands.map((strand) => strand.parentRef))).toEqual(new Set(["ns/average@1"]));
  });

  it("never makes a number of a coefficient that is not there", () => {
    const merge = { ...version("average", "MERGED", null), parents: [edge(spam, "PARENT", null), edge(pos, "PARENT", 0.5)] };
    const coefficients = (coefficient: number | null) =>
      mixtureStrands([{ role: "PARENT", coefficient, parent: merge }]).map((strand) => strand.coefficient);
    expect(coefficients(null)).toEqual([null, null]);
    expect(coefficients(0.8)).toEqual([0.4, 0.4]);
  });

  it("colours a base graphite even when its model has a slot", () => {
    expect(colourOf({ kind: "BASE", model: { strand: 4 } })).toBe("var(--s0)");
  });
});
