import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenFolder } from "../../test/parity.ts";
import { type BackendName, selectBackend } from "./backend.ts";
import type { Decoding, PairNetwork, TextNetwork } from "./network.ts";
import { openNetwork } from "./open-network.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";

const causal = ["gpt2", "llama", "llama-tied", "mistral", "qwen2", "mixtral"];
const pairs = ["t5", "flan-t5"];

/** A text that is continued: what it begins with, what follows, and at which step it is left behind. */
interface Story {
  readonly begin: readonly number[];
  readonly rest: readonly number[];
  readonly leavesAt: number;
}

const steps = 4;
const tokens = (least: number, most: number) => fc.array(fc.nat(), { minLength: least, maxLength: most });
const stories = (longest: number): fc.Arbitrary<Story[]> =>
  fc.array(
    fc.record({ begin: tokens(1, longest), rest: tokens(steps, steps), leavesAt: fc.integer({ min: 1, max: steps + 1 }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );

/** Scores of every step of a decoding, by text: what `decode` gives where a pass over the whole text gives `whole`. */
async function compare(
  decoding: Decoding,
  all: readonly Story[],
  whole: (story: Story, read: number) => tf.Tensor2D,
): Promise<void> {
  const check = async (scores: tf.Tensor2D, open: readonly Story[], read: number): Promise<void> => {
    const found = await scores.array();
    scores.dispose();
    for (const [row, story] of open.entries()) {
      const expected = tf.tidy(() => whole(story, read).arraySync()[0] ?? []);
      const scale = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - (found[row]?.[i] ?? Number.NaN))));
      expect(worst / scale).toBeLessThan(2e-5);
    }
  };
  let open = all;
  await check(decoding.first(), open, 0);
  for (let step = 1; step <= steps; step += 1) {
    const rows = Int32Array.from(open.keys()).filter((row) => (open[row]?.leavesAt ?? 0) > step);
    if (rows.length === 0) break;
    open = open.filter((_, row) => rows.includes(row));
    const next = decoding.next(
      rows,
      Int32Array.from(open, ({ rest }) => rest[step - 1] ?? 0),
    );
    await check(next, open, step);
  }
  decoding.dispose();
}

describe.each(["ort", "cpu", "wasm"] satisfies BackendName[])("a text that is continued on %s", (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  const open = async <N>(name: string): Promise<N> => (await openNetwork(join(goldenFolder, name))) as N;
  const inside = (network: TextNetwork | PairNetwork, all: readonly Story[]): Story[] =>
    all.map(({ begin, rest, leavesAt }) => {
      const known = (ids: readonly number[]): number[] => ids.map((id) => id % network.vocabularySize);
      return { begin: known(begin), rest: known(rest), leavesAt };
    });

  test.each(causal)("%s: every step has the scores of the whole text, whatever stands beside it or leaves", async (name) => {
    const network = await open<TextNetwork>(name);
    // Weights become tensors when they are first needed: many tokens come to every expert.
    network.logits(padBatch([Array.from({ length: network.maxLength }, (_, i) => i % network.vocabularySize)])).dispose();
    const before = tf.memory().numTensors;
    await fc.assert(
      fc.asyncProperty(stories(network.maxLength - steps), async (drawn) => {
        const all = inside(network, drawn);
        const decoding = network.decode?.(padBatch(all.map(({ begin }) => begin)));
        if (decoding === undefined) throw new Error(`${name} cannot be continued.`);
        await compare(decoding, all, ({ begin, rest }, read) => {
          const text = [...begin, ...rest.slice(0, read)];
          return network.logits(padBatch([text]), Int32Array.of(text.length - 1));
        });
      }),
      { numRuns: 8 },
    );
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });

  test.each(pairs)("%s: every step has the scores of the whole target, whatever stands beside it or leaves", async (name) => {
    const network = await open<PairNetwork>(name);
    network.logits({ source: padBatch([[1]]), target: padBatch([[1]]) }).dispose();
    const before = tf.memory().numTensors;
    await fc.assert(
      fc.asyncProperty(stories(8), async (drawn) => {
        const all = inside(network, drawn);
        await compare(network.decode(padBatch(all.map(({ begin }) => begin))), all, ({ begin, rest }, read) => {
          const target = [network.startToken, ...rest.slice(0, read)];
          return network.logits({ source: padBatch([begin]), target: padBatch([target]) }, Int32Array.of(target.length - 1));
        });
      }),
      { numRuns: 8 },
    );
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });

  test.each(pairs)("%s: targets that share a source score as with a source each", async (name) => {
    const network = await open<PairNetwork>(name);
    const [a, b] = [
      [3, 4, 5],
      [6, 7],
    ];
    const target = padBatch([[network.startToken, 2], [network.startToken, 9, 4], [network.startToken]]);
    const apart = tf.tidy(() => network.logits({ source: padBatch([a, b, a]), target }).arraySync());
    const shared = tf.tidy(() =>
      network.logits({ source: padBatch([a, b]), target, owners: Int32Array.of(0, 1, 0) }).arraySync(),
    );
    expect(shared).toEqual(apart);
    network.dispose();
  });
});

test("a text that outgrows the model's positions is refused", async () => {
  await selectBackend("ort");
  const network = (await openNetwork(join(goldenFolder, "gpt2"))) as TextNetwork;
  const decoding = network.decode?.(padBatch([Array.from({ length: network.maxLength }, () => 1)]));
  decoding?.first().dispose();
  expect(() => decoding?.next(Int32Array.of(0), Int32Array.of(1))).toThrow(
    `does not fit the model's ${network.maxLength} positions`,
  );
  decoding?.dispose();
  network.dispose();
});
