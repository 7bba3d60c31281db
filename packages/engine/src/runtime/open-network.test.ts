import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { selectBackend } from "./backend.ts";
import { openNetwork } from "./open-network.ts";
import { saveTensors } from "./save-tensors.ts";
import { tf } from "./tf.ts";
import { padBatch } from "./token-batch.ts";

const golden = join(import.meta.dirname, "golden");
let folder = "";

beforeAll(() => selectBackend("ort"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-network-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const config = { model_type: "mlp", input_size: 2, hidden_sizes: [3], num_labels: 2 };
const tensors: [string, { shape: number[]; values: Float32Array }][] = [
  ["layers.0.weight", { shape: [3, 2], values: Float32Array.of(1, 0, 0, 1, -1, -1) }],
  ["layers.0.bias", { shape: [3], values: Float32Array.of(0, 0, 0) }],
  ["classifier.weight", { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["classifier.bias", { shape: [2], values: Float32Array.of(10, 20) }],
];

async function write(changed: object = {}, kept = tensors): Promise<void> {
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...changed }));
  await saveTensors(join(folder, "model.safetensors"), kept, new Map());
}

test("a perceptron runs from its config and tensors", async () => {
  await write();
  const network = await openNetwork(folder);
  if (network.input !== "features") throw new Error("not a table network");
  const logits = network.logits(tf.tensor2d([[2, -3]]));
  // relu([2, -3, 1]) = [2, 0, 1]
  expect([...logits.dataSync()]).toEqual([1 * 2 + 3 + 10, 4 * 2 + 6 + 20]);
  network.dispose();
});

test("BERT opens through the same door, with the tensors of a bare trunk found by their names", async () => {
  const network = await openNetwork(join(golden, "bare"), { headFrom: join(golden, "classification") });
  if (network.input !== "tokens") throw new Error("not a text network");
  const logits = network.logits(padBatch([[1, 2, 3]]));
  expect(logits.shape).toEqual([1, network.outputs]);
  network.dispose();
});

test.each([
  [
    "an unknown architecture",
    { model_type: "mamba" },
    'config.json: model_type: "mamba" is not an architecture that this program runs',
  ],
  ["no architecture", { model_type: 3 }, "config.json: model_type: missing"],
  ["code", { auto_map: { AutoModel: "evil.Model" } }, "config.json: auto_map: models that bring their own code are not run"],
  ["a hostile number", { num_labels: 1e12 }, "config.json: num_labels: "],
  ["another shape", { input_size: 5 }, 'tensor "layers.0.weight" has shape [3, 2];'],
])("%s is refused by name", async (_, changed, message) => {
  await write(changed);
  await expect(openNetwork(folder)).rejects.toThrow(message);
});

test("a missing tensor, and a head that the architecture has not, are named", async () => {
  await write({}, tensors.slice(0, 3));
  await expect(openNetwork(folder)).rejects.toThrow(`${folder} has no tensor "classifier.bias".`);
  await expect(openNetwork(folder, { head: "masked-language" })).rejects.toThrow("mlp has no masked-language head here");
});
