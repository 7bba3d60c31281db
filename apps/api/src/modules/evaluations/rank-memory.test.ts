import fc from "fast-check";
import { expect, test } from "vitest";
import { RankMemory } from "./rank-memory.ts";

const rows = Array.from({ length: 8 }, () => [null]);
const lists = fc.array(fc.subarray(rows, { minLength: 1 }), { minLength: 1, maxLength: 6 });

test("what was found of two rows is known for as long as both are there, whatever else comes and goes", () => {
  fc.assert(
    fc.property(lists, (steps) => {
      const memory = new RankMemory();
      const isBetter = (a: object, b: object) => rows.indexOf(a as never) % 3 > rows.indexOf(b as never) % 2;
      let before: readonly object[] = [];
      for (const list of steps) {
        const pairs = memory.of(list);
        list.forEach((a, i) => {
          list.forEach((b, j) => {
            const known = pairs?.get(i, j);
            if (known !== undefined) expect(known).toBe(isBetter(a, b));
            if (before.includes(a) && before.includes(b)) expect(known).toBe(isBetter(a, b));
            pairs?.set(i, j, isBetter(a, b));
          });
        });
        before = list;
      }
    }),
  );
});

test("nothing is known of a row with new scores", () => {
  const memory = new RankMemory();
  const [a, b] = [[null], [null]];
  memory.of([a, b])?.set(0, 1, true);
  expect(memory.of([a, b])?.get(0, 1)).toBe(true);
  expect(memory.of([a, b])?.get(1, 0)).toBeUndefined();
  expect(memory.of([[null], b])?.get(0, 1)).toBeUndefined();
});
