import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseRecipeText } from "@amalgam/engine/merge";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { writeRecipe } from "../src/local/write-recipe.ts";
import { faultsIn, here } from "./run-here.ts";
import { amalgam } from "./spawn-cli.ts";
import { type TinyTensor, tinyCheckpoint, tinyFile, weights } from "./tiny-checkpoint.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);

const layered = (scale: number): Record<string, TinyTensor> =>
  Object.fromEntries(
    ["model.embed_tokens.weight", "model.layers.0.mlp.weight", "model.layers.1.mlp.weight"].map((name) => [
      name,
      { shape: [2, 2], values: Array(4).fill(scale) as number[] },
    ]),
  );

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam recipes "));
  for (const [name, value] of [
    ["base", 1],
    ["a", 2],
    ["b", 4],
    ["c", 3],
  ] as const)
    await tinyCheckpoint(at(name), weights(value));
  for (const [name, value] of [
    ["one", 1],
    ["two", 2],
  ] as const)
    await tinyCheckpoint(at(name), layered(value));
  mkdirSync(at("lora"));
  writeFileSync(
    at("lora/adapter_config.json"),
    JSON.stringify({ peft_type: "LORA", r: 1, lora_alpha: 1, target_modules: ["mlp"] }),
  );
  const factors = {
    "base_model.model.model.layers.0.mlp.lora_A.weight": { shape: [1, 2], values: [1, 1] },
    "base_model.model.model.layers.0.mlp.lora_B.weight": { shape: [2, 1], values: [10, 10] },
  };
  writeFileSync(at("lora/adapter_model.safetensors"), await tinyFile(factors));
});

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const name of readdirSync(folder)) if (/^(out|recipe)/.test(name)) rmSync(at(name), { recursive: true });
});

const recipe = (text: string): string => {
  writeFileSync(at("recipe.yaml"), text);
  return at("recipe.yaml");
};

const jsonOf = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await here([...args, "--json"]);
  expect(outcome).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
};

/** What inspect finds: the largest value of each tensor. */
async function valuesOf(model: string): Promise<Record<string, number>> {
  const { tensors } = (await jsonOf(["inspect", at(model), "--digest"])) as {
    tensors: { name: string; norm: number; shape: number[] }[];
  };
  return Object.fromEntries(tensors.map(({ name, norm }) => [name.replace(/^model\./, ""), Math.round(norm * 1e4) / 1e4]));
}

test("check shows what became of each field of a mergekit file, and the forecast", async () => {
  const file = recipe(`merge_method: dare_ties
base_model: ./base
models:
  - {model: ./a, parameters: {weight: 0.5, density: 0.5}}
  - {model: ./b, parameters: {weight: [0.1, 0.9], density: 0.5}}
parameters: {int8_mask: true}
dtype: bfloat16
`);
  expect(await jsonOf(["check", file])).toMatchObject({
    ok: true,
    recipe: {
      method: "dare_ties",
      base: "./base",
      parents: [{ model: "./a", weight: 0.5 }, { weight: [0.1, 0.9] }],
      dtype: "BF16",
    },
    tensorCount: 2,
    writeBytes: 16,
    fidelity: expect.arrayContaining([
      { field: "merge_method", verdict: "approximated", why: expect.stringContaining("seed") },
      { field: "models[].parameters.weight", verdict: "same", why: "becomes parents[].weight." },
    ]),
  });
  const { stdout, stderr } = await here(["check", file]);
  expect(stdout).toMatch(/merge_method +approximated +which entries/);
  expect(stdout).toMatch(/memory +\d+ MB with \d+ threads?\ntime +about/);
  expect(stderr, "what the table tells is not told twice").toBe("");
});

test("what mergekit says and Amalgam does not is refused by field, all at once", async () => {
  const file = recipe(`merge_method: linear
models: [{model: a, parameters: {weight: 1, wieght: 2}}]
trust_remote_code: true
modules_to_merge: x
`);
  const outcome = await here(["check", file, "--json"]);
  expect(outcome.code).toBe(1);
  expect(
    faultsIn(outcome)
      .map(({ path: where }) => where.join("."))
      .sort(),
  ).toEqual(["models.0.parameters.wieght", "modules_to_merge", "trust_remote_code"]);
});

test("a filter, a gradient and slices reach the tensors that they mean", async () => {
  const gradient = "method: linear\nparents: [{model: one, weight: [1, 0]}, {model: two, weight: [0, 1]}]\n";
  await jsonOf(["merge", recipe(gradient), at("out")]);
  expect(await valuesOf("out")).toMatchObject({ "layers.0.mlp.weight": 2, "layers.1.mlp.weight": 4 });
  const stacked = `method: passthrough
slices:
  - sources: [{model: two, layers: [0, 2]}]
  - sources: [{model: one, layers: [1, 2]}]
`;
  expect(await jsonOf(["check", recipe(stacked)])).toMatchObject({ layers: 3, tensorCount: 4 });
  await jsonOf(["merge", at("recipe.yaml"), at("out2")]);
  expect(await valuesOf("out2")).toEqual({
    "embed_tokens.weight": 4,
    "layers.0.mlp.weight": 4,
    "layers.1.mlp.weight": 4,
    "layers.2.mlp.weight": 2,
  });
});

test("an adapter behind a + is baked in", async () => {
  const file = recipe("merge_method: linear\nmodels:\n  - {model: one+lora, parameters: {weight: 1}}\n");
  expect(await jsonOf(["check", file])).toMatchObject({ recipe: { parents: [{ model: "one", adapter: "lora" }] } });
  await jsonOf(["merge", file, at("out")]);
  expect(await valuesOf("out")).toMatchObject({ "layers.0.mlp.weight": 22, "layers.1.mlp.weight": 2 });
});

test("a server takes registered versions, which is told before it is asked", async () => {
  const folders = await here([
    "request",
    recipe("method: linear\nparents: [{model: acme/a@1}, {model: ./b}]\n"),
    "--as",
    "acme/x",
    "--json",
  ]);
  expect(faultsIn(folders)).toMatchObject([{ code: "NOT_REGISTERED", path: ["parents", "1", "model"] }]);
});

const recipes: readonly string[] = [
  "method: ties\nbase: base\nparents:\n  - {model: a, weight: 0.5, density: [0.2, 0.8]}\n  - {model: b, density: [{filter: bias, value: 0.3}, {value: 1}]}\n",
  "method: linear\nparents: [{model: a}, {model: 'odd name: #1'}, {model: 'true'}, {model: '012'}]\nseed: 7\ndtype: BF16\nexclude: ['*.bias', '~']\n",
  "method: slerp\nparents: [{model: one}, {model: two}]\nslices:\n  - sources: [{model: one, layers: [0, 1]}, {model: two, layers: [1, 2]}]\n    parameters: {t: [0, 0.5, 1]}\n",
  "method: task_arithmetic\nbase: one\nbaseAdapter: lora\nparents: [{model: two, adapter: lora, weight: -0.5}]\nchatTemplate: \"{{ 'a' }}\\n# b\"\n",
  "method: linear\nparents: [{model: a}, {model: b}]\ntokenizer: {source: union, tokens: {'<|x|>': {source: {kind: model_token, model: a, token: 'y: z'}, force: true}}, padToMultipleOf: 64}\n",
];

test.each(recipes)("a recipe is printed so that it reads back the same (%#)", (text) => {
  const { recipe: read } = parseRecipeText(text);
  expect(parseRecipeText(writeRecipe(read)).recipe).toEqual(read);
});

test("import prints the recipe of a mergekit file and the verdicts beside it", async () => {
  const text = `merge_method: ties
base_model: base
models:
  - model: a
    parameters: {weight: 0.5, density: 0.4}
  - model: b
    parameters: {weight: 1, density: [0.1, 0.9]}
parameters: {normalize: true}
dtype: float32
`;
  const imported = await here(["import", recipe(text)]);
  expect(imported.code).toBe(0);
  expect(imported.stderr).toMatch(/models\[\]\.parameters\.density +same/);
  expect(imported.stdout).toContain("  - {model: b, weight: 1, density: [0.1, 0.9]}\n");
  const { recipe: read } = parseRecipeText(imported.stdout);
  expect(read).toEqual(parseRecipeText(text).recipe);
});

test("a model of Hugging Face is found in its cache, by branch or commit, and never fetched", async () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const snapshot = ["hub", "models--Org--Name", "snapshots", commit];
  mkdirSync(at("hub", "models--Org--Name", "refs"), { recursive: true });
  writeFileSync(at("hub", "models--Org--Name", "refs", "main"), commit);
  await tinyCheckpoint(at(...snapshot), weights(6));
  const env = { HF_HUB_CACHE: at("hub") };
  for (const text of ["Org/Name", "Org/Name@main", `Org/Name@${commit}`, "Org/Name@0123456"]) {
    const { code, stdout } = await amalgam(
      ["check", recipe(`method: linear\nparents: [{model: a}, {model: ${text}}]\n`), "--json"],
      { env },
    );
    expect([text, code]).toEqual([text, 0]);
    expect(JSON.parse(stdout)).toMatchObject({ notes: [expect.stringContaining(at(...snapshot))] });
  }
  for (const text of ["Org/Name@other", "Org/Name@..", "Org/Other"]) {
    const { code, stderr } = await amalgam(["check", recipe(`method: linear\nparents: [{model: a}, {model: ${text}}]\n`)], {
      env,
    });
    const [repository, revision] = text.split("@");
    expect([text, code]).toEqual([text, 1]);
    expect(stderr).toContain(`huggingface-cli download ${repository}${revision ? ` --revision ${revision}` : ""},`);
  }
  rmSync(at("hub"), { recursive: true });
});
