import { beforeAll, expect, test } from "vitest";
import { safetensors } from "../support/checkpoints.ts";
import { pushReady, requestMerge, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const { client } = await serve();

/** Two layers and an embedding, every value `scale`. */
async function layered(scale: number): Promise<Map<string, Uint8Array>> {
  const tensor = (name: string) => ({ name, shape: [2, 2], values: [scale, scale, scale, scale] });
  const names = ["model.embed_tokens.weight", "model.layers.0.mlp.weight", "model.layers.1.mlp.weight"];
  const config = { architectures: ["TinyForCausalLM"], num_hidden_layers: 2 };
  return new Map<string, Uint8Array>([
    ["config.json", Buffer.from(JSON.stringify(config))],
    ["model.safetensors", await safetensors(names.map(tensor))],
  ]);
}

beforeAll(async () => {
  await pushReady(client, "rich/base", await layered(1), { kind: "BASE" });
  await pushReady(client, "rich/a", await layered(2), { aliases: ["champion"] });
  await pushReady(client, "rich/b", await layered(5));
});

interface Merged {
  readonly recipe: Record<string, unknown>;
  readonly parents: readonly { readonly coefficient: number | null; readonly parent: { readonly ref: string } }[];
  readonly tensors: {
    readonly edges: readonly { readonly node: { readonly name: string; readonly min: number; readonly max: number } }[];
  };
}

async function merge(name: string, recipe: unknown): Promise<Merged> {
  const asked = await requestMerge(client, { namespace: "rich", name, recipe });
  expect(asked.faults).toBeUndefined();
  expect(await runEnded(client, asked.run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", failure: null });
  return client.ask<Merged>(
    `query ($ref: String!) { version(ref: $ref) { recipe parents { coefficient parent { ref } }
       tensors(first: 20) { edges { node { name min max } } } } }`,
    { ref: `rich/${name}` },
  );
}

const valuesOf = ({ tensors }: Merged) =>
  Object.fromEntries(tensors.edges.map(({ node }) => [node.name.replace(/^model\./, ""), node.max]));

test("a setting that varies over the layers is kept in the recipe, and has no coefficient in the lineage", async () => {
  const merged = await merge("gradient", {
    method: "task_arithmetic",
    base: "rich/base",
    parents: [{ model: "rich/a@champion", weight: [0, 1] }, { model: "rich/b" }],
    parameters: { lambda: 1 },
  });
  expect(merged.recipe).toMatchObject({
    base: "rich/base@1",
    parents: [
      { model: "rich/a@1", weight: [0, 1] },
      { model: "rich/b@1", weight: 1 },
    ],
  });
  expect(merged.parents).toEqual([
    { coefficient: null, parent: { ref: "rich/a@1" } },
    { coefficient: 1, parent: { ref: "rich/b@1" } },
    { coefficient: null, parent: { ref: "rich/base@1" } },
  ]);
  // base 1 + (b − base) 4 + weight·(a − base) 1
  expect(valuesOf(merged)).toMatchObject({ "layers.0.mlp.weight": 5, "layers.1.mlp.weight": 6 });
});

test("slices are stacked, their refs pinned wherever they stand", async () => {
  const layers = (model: string, from: number, to: number) => ({ sources: [{ model, layers: [from, to] }] });
  const merged = await merge("stacked", {
    method: "passthrough",
    slices: [layers("rich/a@champion", 0, 2), layers("rich/b", 1, 2)],
  });
  expect(merged.recipe).toMatchObject({
    parents: [{ model: "rich/a@1" }, { model: "rich/b@1" }],
    slices: [{ sources: [{ model: "rich/a@1", layers: [0, 2] }] }, { sources: [{ model: "rich/b@1", layers: [1, 2] }] }],
  });
  expect(merged.parents.map(({ coefficient }) => coefficient)).toEqual([null, null]);
  expect(valuesOf(merged)).toEqual({
    "embed_tokens.weight": 2,
    "layers.0.mlp.weight": 2,
    "layers.1.mlp.weight": 2,
    "layers.2.mlp.weight": 5,
  });
});

test("parents carry more than a weight", async () => {
  const merged = await merge("trimmed", {
    method: "ties",
    base: "rich/base",
    parents: [
      { model: "rich/a", weight: 0.5, density: [{ filter: "mlp", value: 1 }, { value: 0.5 }] },
      { model: "rich/b", density: 1 },
    ],
  });
  expect(merged.recipe).toMatchObject({
    parents: [
      { model: "rich/a@1", weight: 0.5, density: [{ filter: "mlp", value: 1 }, { value: 0.5 }] },
      { model: "rich/b@1", weight: 1, density: 1 },
    ],
  });
});

test("a merge that goes on from an earlier one finds the state that it left", async () => {
  await pushReady(client, "rich/c", await layered(3));
  const arrivals = (...names: string[]) => ({
    method: "opcm",
    base: "rich/base",
    parents: names.map((name) => ({ model: `rich/${name}` })),
  });
  await merge("first", arrivals("a", "b"));
  await merge("second", arrivals("first", "c"));
  const { files } = await client.ask<{ files: { path: string; downloadPath: string }[] }>(
    '{ version(ref: "rich/second") { files { path downloadPath } } }',
  );
  const state = files.find(({ path }) => path === "opcm.json");
  expect(await (await client.fetch(state?.downloadPath ?? "")).json()).toMatchObject({ count: 3 });
});

test("methods tell their family, their base and what each parent may say", async () => {
  const methods = await client.ask<readonly Record<string, unknown>[]>(
    "{ mergeMethods { name family isAvailable base needsBase perParentWeight defaultWeight parametersSchema parentParametersSchema } }",
  );
  const find = (name: string) => methods.find((each) => each["name"] === name);
  expect(find("linear")).toMatchObject({ family: "average", base: "NONE", needsBase: false, perParentWeight: true });
  expect(find("nuslerp")).toMatchObject({ family: "sphere", base: "OPTIONAL", needsBase: false });
  expect([find("ties")?.["isAvailable"], find("emr")?.["isAvailable"]]).toEqual([true, false]);
  expect(find("ties")).toMatchObject({
    family: "sparse",
    base: "REQUIRED",
    needsBase: true,
    defaultWeight: 1,
    parentParametersSchema: { properties: { weight: { default: 1 }, density: { minimum: 0, maximum: 1 } } },
    parametersSchema: { properties: { lambda: { default: 1 } } },
  });
});
