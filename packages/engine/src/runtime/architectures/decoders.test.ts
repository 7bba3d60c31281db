import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { goldenLogits, openGolden, readGolden } from "../../../test/parity.ts";
import { selectBackend } from "../backend.ts";
import { withGradients } from "../gradients.ts";
import type { TextNetwork } from "../network.ts";
import { tf } from "../tf.ts";
import { padBatch } from "../token-batch.ts";

beforeAll(() => selectBackend("ort"));
let network: TextNetwork | null = null;
afterEach(() => {
  network?.dispose();
  network = null;
});

async function open(name: string): Promise<TextNetwork> {
  const opened = await openGolden(await readGolden(name));
  if (opened.input !== "tokens") throw new Error("not a text network");
  network = opened;
  return opened;
}

const logitsOf = (model: TextNetwork, sequences: number[][], positions?: number[]): number[] =>
  tf.tidy(() => [...model.logits(padBatch(sequences), positions && Int32Array.from(positions)).dataSync()]);

const decoders = ["gpt2", "llama", "llama-tied", "mistral", "qwen2", "mixtral"];

describe.each(decoders)("%s", (name) => {
  test("what follows a token, and other texts of the batch, do not change its scores", async () => {
    const model = await open(name);
    const alone = logitsOf(model, [[4, 8, 15]], [2]);
    const others = [[4, 8, 15, 16, 23, 2], [1]];
    logitsOf(model, others, [2]).forEach((value, index) => {
      expect(Math.abs(value - (alone[index] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  });

  test("without positions every token is scored, row after row", async () => {
    const model = await open(name);
    expect(logitsOf(model, [[4, 8, 15], [7]])).toEqual(logitsOf(model, [[4, 8, 15], [7]], [0, 1, 2, 3, 4, 5]));
  });

  test("a text beyond the positions is refused, and a token beyond the vocabulary", async () => {
    const model = await open(name);
    const long = new Array<number>(model.maxLength + 1).fill(1);
    expect(() => logitsOf(model, [long])).toThrow(`A text of ${long.length} tokens does not fit the model's ${model.maxLength}`);
    expect(() => logitsOf(model, [[model.vocabularySize]])).toThrow("is outside a table of 31 rows");
  });
});

test.each<[name: string, steps: number]>([
  ["llama", 1000],
  ["gpt2", 50],
  ["mixtral", 50],
])(
  "forward and backward passes of %s leave no tensor behind, %i times",
  async (name, steps) => {
    const model = await open(name);
    const { inputs } = await readGolden(name);
    const labels = Int32Array.from(inputs.labels);
    const counts = new Set<number>();
    for (let step = 0; step < steps; step++) {
      withGradients(
        model.parameters,
        model.parameters.names,
        () => softmaxCrossEntropy(goldenLogits(model, inputs), labels),
        (_, gradients) => expect(gradients.size).toBe(model.parameters.names.length),
      );
      counts.add(tf.memory().numTensors);
    }
    expect(counts.size).toBe(1);
  },
  60_000,
);
