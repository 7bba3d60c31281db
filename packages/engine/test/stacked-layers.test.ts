import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fileSource, readHeader } from "../src/formats/index.ts";
import { mergeToFolder, parseRecipeText } from "../src/merge/index.ts";
import { tensorOf, writeFolder } from "./checkpoints.ts";

const layers = 4;
const names = [
  "model.embed_tokens.weight",
  ...Array.from({ length: layers }, (_, i) => `model.layers.${i}.mlp.weight`),
  "model.norm.weight",
  "lm_head.weight",
];
const modelOf = (seed: number) => names.map((name) => tensorOf({ name, dtype: "F32", shape: [4, 8] }, seed));
const config = {
  architectures: ["LlamaForCausalLM"],
  num_hidden_layers: layers,
  layer_types: ["full", "sliding", "full", "sliding"],
  tie_word_embeddings: false,
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-stack-"));
  await writeFolder(join(root, "a"), modelOf(1), { config });
  await writeFolder(join(root, "b"), modelOf(2), { config });
});
afterAll(() => rm(root, { recursive: true }));

// As in mergekit's documentation: some layers twice, from two models, each at its own scale.
const yaml = `
merge_method: passthrough
slices:
  - sources: [{model: a, layer_range: [0, 3]}]
  - sources: [{model: b, layer_range: [1, 4], parameters: {scale: 0.5}}]
dtype: float32
`;

it("stacks layers of two models, numbers them anew, and says so in config.json", async () => {
  const { recipe } = parseRecipeText(yaml);
  const outDir = join(root, "out");
  const parents = recipe.parents.map(({ model }) => join(root, model));
  await mergeToFolder({ recipe, base: null, parents, outDir, digests: "skip" });
  const written = JSON.parse(await readFile(join(outDir, "config.json"), "utf8"));
  expect(written).toMatchObject({ num_hidden_layers: 6, layer_types: ["full", "sliding", "full", "sliding", "full", "sliding"] });
  const file = join(outDir, "model.safetensors");
  const bytes = await readFile(file);
  const source = await fileSource(file);
  const { tensors } = await readHeader(source);
  await source.close();
  const valuesOf = (name: string) => {
    const found = tensors.find((tensor) => tensor.name === name);
    return new Float32Array(new Uint8Array(bytes.subarray(found?.begin, found?.end)).buffer);
  };
  const from = (seed: number, name: string, scale = 1) => {
    const data = modelOf(seed).find((tensor) => tensor.name === name)?.data ?? new Uint8Array();
    return new Float32Array(new Uint8Array(data).buffer).map((value) => Math.fround(value * scale));
  };
  expect(tensors).toHaveLength(9);
  expect(valuesOf("model.embed_tokens.weight")).toEqual(from(1, "model.embed_tokens.weight"));
  expect(valuesOf("model.layers.2.mlp.weight")).toEqual(from(1, "model.layers.2.mlp.weight"));
  expect(valuesOf("model.layers.3.mlp.weight")).toEqual(from(2, "model.layers.1.mlp.weight", 0.5));
  expect(valuesOf("model.layers.5.mlp.weight")).toEqual(from(2, "model.layers.3.mlp.weight", 0.5));
  expect(valuesOf("lm_head.weight")).toEqual(from(2, "lm_head.weight", 0.5));
});
