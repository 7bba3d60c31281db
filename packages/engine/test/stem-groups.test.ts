import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logLikelihoods } from "../src/evaluate/language/log-likelihood.ts";
import { openNetwork, selectBackend, type TextNetwork } from "../src/runtime/index.ts";
import { goldenFolder } from "./parity.ts";

let network: TextNetwork;

beforeAll(async () => {
  await selectBackend("ort");
  network = (await openNetwork(join(goldenFolder, "gpt2"))) as TextNetwork;
});
afterAll(() => network.dispose());

/** The network, and how many tokens it has read. */
function counting(canBranch: boolean): { network: TextNetwork; read: () => number } {
  let tokens = 0;
  const { branchedLogits, ...plain } = network;
  const seen = {
    ...plain,
    logits: (batch, positions) => {
      tokens += batch.ids.length;
      return network.logits(batch, positions);
    },
  } satisfies TextNetwork as TextNetwork;
  if (!canBranch || branchedLogits === undefined) return { network: seen, read: () => tokens };
  const branching: TextNetwork = {
    ...seen,
    branchedLogits: (batch, positions) => {
      tokens += batch.ids.length;
      return branchedLogits(batch, positions);
    },
  };
  return { network: branching, read: () => tokens };
}

const work = { batchTokens: 64, signal: undefined };

test("sequences with a common beginning have the likelihoods that they have apart, in any company", async () => {
  const ids = (least: number, most: number) =>
    fc.array(fc.nat(network.vocabularySize - 1), { minLength: least, maxLength: most });
  const room = Math.floor(network.maxLength / 2);
  const question = fc.record({ stem: ids(1, room), ends: fc.array(ids(1, room), { minLength: 1, maxLength: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 5 }), fc.nat(200), async (questions, batchTokens) => {
      const sequences = questions.flatMap(({ stem, ends }) =>
        ends.map((end) => ({ tokens: [...stem, ...end], from: stem.length })),
      );
      const together = await logLikelihoods(counting(true).network, sequences, { ...work, batchTokens });
      const apart = await logLikelihoods(counting(false).network, sequences, { ...work, batchTokens });
      together.forEach((sum, i) => void expect(Math.abs(sum - (apart[i] ?? 0))).toBeLessThan(1e-4 * (1 + Math.abs(sum))));
    }),
    { numRuns: 20 },
  );
});

test("a common beginning is read once", async () => {
  const stem = Array.from({ length: 6 }, (_, i) => i % network.vocabularySize);
  const sequences = [1, 2, 3, 4].map((last) => ({ tokens: [...stem, last, 0], from: stem.length }));
  const [together, apart] = [counting(true), counting(false)];
  await logLikelihoods(together.network, sequences, work);
  await logLikelihoods(apart.network, sequences, work);
  expect([together.read(), apart.read()]).toEqual([6 + 4, 4 * (6 + 1)]);
});

test("neighbours whose beginnings differ, or are scored from elsewhere, stay apart", async () => {
  const { network: seen, read } = counting(true);
  const sequences = [
    { tokens: [1, 2, 3, 4], from: 2 },
    { tokens: [1, 3, 3, 4], from: 2 },
    { tokens: [1, 2, 3, 4], from: 3 },
  ];
  await logLikelihoods(seen, sequences, work);
  expect(read()).toBe(3 * 3);
});
