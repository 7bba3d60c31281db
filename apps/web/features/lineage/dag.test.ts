import { describe, expect, it } from "vitest";
import type { LineageRole, VersionKind } from "../../gql/graphql.ts";
import { type LineageEdge, related, toDag } from "./dag.ts";
import { layoutDag } from "./layout.ts";

const version = (name: string, kind: VersionKind, strand: number | null = null) => ({
  id: name,
  ref: `ns/${name}@1`,
  number: 1,
  kind,
  state: "READY" as const,
  model: { id: name, namespace: "ns", name, strand },
});
const edge = (
  parent: string,
  child: string,
  role: LineageRole,
  coefficient: number | null = null,
  position = 0,
): LineageEdge => ({
  id: `${parent}>${child}`,
  role,
  coefficient,
  position,
  parent: { id: parent },
  child: { id: child },
});

const lineage = {
  nodes: [
    version("base", "BASE"),
    version("spam", "FINE_TUNED", 1),
    version("pos", "FINE_TUNED", 2),
    version("merge", "MERGED"),
    version("guard", "MERGED"),
    version("toxic", "TASK_VECTOR", 7),
    version("tuned", "FINE_TUNED", 3),
  ],
  edges: [
    edge("base", "spam", "FINE_TUNED_FROM"),
    edge("base", "pos", "FINE_TUNED_FROM"),
    edge("base", "merge", "BASE"),
    edge("pos", "merge", "PARENT", 0.8, 2),
    edge("spam", "merge", "PARENT", 0.4, 1),
    edge("merge", "guard", "PARENT", 1, 1),
    edge("toxic", "guard", "PARENT", -0.2, 2),
    edge("merge", "tuned", "FINE_TUNED_FROM"),
    edge("merge", "nowhere", "PARENT", 1),
  ],
};
const dag = toDag(lineage, "merge", new Map([["spam", ".981 on its task"]]));
const find = (id: string) => dag.edges.find((candidate) => candidate.id === id);

describe("a lineage as boxes and bands", () => {
  it("leaves out edges whose ends were cut off", () => {
    expect(find("merge>nowhere")).toBeUndefined();
    expect(dag.nodes).toHaveLength(7);
  });
  it("draws strands by coefficient, in recipe order, with one scale", () => {
    const spam = find("spam>merge")?.bands[0];
    const pos = find("pos>merge")?.bands[0];
    expect((pos?.width ?? 0) / (spam?.width ?? 1)).toBeCloseTo(2);
    expect(spam?.to).toBeLessThan(pos?.to ?? 0);
    expect(spam?.colour).toBe("var(--s1)");
  });
  it("draws the base as a hairline outside the strands and fine-tunes as thin grey", () => {
    const hairline = find("base>merge")?.bands[0];
    const top = (find("spam>merge")?.bands[0]?.to ?? 0) - (find("spam>merge")?.bands[0]?.width ?? 0) / 2;
    expect(hairline).toMatchObject({ width: 2, colour: "var(--s0)" });
    expect(hairline?.to).toBeLessThan(top);
    expect(find("base>spam")?.bands).toEqual([{ colour: "var(--line-2)", width: 1.5, isHollow: false, from: 0, to: 0 }]);
  });
  it("lets the ancestry of a merge travel along its outgoing edges", () => {
    expect(find("merge>guard")?.bands.map((band) => band.colour)).toEqual(["var(--s1)", "var(--s2)"]);
    expect(find("merge>tuned")?.bands).toHaveLength(2);
    expect(find("merge>tuned")?.isFuse).toBe(false);
    expect(find("toxic>guard")?.bands[0]?.isHollow).toBe(true);
  });
  it("marks the current version and carries facts", () => {
    expect(dag.nodes.filter((node) => node.isCurrent).map((node) => node.id)).toEqual(["merge"]);
    expect(dag.nodes.find((node) => node.id === "spam")?.fact).toBe(".981 on its task");
  });
});

it("ancestors and descendants light up, siblings do not", () => {
  expect(related(dag.edges, "merge")).toEqual(new Set(["merge", "base", "spam", "pos", "guard", "tuned"]));
  expect(related(dag.edges, "spam")).toEqual(new Set(["spam", "base", "merge", "guard", "tuned"]));
});

it("the layout goes from left to right without overlaps", async () => {
  const { positions } = await layoutDag(dag);
  for (const { source, target } of dag.edges) expect(positions[source]?.x).toBeLessThan(positions[target]?.x ?? 0);
  expect(positions["spam"]?.y).toBeLessThan(positions["pos"]?.y ?? 0);
  const boxes = Object.values(positions);
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) expect(Math.abs(a.x - b.x) >= 168 || Math.abs(a.y - b.y) >= 42).toBe(true);
  }
});
