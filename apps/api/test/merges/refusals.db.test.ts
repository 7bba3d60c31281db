import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { safetensors, tinyCheckpoint } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { pushReady, requestMerge } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  const worker = await openWorker(stack);
  const weights = (name: string, shape: number[], dtype: "F32" | "F16" = "F32") =>
    safetensors([{ name, shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1), dtype }]);
  const only = async (bytes: Promise<Uint8Array>) => new Map([["model.safetensors", await bytes]]);
  await pushReady(client, "acme/base", await tinyCheckpoint(1), { kind: "BASE" });
  await pushReady(client, "acme/a", await tinyCheckpoint(2));
  await pushReady(client, "acme/b", await tinyCheckpoint(3));
  await pushReady(client, "acme/twin", await tinyCheckpoint(2));
  await pushReady(client, "acme/w", await only(weights("w", [4])));
  await pushReady(client, "acme/w-shape", await only(weights("w", [2, 2])));
  await pushReady(client, "acme/w-name", await only(weights("v", [4])));
  await pushReady(client, "acme/w-type", await only(weights("w", [4], "F16")));
  await pushReady(
    client,
    "acme/delta",
    await only(safetensors([{ name: "w", shape: [4], values: [1, 1, 1, 1] }], { "amalgam.space": "delta" })),
    { kind: "TASK_VECTOR" },
  );
  await worker.close();
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

const parents = (...names: string[]) => names.map((model) => ({ model }));
const linear = (...names: string[]) => ({ method: "linear", parents: parents(...names) });
const task = (...names: string[]) => ({ method: "task_arithmetic", base: "acme/base", parents: parents(...names) });

type Refused = readonly [what: string, recipe: unknown, code: string, path: string, message: RegExp];

const refused: readonly Refused[] = [
  ["an unknown method", { method: "magic", parents: parents("acme/a") }, "METHOD_UNKNOWN", "recipe.method", /magic.*linear/],
  ["an unknown key", { ...linear("acme/a"), weigths: 1 }, "KEY_UNKNOWN", "recipe.weigths", /weigths/],
  [
    "an unknown key of a parent",
    { method: "linear", parents: [{ model: "acme/a", weigth: 1 }] },
    "KEY_UNKNOWN",
    "recipe.parents.0.weigth",
    /weigth/,
  ],
  [
    "an unknown parameter",
    { ...linear("acme/a"), parameters: { lambda: 1 } },
    "KEY_UNKNOWN",
    "recipe.parameters.lambda",
    /lambda/,
  ],
  [
    "__proto__ as a key",
    JSON.parse('{"method":"linear","parents":[{"model":"acme/a"}],"__proto__":{"x":1}}'),
    "KEY_UNKNOWN",
    "recipe.__proto__",
    /__proto__/,
  ],
  [
    "a coefficient that is text",
    { method: "linear", parents: [{ model: "acme/a", weight: "1" }] },
    "VALUE_INVALID",
    "recipe.parents.0.weight",
    /number/,
  ],
  [
    "a coefficient NaN",
    { method: "linear", parents: [{ model: "acme/a", weight: "NaN" }] },
    "VALUE_INVALID",
    "recipe.parents.0.weight",
    /number/,
  ],
  [
    "a coefficient of 1e308",
    { method: "linear", parents: [{ model: "acme/a", weight: 1e308 }] },
    "VALUE_INVALID",
    "recipe.parents.0.weight",
    /1000000/,
  ],
  ["no parents", { method: "linear", parents: [] }, "VALUE_INVALID", "recipe.parents", /at least one parent/],
  ["one parent for slerp", { method: "slerp", parents: parents("acme/a") }, "PARENT_COUNT", "recipe.parents", /exactly 2/],
  ["no base", { method: "task_arithmetic", parents: parents("acme/a") }, "BASE_MISSING", "recipe.base", /base/],
  ["the same parent twice", linear("acme/a", "acme/a"), "PARENT_TWICE", "recipe.parents.1.model", /listed twice/],
  [
    "the same parent by two names",
    linear("acme/a", "acme/a@1"),
    "PARENT_TWICE",
    "recipe.parents.1.model",
    /acme\/a@1.*listed twice/,
  ],
  [
    "the same bytes by two models",
    linear("acme/a", "acme/twin"),
    "PARENT_TWICE",
    "recipe.parents.1.model",
    /acme\/twin@1.*listed twice/,
  ],
  ["a parent that does not exist", linear("acme/a", "acme/nobody@7"), "NOT_FOUND", "recipe.parents.1.model", /acme\/nobody@7/],
  ["a path for a parent", linear("acme/a", "../../etc/passwd"), "NOT_FOUND", "recipe.parents.1.model", /etc\/passwd/],
  ["an address for a parent", linear("acme/a", "file:///etc/passwd"), "REFERENCE_REFUSED", "recipe.parents.1.model", /file:/],
  ["a bucket for a base", { ...task("acme/a"), base: "s3://bucket/key" }, "REFERENCE_REFUSED", "recipe.base", /s3:/],
  [
    "an address on Hugging Face",
    linear("acme/a", "https://huggingface.co/org/name"),
    "REFERENCE_REFUSED",
    "recipe.parents.1.model",
    /org\/name/,
  ],
  [
    "an adapter beside a parent",
    { method: "linear", parents: [{ model: "acme/a", adapter: "acme/lora@1" }, { model: "acme/b" }] },
    "ADAPTER_UNSUPPORTED",
    "recipe.parents.0.adapter",
    /acme\/lora@1.*amalgam merge/,
  ],
  ["an adapter behind a +", linear("acme/a+acme/lora"), "ADAPTER_UNSUPPORTED", "recipe.parents.0.adapter", /acme\/lora/],
  [
    "an adapter of the base",
    { ...task("acme/a"), baseAdapter: "acme/lora" },
    "ADAPTER_UNSUPPORTED",
    "recipe.baseAdapter",
    /acme\/lora/,
  ],
  [
    "a tokenizer made of several where there is none",
    { ...linear("acme/a", "acme/b"), tokenizer: { source: "union" } },
    "TOKENIZER_MISSING",
    "recipe.parents.0",
    /acme\/a@1 has no tokenizer files/,
  ],
  ["several steps", [linear("acme/a"), linear("acme/b")], "STAGES_UNSUPPORTED", "recipe", /one recipe.*amalgam merge/],
  [
    "masks of several tasks",
    { method: "emr", base: "acme/base", parents: parents("acme/a", "acme/b") },
    "METHOD_UNSUPPORTED",
    "recipe.method",
    /masks of several tasks/,
  ],
  [
    "a density above 1",
    { ...task("acme/a"), method: "ties", parents: [{ model: "acme/a", density: [0.5, 1.5] }] },
    "VALUE_INVALID",
    "recipe.parents.0.density.1",
    /1/,
  ],
  [
    "layers of a model that has none",
    { method: "passthrough", slices: [{ sources: [{ model: "acme/a", layers: [0, 1] }] }] },
    "SLICES_UNSUPPORTED",
    "recipe.slices",
    /acme\/a@1 has no numbered layers/,
  ],
  [
    "tensors of another shape",
    linear("acme/w", "acme/w-shape"),
    "SHAPE_MISMATCH",
    "recipe.parents.1",
    /Tensor w .*\[2, 2\] in acme\/w-shape@1.*\[4\] in acme\/w@1/,
  ],
  [
    "tensors of another name",
    linear("acme/w", "acme/w-name"),
    "TENSOR_MISSING",
    "recipe.parents.1",
    /Tensor w is in acme\/w@1 but not in acme\/w-name@1/,
  ],
  [
    "tensors of another type",
    linear("acme/w", "acme/w-type"),
    "DTYPE_MISMATCH",
    "recipe.parents.1",
    /Tensor w is F16 in acme\/w-type@1/,
  ],
  [
    "a task vector where weights are expected",
    linear("acme/w", "acme/delta"),
    "SPACE_MISMATCH",
    "recipe.parents.1",
    /acme\/delta@1 is a task vector/,
  ],
  [
    "everything excluded",
    { ...linear("acme/a", "acme/b"), exclude: ["*"] },
    "NOTHING_TO_MERGE",
    "recipe.exclude",
    /nothing to merge/,
  ],
  ["a dtype there is not", { ...linear("acme/a", "acme/b"), dtype: "F8" }, "VALUE_INVALID", "recipe.dtype", /F32/],
  ["text for a recipe", "method: linear", "VALUE_INVALID", "recipe", /object/],
  ["null for a recipe", null, "", "", /JSON/],
];

test.each(refused.slice(0, -1))(
  "%s is refused by the check and by the request, with its place",
  async (_what, recipe, code, path, message) => {
    const check = await client.ask<{
      ok: boolean;
      identity: string | null;
      faults: { code: string; message: string; path: string[] }[];
    }>("query ($recipe: JSON!) { checkMerge(recipe: $recipe) { ok identity faults { code message path } } }", { recipe });
    expect(check).toMatchObject({ ok: false, identity: null });
    expect([check.faults[0]?.code, check.faults[0]?.path.join(".")]).toEqual([code, path]);
    expect(check.faults[0]?.message).toMatch(message);
    const { faults } = await requestMerge(client, { namespace: "acme", name: "out", recipe });
    expect(faults).toEqual(check.faults);
  },
);

test("after all that, no version, no run and no job was made", async () => {
  const { db } = stack.deps;
  expect(await db.run.count({ where: { kind: "MERGE" } })).toBe(0);
  expect(await db.model.count({ where: { name: "out" } }), "a refused merge makes no model").toBe(0);
});

test("a recipe of null is no recipe", async () => {
  expect(
    (await client.graphql("query ($recipe: JSON!) { checkMerge(recipe: $recipe) { ok } }", { recipe: null })).errors,
  ).toHaveLength(1);
});

test("a good request makes the model of its result, once", async () => {
  const input = { namespace: "acme", name: "blend", recipe: linear("acme/a", "acme/b") };
  const [first, second] = await Promise.all([requestMerge(client, input), requestMerge(client, input)]);
  expect([first?.faults, second?.faults]).toEqual([undefined, undefined]);
  expect(await stack.deps.db.model.count({ where: { namespace: "acme", name: "blend" } })).toBe(1);
  expect(await stack.deps.db.run.count({ where: { kind: "MERGE" } })).toBe(1);
});
