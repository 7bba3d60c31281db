import { join } from "node:path";
import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BackendName, selectBackend } from "./backend.ts";
import { exists, readJson, readTensorFile } from "./checkpoint-tensors.ts";
import { withGradients } from "./gradients.ts";
import type { HeadKind, Network } from "./network.ts";
import { openNetwork } from "./open-network.ts";
import type { TensorValues } from "./parameters.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";

/** Written by scripts/golden/encoders.py from Hugging Face transformers in float64. */
const golden = join(import.meta.dirname, "golden");

interface Inputs {
  readonly head: HeadKind;
  readonly labels: number[];
  readonly positions?: number[];
  readonly sequences?: number[][];
  /** Of an encoder-decoder, beside `sequences` as its sources. */
  readonly targets?: number[][];
  /** Whole numbers that stand for 1/64 each. */
  readonly images?: { readonly shape: [number, number, number, number]; readonly values: number[] };
}

function logitsOf(network: Network, { sequences = [], targets = [], images, positions }: Inputs): tf.Tensor2D {
  const rows = positions && Int32Array.from(positions);
  if (network.input === "tokens") return network.logits(padBatch(sequences), rows);
  if (network.input === "pairs") return network.logits({ source: padBatch(sequences), target: padBatch(targets) }, rows);
  if (network.input !== "images" || images === undefined) throw new Error("no images");
  return network.logits(
    tf.tensor4d(
      images.values.map((value) => value / 64),
      images.shape,
    ),
  );
}

/** The largest difference in units of the tensor's largest number, or of 0.05: what is zero, such as the gradient of a bias of keys, has no scale. */
function difference(wanted: TensorValues | undefined, values: ArrayLike<number>): number {
  if (wanted?.values.length !== values.length) return Number.POSITIVE_INFINITY;
  const scale = wanted.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.05);
  return wanted.values.reduce((largest, value, index) => {
    const error = Math.abs((values[index] ?? Number.NaN) - value) / scale;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(largest, error);
  }, 0);
}

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
  let network: Network | null = null;
  afterEach(() => network?.dispose());

  test.each(names)("%s: logits, loss and every gradient", async (name) => {
    const folder = join(golden, name);
    const inputs = (await readJson(join(folder, "inputs.json"))) as Inputs;
    const expected = new Map<string, TensorValues>();
    await readTensorFile(join(folder, "expected.safetensors"), () => true, expected);
    const head = `${folder}-head`;
    const opened = await openNetwork(folder, { head: inputs.head, ...((await exists(head)) ? { headFrom: head } : {}) });
    network = opened;
    const tensorsBefore = tf.memory().numTensors;

    const logits = tf.tidy(() => logitsOf(opened, inputs));
    expect(difference(expected.get("logits"), logits.dataSync())).toBeLessThan(2e-5);
    logits.dispose();

    const { parameters } = opened;
    const loss = () => softmaxCrossEntropy(logitsOf(opened, inputs), Int32Array.from(inputs.labels));
    withGradients(parameters, parameters.names, loss, (value, gradients) => {
      expect(difference(expected.get("loss"), value.dataSync())).toBeLessThan(2e-5);
      const wanted = [...expected.keys()].filter((key) => key.startsWith("gradient."));
      expect([...gradients.keys()].map((key) => `gradient.${key}`).sort()).toEqual(wanted.sort());
      for (const [key, gradient] of gradients) {
        expect(gradient.shape, key).toEqual(parameters.shape(key));
        expect(difference(expected.get(`gradient.${key}`), gradient.dataSync()), key).toBeLessThan(2e-5);
      }
    });
    opened.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(tensorsBefore);
  });
});
