import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenFolder } from "../../test/parity.ts";
import { type BackendName, selectBackend } from "./backend.ts";
import { type BranchedText, packBranches } from "./branching.ts";
import type { TextNetwork } from "./network.ts";
import { openNetwork } from "./open-network.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";

const causal = ["gpt2", "llama", "mistral", "qwen2", "mixtral"];

test("branches stand behind their stem, and rows are padded", () => {
  const { ids, places, branches, length } = packBranches([
    { stem: [5, 6], branches: [[7], [], [8, 9]] },
    { stem: [4], branches: [[3]] },
  ]);
  expect(length).toBe(5);
  expect([...ids]).toEqual([5, 6, 7, 8, 9, 4, 3, 0, 0, 0]);
  expect([...places]).toEqual([0, 1, 2, 2, 3, 0, 1, 0, 0, 0]);
  expect([...branches]).toEqual([0, 0, 1, 3, 3, 0, 1, -1, -1, -1]);
});

describe.each(["ort", "cpu", "wasm"] satisfies BackendName[])("texts that share their beginning on %s", (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  test.each(causal)("%s: every token has the scores that it has in its text alone", async (name) => {
    const network = (await openNetwork(join(goldenFolder, name))) as TextNetwork;
    const { vocabularySize: vocabulary, maxLength } = network;
    const tokens = (least: number, most: number) => fc.array(fc.nat(vocabulary - 1), { minLength: least, maxLength: most });
    const half = Math.floor(maxLength / 2);
    const text = fc.record({ stem: tokens(1, half), branches: fc.array(tokens(0, half), { minLength: 1, maxLength: 3 }) });
    const alone = ({ stem }: BranchedText, branch: readonly number[]) =>
      tf.tidy(() => network.logits(padBatch([[...stem, ...branch]])).arraySync());
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), async (texts) => {
        const batch = packBranches(texts);
        const every = Int32Array.from(batch.ids, (_, index) => index);
        const found = tf.tidy(() => network.branchedLogits?.(batch, every).arraySync()) ?? [];
        texts.forEach((each, row) => {
          let at = row * batch.length + each.stem.length;
          for (const branch of each.branches) {
            const expected = alone(each, branch);
            const rows = [...each.stem.keys()].map((i) => row * batch.length + i).concat([...branch.keys()].map((i) => at + i));
            at += branch.length;
            const scale = Math.max(...expected.flat().map(Math.abs));
            const worst = rows.flatMap((place, i) =>
              (expected[i] ?? []).map((value, j) => Math.abs(value - (found[place]?.[j] ?? Number.NaN))),
            );
            expect(Math.max(...worst) / scale).toBeLessThan(2e-5);
          }
        });
      }),
      { numRuns: 6 },
    );
    network.dispose();
  });
});
