import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDeps, type TestDeps } from "../../../test/support/stack.ts";
import { readLineage } from "./read-lineage.ts";

let stack: TestDeps;
let modelId: string;
let next = 0;

beforeAll(async () => {
  stack = await openTestDeps();
  modelId = (await stack.deps.db.model.create({ data: { namespace: "line", name: "age" } })).id;
});

afterAll(() => stack?.close());

/** Versions numbered from 0 and edges [parent, child]. */
async function plant(count: number, edges: readonly (readonly [number, number])[]): Promise<string[]> {
  const { db } = stack.deps;
  const rows = Array.from({ length: count }, () => ({ modelId, number: ++next, kind: "BASE" as const }));
  const versions = await db.modelVersion.createManyAndReturn({ data: rows });
  const ids = versions.sort((a, b) => a.number - b.number).map(({ id }) => id);
  const position = new Map<number, number>();
  await db.lineageEdge.createMany({
    data: edges.map(([parent, child]) => {
      const at = position.get(child) ?? 0;
      position.set(child, at + 1);
      return {
        parentId: ids[parent] ?? "",
        childId: ids[child] ?? "",
        role: "PARENT" as const,
        parentDigest: "0".repeat(64),
        position: at,
      };
    }),
  });
  return ids;
}

const read = (id: string, depth = 12, limit = 300) => readLineage(stack.deps, stack.actor, id, { depth, limit });

/** Breadth first, one direction at a time: what the query must find. */
function reach(start: number, edges: readonly (readonly [number, number])[], depth: number): number[] {
  const found = new Map([[start, 0]]);
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    let front = [start];
    const seen = new Set(front);
    for (let distance = 1; distance <= depth; distance++) {
      front = [...new Set(edges.filter((edge) => front.includes(edge[from] ?? -1)).map((edge) => edge[to] ?? -1))].filter(
        (each) => !seen.has(each),
      );
      for (const each of front) {
        seen.add(each);
        found.set(each, distance);
      }
    }
  }
  return [...found.keys()].sort((a, b) => a - b);
}

test("in any graph, all ancestors and descendants to the depth are found, and the edges between them", async () => {
  const graph = fc.integer({ min: 2, max: 8 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      edges: fc.uniqueArray(
        fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([a, b]) => a < b),
        { selector: ([a, b]) => `${a} ${b}`, maxLength: 20 },
      ),
      start: fc.nat(count - 1),
      depth: fc.integer({ min: 1, max: 4 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(graph, async ({ count, edges, start, depth }) => {
      const ids = await plant(count, edges);
      const { versionIds, edgeIds, truncated } = await read(ids[start] ?? "", depth);
      const expected = reach(start, edges, depth);
      expect([...versionIds].sort()).toEqual(expected.map((i) => ids[i]).sort());
      expect(edgeIds).toHaveLength(edges.filter(([a, b]) => expected.includes(a) && expected.includes(b)).length);
      expect(truncated).toBe(reach(start, edges, depth + 1).length > expected.length);
    }),
    { numRuns: 40 },
  );
});

test("a circle, which only an edit of the database can make, ends", async () => {
  const ids = await plant(3, [
    [0, 1],
    [1, 2],
    [2, 0],
  ]);
  const { versionIds } = await read(ids[0] ?? "", 50);
  expect([...versionIds].sort()).toEqual([...ids].sort());
});

test("a million paths cost no more than the versions on them", { timeout: 20_000 }, async () => {
  const layers = 20;
  const edges = Array.from({ length: layers - 1 }, (_, l) =>
    [0, 1].flatMap((a) => [0, 1].map((b) => [2 * l + a, 2 * l + 2 + b] as const)),
  ).flat();
  const ids = await plant(2 * layers, edges);
  const began = performance.now();
  const { versionIds, truncated } = await read(ids[0] ?? "", 50);
  expect([versionIds.length, truncated]).toEqual([2 * layers - 1, false]);
  expect(performance.now() - began).toBeLessThan(3000);
});

test("the limit cuts off the farthest and says so", async () => {
  const ids = await plant(6, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ]);
  const { versionIds, edgeIds, truncated } = await read(ids[0] ?? "", 12, 3);
  expect({ versionIds, edges: edgeIds.length, truncated }).toEqual({ versionIds: ids.slice(0, 3), edges: 2, truncated: true });
});

test.each([
  [0, 10],
  [1_000_000, 10],
  [10, 0],
  [10, 1_000_000],
])("depth %d and limit %d are refused together with their range", async (depth, limit) => {
  await expect(read("any", depth, limit)).rejects.toThrow(/must be 1 to/);
});
