import { beforeAll, describe, expect, test } from "vitest";
import { measureParity } from "../../test/parity.ts";
import { type BackendName, selectBackend } from "./backend.ts";
import { tf } from "./tf.ts";

/** Written by scripts/golden/encoders.py. */
const names = [
  "roberta-classification",
  "roberta-masked-language",
  "t5",
  "flan-t5",
  "vit",
  "clip-vision",
  "clip",
  "resnet-basic",
  "resnet-bottleneck",
  "resnet-early",
  "cnn",
];

describe.each(["ort", "cpu", "wasm"] satisfies BackendName[])("numbers of Hugging Face transformers on %s", (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  test.each(names)("%s: logits, loss and every gradient", async (name) => {
    const before = tf.memory().numTensors;
    const { logits, loss, gradients, worst } = await measureParity(name);
    expect(logits).toBeLessThan(2e-5);
    expect(loss).toBeLessThan(2e-5);
    expect(gradients, worst).toBeLessThan(2e-5);
    expect(tf.memory().numTensors).toBe(before);
  });
});
