import { beforeAll, describe, expect, test } from "vitest";
import { measureParity } from "../../test/parity.ts";
import { type BackendName, selectBackend } from "./backend.ts";
import { tf } from "./tf.ts";

/** Written by scripts/golden/decoders.py. */
const names = ["gpt2", "gpt2-classification", "llama", "llama-tied", "llama-classification", "mistral", "qwen2", "mixtral"];

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
