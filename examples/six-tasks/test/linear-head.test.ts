import { selectBackend } from "@amalgam/engine/runtime";
import { beforeAll, expect, test } from "vitest";
import { accuracyOf, fitLinearHead } from "../scripts/model/linear-head.ts";
import { gaussian, seededRandom } from "../scripts/random.ts";

beforeAll(async () => {
  await selectBackend();
});

/** Three clouds whose features differ in scale and offset by orders of magnitude. */
function clouds(n: number, seed: number) {
  const random = seededRandom(seed);
  const labels = Array.from({ length: n }, (_, i) => i % 3);
  const centres = [
    [0, 500],
    [3, 500],
    [0, 900],
  ];
  const values = Float32Array.from(
    labels.flatMap((label) => [0, 1].map((d) => (centres[label]?.[d] ?? 0) + gaussian(random) * (d === 0 ? 0.5 : 60))),
  );
  return { values, labels, width: 2 };
}

test("a head fitted on standardised features reads the raw ones", () => {
  const head = fitLinearHead(clouds(600, 1), 3, { iterations: 200, learningRate: 0.1, penalty: 0.001 });
  expect(accuracyOf(head, clouds(300, 2))).toBeGreaterThan(0.97);
});
