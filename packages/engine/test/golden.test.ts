import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { mergeToFolder, parseRecipe } from "../src/merge/index.ts";
import { type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const specs: readonly TensorSpec[] = [
  { name: "a", dtype: "BF16", shape: [64, 65] },
  { name: "b", dtype: "F32", shape: [9000] },
  { name: "c", dtype: "F16", shape: [5, 1001] },
  { name: "ids", dtype: "I64", shape: [12] },
];
let root: string;
let paths: string[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-golden-"));
  paths = await Promise.all(
    [1, 2, 3].map((seed) =>
      writeFolder(
        join(root, `m${seed}`),
        specs.map((spec) => tensorOf(spec, seed)),
        { config: { model_type: "x" } },
      ),
    ),
  );
});
afterAll(() => rm(root, { recursive: true }));

// The same identity gives the same bytes on every machine and every version of Node. A digest that changes here needs a new
// version of the method, or old identities would promise bytes that nobody can make again.
const golden: Readonly<Record<string, readonly [recipe: Record<string, unknown>, sha256: string]>> = {
  "linear 1": [
    {
      method: "linear",
      parents: [
        { model: "a", weight: 0.3 },
        { model: "b", weight: 0.5 },
      ],
    },
    "1c143db161340245bb26bfe98f7ea8c6c88feb475467fd196036e4c2b0e4e7b8",
  ],
  "task_arithmetic 1": [
    { method: "task_arithmetic", base: "base", parents: [{ model: "a" }, { model: "b", weight: -0.7 }] },
    "4836134e20a47e2d0a330dc49fb7f2f798a7735fbc953d236eea1e5e83cafc59",
  ],
  "slerp 1": [
    { method: "slerp", parents: [{ model: "a" }, { model: "b" }], parameters: { t: 0.37 } },
    "de6358ae7393a3dc158860491c215dbdc6ca15e7d08d64904a44eef6d03b6e09",
  ],
  "task_vector 1": [
    { method: "task_vector", base: "base", parents: [{ model: "a" }] },
    "020e030fb84d30b1b038a029d9dbae938e33fb189f0a4760e5847de7e735ed27",
  ],
};

it.each(Object.entries(golden))("%s gives the bytes it has always given", async (name, [value, sha256]) => {
  const recipe = parseRecipe(value);
  const parents = paths.slice(0, recipe.parents.length);
  const { files } = await mergeToFolder({
    recipe,
    base: recipe.base === null ? null : (paths[2] ?? ""),
    parents,
    outDir: join(root, name),
    digests: "skip",
  });
  expect(files.find(({ path }) => path === "model.safetensors")?.sha256).toBe(sha256);
});
