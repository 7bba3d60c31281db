import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readCheckpointTensors } from "../src/runtime/checkpoint-tensors.ts";
import { openNetwork, selectBackend } from "../src/runtime/index.ts";
import { saveTensors } from "../src/runtime/save-tensors.ts";
import { diagonalFisher } from "../src/statistics/index.ts";
import { goldenFolder } from "./parity.ts";

let folder = "";
beforeAll(() => selectBackend("ort"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "statistics-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A golden decoder with a classification head of 3 labels. */
async function withHead(name: string): Promise<string> {
  await cp(join(goldenFolder, name), folder, { recursive: true });
  const { tensors } = await readCheckpointTensors(folder);
  const width = tensors.get("model.norm.weight")?.shape[0] ?? 0;
  const score = { shape: [3, width], values: Float32Array.from({ length: 3 * width }, (_, index) => Math.sin(index * 78.233)) };
  await saveTensors(join(folder, "model.safetensors"), [...tensors, ["score.weight", score]], new Map());
  return folder;
}

const examples = [
  { input: [7, 12, 30, 24, 9], label: 0 },
  { input: [29, 5, 8], label: 2 },
  { input: [5, 1, 17, 2], label: 1 },
];

test.each([
  ["mixtral", withHead],
  ["mistral", withHead],
  ["gpt2-classification", (name: string) => join(goldenFolder, name)],
  ["llama-classification", (name: string) => join(goldenFolder, name)],
])("%s: Fisher information by taps in the layers is that of the loop over examples", async (name, find) => {
  const network = await openNetwork(await find(name), { head: "classification" });
  const estimator = { kind: "exact" } as const;
  const byTaps = await diagonalFisher(network, examples, { estimator });
  const byLoop = await diagonalFisher(network, examples, { estimator, by: "loop" });
  expect(byTaps.passes).toBeLessThan(byLoop.passes);
  expect([...byTaps.values.keys()]).toEqual([...byLoop.values.keys()]);
  for (const [tensor, wanted] of byLoop.values) {
    const scale = wanted.reduce((largest, value) => Math.max(largest, value), 1e-12);
    byTaps.values.get(tensor)?.forEach((value, index) => {
      expect(Math.abs(value - (wanted[index] ?? Number.NaN)) / scale, tensor).toBeLessThan(1e-4);
    });
  }
  network.dispose();
});
