import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearestSources } from "./inherited-marks.ts";

const edges = (...pairs: string[]) => pairs.map((pair) => ({ parent: pair[0] ?? "", child: pair[1] ?? "" }));

describe("marks", () => {
  test("go to descendants of any depth, and to nothing else", () => {
    const found = nearestSources(["a"], edges("ab", "bc", "cd", "xd", "xy"));
    expect([...found.keys()]).toEqual(["a", "b", "c", "d"]);
    expect(new Set(found.values())).toEqual(new Set(["a"]));
  });

  test("name the nearest tuned ancestor; what was tuned itself names itself", () => {
    const found = nearestSources(["a", "c"], edges("ab", "bc", "cd", "ad", "be"));
    expect(Object.fromEntries(found)).toEqual({ a: "a", b: "a", c: "c", d: "a", e: "a" });
    expect(nearestSources(["c", "a"], edges("ad", "cd")).get("d"), "equally near: the first given").toBe("c");
  });

  test("end where lineage goes round: a merge may have the bytes of its parent", () => {
    expect([...nearestSources(["a"], edges("aa", "ab", "ba")).keys()]).toEqual(["a", "b"]);
  });

  test("reach what walking every path reaches", () => {
    const node = fc.integer({ min: 0, max: 6 }).map(String);
    const graph = fc.array(fc.record({ parent: node, child: node }), { maxLength: 14 });
    fc.assert(
      fc.property(graph, fc.uniqueArray(node, { maxLength: 3 }), (list, sources) => {
        const reached = new Set(sources);
        for (let round = 0; round < 7; round++) for (const { parent, child } of list) if (reached.has(parent)) reached.add(child);
        expect(new Set(nearestSources(sources, list).keys())).toEqual(reached);
      }),
    );
  });
});
