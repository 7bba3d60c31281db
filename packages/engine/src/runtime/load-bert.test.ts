import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodeFromF32, writeSafetensors } from "../formats/index.ts";
import { selectBackend } from "./backend.ts";
import { readTensorFile } from "./checkpoint-tensors.ts";
import { loadBert } from "./load-bert.ts";
import type { TensorValues } from "./parameters.ts";
import { saveBert } from "./save-bert.ts";

const golden = join(import.meta.dirname, "golden");
let dir = "";
beforeAll(async () => void (await selectBackend("ort")));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "bert-"));
  await cp(join(golden, "classification"), dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function rewrite(
  change: (tensors: Map<string, TensorValues>) => void,
  { dtype = "F32" as const, metadata = {} }: { dtype?: "F32" | "BF16" | "F16"; metadata?: Record<string, string> } = {},
): Promise<void> {
  const file = join(dir, "model.safetensors");
  const tensors = new Map<string, TensorValues>();
  await readTensorFile(file, () => true, tensors);
  change(tensors);
  const chunks: Uint8Array[] = [];
  const data = [...tensors].map(([name, { shape, values }]) => ({ name, dtype, shape, data: encodeFromF32(dtype, values) }));
  await writeSafetensors({ write: (bytes) => void chunks.push(bytes) }, data, new Map(Object.entries(metadata)));
  await writeFile(file, Buffer.concat(chunks));
}

test("what was saved is loaded again, names, values and configuration", async () => {
  const model = await loadBert(dir, { head: "classification" });
  const copy = join(dir, "copy");
  await saveBert(copy, model, { labels: ["a", "b", "c"], metadata: { note: "x" } });
  const again = await loadBert(copy, { head: "classification" });
  expect(again.parameters.names).toEqual(model.parameters.names);
  for (const name of model.parameters.names) expect(again.parameters.values(name)).toEqual(model.parameters.values(name));
  const config = JSON.parse(await readFile(join(copy, "config.json"), "utf8"));
  expect(config).toMatchObject({
    architectures: ["BertForSequenceClassification"],
    id2label: { 1: "b" },
    label2id: { b: 1 },
    hidden_size: 24,
  });
  const metadata = await readTensorFile(join(copy, "model.safetensors"), () => false, new Map());
  expect(Object.fromEntries(metadata)).toEqual({ format: "pt", note: "x" });
});

test("F16 and BF16 are widened", async () => {
  const wide = await loadBert(dir);
  await rewrite(() => {}, { dtype: "BF16" });
  const narrow = await loadBert(dir);
  const name = "bert.pooler.dense.weight";
  narrow.parameters.values(name).forEach((value, index) => {
    const exact = wide.parameters.values(name)[index] ?? 0;
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) / 256);
  });
});

test("shards are read through their index", async () => {
  const whole = await loadBert(dir);
  await cp(join(dir, "model.safetensors"), join(dir, "model-00001-of-00001.safetensors"));
  await rm(join(dir, "model.safetensors"));
  const index = (shard: unknown) =>
    writeFile(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: { x: shard } }));
  await index("model-00001-of-00001.safetensors");
  const sharded = await loadBert(dir);
  expect(sharded.parameters.values("bert.pooler.dense.bias")).toEqual(whole.parameters.values("bert.pooler.dense.bias"));
  await index("../model.safetensors");
  await expect(loadBert(dir)).rejects.toThrow('"../model.safetensors" is not the name of a file in the same folder');
});

test("the head comes from another folder, the trunk from its own", async () => {
  const trunk = join(golden, "masked-language");
  const model = await loadBert(trunk, { head: "classification", headFrom: dir });
  const head = await loadBert(dir, { head: "classification" });
  expect(model.parameters.values("classifier.weight")).toEqual(head.parameters.values("classifier.weight"));
  expect(model.parameters.values("bert.pooler.dense.weight")).toEqual(
    (await loadBert(trunk)).parameters.values("bert.pooler.dense.weight"),
  );
});

test("a fresh head starts from the seed, and only when there is one", async () => {
  await rewrite((tensors) => {
    tensors.delete("classifier.weight");
    tensors.delete("classifier.bias");
  });
  await expect(loadBert(dir, { head: "classification" })).rejects.toThrow(`${dir} has no tensor "classifier.weight"`);
  await expect(loadBert(dir, { head: "classification", labels: 5 })).rejects.toThrow('has no tensor "classifier.weight"');
  const [first, again] = await Promise.all([1, 1].map((seed) => loadBert(dir, { head: "classification", labels: 5, seed })));
  expect(first?.parameters.shape("classifier.weight")).toEqual([5, 24]);
  expect(first?.parameters.values("classifier.weight")).toEqual(again?.parameters.values("classifier.weight"));
});

describe("a folder that is not a model is refused, with the thing at fault", () => {
  test("a missing tensor", async () => {
    await rewrite((tensors) => tensors.delete("bert.encoder.layer.1.output.dense.bias"));
    await expect(loadBert(dir, { seed: 1 })).rejects.toThrow(`${dir} has no tensor "bert.encoder.layer.1.output.dense.bias"`);
  });

  test("a tensor of another shape", async () => {
    await rewrite((tensors) => tensors.set("bert.pooler.dense.bias", { shape: [3], values: new Float32Array(3) }));
    await expect(loadBert(dir)).rejects.toThrow(
      `tensor "bert.pooler.dense.bias" has shape [3]; ${join(dir, "config.json")} asks for [24]`,
    );
  });

  test("a task vector", async () => {
    await rewrite(() => {}, { metadata: { "amalgam.space": "delta" } });
    await expect(loadBert(dir)).rejects.toThrow("holds a task vector");
  });

  test("no config, a config that is not JSON, no weights, weights that are cut", async () => {
    await writeFile(join(dir, "model.safetensors"), (await readFile(join(dir, "model.safetensors"))).subarray(0, 5000));
    await expect(loadBert(dir)).rejects.toThrow();
    await rm(join(dir, "model.safetensors"));
    await expect(loadBert(dir)).rejects.toThrow(`${dir} has neither model.safetensors nor model.safetensors.index.json`);
    await writeFile(join(dir, "config.json"), "{");
    await expect(loadBert(dir)).rejects.toThrow(`${join(dir, "config.json")} is not JSON`);
    await rm(join(dir, "config.json"));
    await expect(loadBert(dir)).rejects.toThrow(`${join(dir, "config.json")} is missing`);
  });
});
