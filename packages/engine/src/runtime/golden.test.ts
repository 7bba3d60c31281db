import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BackendName, selectBackend } from "./backend.ts";
import type { BertModel } from "./bert.ts";
import type { BertHead } from "./bert-shapes.ts";
import { readJson, readTensorFile } from "./checkpoint-tensors.ts";
import { withGradients } from "./gradients.ts";
import { loadBert } from "./load-bert.ts";
import { classificationLoss, maskedLanguageLoss } from "./losses.ts";
import type { TensorValues } from "./parameters.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";

/** Written by scripts/golden/bert.py from Hugging Face transformers in float64. */
const golden = join(import.meta.dirname, "golden");
const expected = new Map<string, TensorValues>();
const inputs = (await readJson(join(golden, "inputs.json"))) as Record<"labels" | "positions" | "targets", number[]> & {
  sequences: number[][];
};
const batch = padBatch(inputs.sequences);
const [labels, positions, targets] = [inputs.labels, inputs.positions, inputs.targets].map((ids) => Int32Array.from(ids)) as [
  Int32Array,
  Int32Array,
  Int32Array,
];

beforeAll(async () => {
  await readTensorFile(join(golden, "expected.safetensors"), () => true, expected);
});

function expectClose(name: string, values: ArrayLike<number>, isUsed: (index: number) => boolean = () => true): void {
  const wanted = expected.get(name)?.values ?? new Float32Array(0);
  expect(values.length, name).toBe(wanted.length);
  const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.05);
  wanted.forEach((value, index) => {
    if (isUsed(index)) expect(Math.abs((values[index] ?? Number.NaN) - value), `${name}[${index}]`).toBeLessThan(2e-5 * scale);
  });
}

function expectGradients(prefix: string, model: BertModel, loss: () => tf.Scalar): void {
  withGradients(model.parameters, model.parameters.names, loss, (value, gradients) => {
    expectClose(`${prefix}.loss`, value.dataSync());
    const known = [...expected.keys()].filter((name) => name.startsWith(`${prefix}.gradient.`));
    expect(known.length).toBeGreaterThan(30);
    for (const name of known) {
      const gradient = gradients.get(name.slice(`${prefix}.gradient.`.length));
      expectClose(name, gradient?.dataSync() ?? []);
    }
  });
}

describe.each(["ort", "cpu", "wasm"] satisfies BackendName[])(
  "BERT on %s gives the numbers of Hugging Face transformers",
  (backend) => {
    beforeAll(async () => {
      await selectBackend(backend);
    });

    let model: BertModel | null = null;
    const load = async (folder: string, head: BertHead = "none"): Promise<BertModel> => {
      model = await loadBert(join(golden, folder), { head });
      return model;
    };
    afterEach(() => model?.dispose());

    test("hidden states and pooled output, of a bare BertModel, under padding", async () => {
      const { hidden, pooled } = (await load("bare")).encode(batch);
      expectClose("pooled", await pooled.data());
      const width = hidden.shape[1];
      const isPadding = (row: number) => row % batch.length >= (batch.lengths[Math.floor(row / batch.length)] ?? 0);
      expectClose("hidden", await hidden.data(), (index) => !isPadding(Math.floor(index / width)));
      tf.dispose([hidden, pooled]);
    });

    test("masked-language logits, loss and every gradient", async () => {
      const masked = await load("masked-language", "masked-language");
      const logits = tf.tidy(() => masked.maskedLogits(masked.encode(batch), positions));
      expectClose("masked.logits", await logits.data());
      logits.dispose();
      expectGradients("masked", masked, () => maskedLanguageLoss(masked, masked.encode(batch), { positions, labels: targets }));
    });

    test("classification logits, loss and every gradient", async () => {
      const classifier = await load("classification", "classification");
      const logits = tf.tidy(() => classifier.classLogits(classifier.encode(batch)));
      expectClose("class.logits", await logits.data());
      logits.dispose();
      expectGradients("class", classifier, () => classificationLoss(classifier, classifier.encode(batch), labels));
    });
  },
);
