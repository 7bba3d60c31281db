import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decodeToF32, encodeFromF32, fileSource, isArithmetic, readHeader, type TensorData } from "../src/formats/index.ts";
import { adapterDelta } from "../src/merge/adapters/deltas.ts";
import { type Factors, openAdapter, readFactors, writeAdapter } from "../src/merge/adapters/index.ts";
import { type MergeOptions, mergeToFolder, parseRecipe, plan, RefusedError } from "../src/merge/index.ts";
import { openModel } from "../src/merge/open-model.ts";
import { digestsOf, writeFolder } from "./checkpoints.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 120_000 });

/** References of scripts/golden: adapters that PEFT wrote, and what PEFT, mergekit and numpy make of them. */
const golden = join(import.meta.dirname, "golden/merge");

interface Case {
  readonly name: string;
  readonly operation?: string;
  readonly expected: string;
  readonly tolerance: number;
  readonly rank?: number;
  readonly adapters?: readonly { readonly adapter: string; readonly weight?: number }[];
  readonly options?: Readonly<Record<string, number>>;
}
const cases = JSON.parse(await readFile(join(golden, "cases.json"), "utf8")) as readonly Case[];
const of = (...operations: readonly string[]): readonly Case[] =>
  cases.filter(({ operation }) => operation !== undefined && operations.includes(operation));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-adapters-"));
  for (const name of ["a1", "a2", "a3"]) {
    await cp(join(golden, "adapters", name), join(root, name), { recursive: true });
    // RobustMerge's references are made before any scaling.
    await cp(join(golden, "adapters", name), join(root, `bare-${name}`), { recursive: true });
    const file = join(root, `bare-${name}`, "adapter_config.json");
    const config = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...config, lora_alpha: config.r, use_rslora: false }));
  }
  for (const model of ["base", "m1"]) {
    await mkdir(join(root, model));
    await copyFile(join(golden, `${model}.safetensors`), join(root, model, "model.safetensors"));
    await copyFile(join(golden, "config.json"), join(root, model, "config.json"));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Wanted {
  readonly method: string;
  readonly parents: readonly (string | { readonly model: string; readonly [own: string]: unknown })[];
  readonly base?: string;
  readonly [key: string]: unknown;
}

const recipeOf = ({ parents, ...rest }: Wanted) =>
  parseRecipe({ ...rest, parents: parents.map((parent) => (typeof parent === "string" ? { model: parent } : parent)) });

let runs = 0;
async function run(wanted: Wanted, options: Partial<MergeOptions> = {}) {
  runs += 1;
  const recipe = recipeOf(wanted);
  const outDir = join(root, `out-${runs}`);
  const adapters = { parents: recipe.parents.map(({ adapter }) => (adapter === undefined ? null : join(root, adapter))) };
  const paths = {
    base: recipe.base === null ? null : join(root, recipe.base),
    parents: recipe.parents.map(({ model }) => join(root, model)),
  };
  const report = await mergeToFolder({ recipe, ...paths, adapters, outDir, durable: false, digests: "skip", ...options });
  return { outDir, report, recipe, name: `out-${runs}` };
}

async function modulesOf(folder: string): Promise<Map<string, Factors>> {
  const { modules, label } = await openAdapter(folder);
  const entries = [...modules].map(async ([name, module]) => [name, await readFactors(module, label)] as const);
  return new Map(await Promise.all(entries));
}

async function readTensors(file: string): Promise<Map<string, Float32Array>> {
  const [bytes, source] = [await readFile(file), await fileSource(file)];
  const { tensors } = await readHeader(source);
  await source.close();
  return new Map(
    tensors.flatMap(({ name, dtype, begin, end }): [string, Float32Array][] =>
      isArithmetic(dtype)
        ? [[name, decodeToF32(dtype, bytes.subarray(begin, end))]]
        : dtype === "F64"
          ? [[name, Float32Array.from(new Float64Array(new Uint8Array(bytes.subarray(begin, end)).buffer))]]
          : [],
    ),
  );
}

/** max |difference| / max |expected| */
function distance(actual: Float32Array | undefined, expected: Float32Array): number {
  const largest = (values: Float32Array) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  return largest(expected.map((x, i) => x - (actual[i] ?? Number.NaN))) / largest(expected);
}

const refusal = async (work: Promise<unknown> | (() => unknown)): Promise<string> => {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return error.faults.map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`).join("\n");
  }
  throw new Error("Nothing was refused.");
};

describe("the adapter is that of the reference", () => {
  it.each(of("linear", "cat", "svd"))("$name", async ({ operation, expected, tolerance, adapters = [], options = {} }) => {
    const parameters = options["svd_rank"] === undefined ? {} : { rank: options["svd_rank"] };
    const parents = adapters.map(({ adapter, weight = 1 }) => ({ model: adapter, weight }));
    const made = await modulesOf((await run({ method: `lora_${operation}`, parents, parameters })).outDir);
    for (const [name, values] of await readTensors(join(golden, expected))) {
      const module = made.get(name);
      expect(distance(module && adapterDelta(module), values), name).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each(of("robustmerge"))("$name", async ({ expected, tolerance, adapters = [], options = {} }) => {
    const parameters = { keep: options["keep"], distinct: options["ratio"], coefficient: options["c"] };
    const parents = adapters.map(({ adapter }) => `bare-${adapter}`);
    const { outDir } = await run({ method: "robust_merge", parents, parameters });
    const made = await readTensors(join(outDir, "adapter_model.safetensors"));
    for (const [key, values] of await readTensors(join(golden, expected))) {
      const name = made.has(key) ? key : `base_model.model.${key}`;
      expect(distance(made.get(name), values), key).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each(of("extract"))("$name", async ({ expected, tolerance, rank = 0 }) => {
    const made = await modulesOf(
      (await run({ method: "lora_extract", base: "base", parents: ["m1"], parameters: { rank } })).outDir,
    );
    let compared = 0;
    for (const [name, values] of await readTensors(join(golden, expected))) {
      const module = made.get(name);
      if (module === undefined) continue;
      compared += 1;
      expect(distance(adapterDelta(module), values), name).toBeLessThanOrEqual(tolerance);
    }
    expect(compared).toBeGreaterThan(0);
  });
});

describe("what is written", () => {
  it("is a folder that PEFT can read, with manifest and card, of exactly the bytes planned", async () => {
    const seen: number[] = [];
    const wanted = { method: "lora_svd", parents: ["a1", "a3"], parameters: { rank: 6 } };
    const { outDir, report, recipe } = await run(wanted, {
      digests: undefined,
      durable: true,
      onProgress: ({ bytesRead, bytesTotal, tensorsDone, tensorsTotal }) =>
        void seen.push(bytesRead, bytesTotal, tensorsDone, tensorsTotal),
    });
    const headers = await Promise.all(["a1", "a3"].map(async (name) => (await openModel(join(root, name), null, name)).header));
    const planned = plan(recipe, { base: null, parents: headers });
    expect(report.bytesRead).toBe(planned.readBytes);
    expect(seen.slice(-4)).toEqual([planned.readBytes, planned.readBytes, planned.tensors.length, planned.tensors.length]);
    expect((await readdir(outDir)).sort()).toEqual([
      "README.md",
      "adapter_config.json",
      "adapter_model.safetensors",
      "amalgam.json",
    ]);
    const tensors = await readTensors(join(outDir, "adapter_model.safetensors"));
    expect([...tensors.values()].reduce((sum, { length }) => sum + 4 * length, 0)).toBe(planned.writeBytes);
    expect([...tensors.keys()].sort()).toEqual(planned.tensors.map(({ name }) => name).sort());
    const manifest = JSON.parse(await readFile(join(outDir, "amalgam.json"), "utf8"));
    expect(manifest).toMatchObject({
      identity: report.identity,
      method: { id: "lora_svd" },
      models: [{ role: "parent" }, { role: "parent" }],
    });
    expect(report.identity).toMatch(/^[0-9a-f]{64}$/);
    const [module] = Object.values<{ rank: number; energy: number; tailEnergy: number }>(manifest.adapter.modules);
    expect(module?.rank).toBe(6);
    expect(module?.tailEnergy).toBeGreaterThan(0);
    expect(report.notes.join()).toMatch(/The adapter holds \d+(\.\d+)? % of the squared sum/);
    expect(await readFile(join(outDir, "README.md"), "utf8")).toContain("# LoRA adapter");
    const again = await run(wanted, { threads: 3 });
    expect((await digestsOf(again.outDir))["adapter_model.safetensors"]).toBe(
      (await digestsOf(outDir))["adapter_model.safetensors"],
    );
  });

  it("can be stored as BF16, and leaves out what a glob excludes", async () => {
    const { outDir } = await run({ method: "lora_cat", parents: ["a1", "a2"], dtype: "BF16", exclude: ["*.mlp.*"] });
    const [exact, stored] = [await modulesOf(outDir), await openAdapter(outDir)];
    expect([...exact.keys()].every((name) => name.includes("q_proj"))).toBe(true);
    expect([...stored.modules.values()].every(({ a, rank }) => a.dtype === "BF16" && rank === 16)).toBe(true);
  });

  it("of an extraction with full rank, baked in again, is the fine-tuned linear weight", async () => {
    const { name, report } = await run({ method: "lora_extract", base: "base", parents: ["m1"], parameters: { rank: 64 } });
    const { outDir } = await run({ method: "passthrough", parents: [{ model: "base", adapter: name }] });
    const [back, model] = [
      await readTensors(join(outDir, "model.safetensors")),
      await readTensors(join(root, "m1", "model.safetensors")),
    ];
    const linear = [...model].filter(([key]) => /proj\.weight$/.test(key));
    expect(linear.length).toBeGreaterThan(0);
    for (const [key, values] of linear) expect(distance(back.get(key), values), key).toBeLessThan(1e-6);
    expect(report.notes.join("\n")).toMatch(/holds 100 % of the squared change/);
    expect(report.notes.join("\n")).toMatch(/no linear weights and so not in the adapter: .*embed_tokens/);
  });

  it("of an extraction with energy has the rank that is needed, at most what was planned", async () => {
    const wanted = { method: "lora_extract", base: "base", parents: ["m1"] };
    const [half, most] = await Promise.all(
      [0.5, 1].map(async (energy) => modulesOf((await run({ ...wanted, parameters: { rank: 10, energy } })).outDir)),
    );
    const ranks = (modules: Map<string, Factors> | undefined) => [...(modules ?? [])].map(([, { rank }]) => rank);
    expect(Math.max(...ranks(most))).toBeLessThanOrEqual(10);
    expect(Math.max(...ranks(half))).toBeLessThan(Math.max(...ranks(most)));
  });

  it("of an adapter baked into its model is that adapter", async () => {
    const { outDir } = await run({
      method: "lora_extract",
      base: "base",
      parents: [{ model: "base", adapter: "a1" }],
      parameters: { rank: 8 },
    });
    const [back, a1] = [await modulesOf(outDir), await modulesOf(join(root, "a1"))];
    for (const [name, factors] of a1)
      expect(distance(back.get(name) && adapterDelta(back.get(name) as Factors), adapterDelta(factors)), name).toBeLessThan(1e-5);
  });
});

describe("what cannot be merged is refused before anything is written", () => {
  const linear = { method: "lora_linear", parents: ["a1", "a2"] };

  it("ranks that differ, with advice", async () => {
    expect(await refusal(run({ ...linear, parents: ["a1", "a3"] }))).toMatch(
      /^ADAPTER_RANK_MISMATCH method: Module model\.layers\.0\.mlp\.down_proj\.weight has rank 8 in a1, 4 in a3: LoRA linear adds up factors of one rank; use lora_svd or lora_cat\./,
    );
  });

  it("modules that one of them lacks, and adapters of another model", async () => {
    const modules = await modulesOf(join(root, "a2"));
    const [first] = [...modules.keys()].sort();
    const without = new Map([...modules].filter(([name]) => name !== first));
    await writeAdapter(join(root, "fewer"), { modules: without, baseModel: null });
    const other = new Map(
      [...modules].map(([name, one]) => [name, { ...one, rows: one.rows * 2, b: Float32Array.from([...one.b, ...one.b]) }]),
    );
    await writeAdapter(join(root, "other"), { modules: other, baseModel: null });
    expect(await refusal(run({ ...linear, parents: ["a1", "fewer"] }))).toBe(
      `ADAPTER_MODULE_MISSING parents.1: Module ${first} is in a1 but not in fewer; exclude it or merge adapters of the same modules.`,
    );
    expect(await refusal(run({ method: "lora_cat", parents: ["a1", "other"] }))).toMatch(
      /^ADAPTER_SHAPE_MISMATCH parents\.1: Module .* is \[\d+, \d+\] in other but \[\d+, \d+\] in a1; merge adapters of the same model\./,
    );
  });

  it("NaN in a factor, by its name; no folder is left", async () => {
    const modules = await modulesOf(join(root, "a2"));
    const broken = new Map(
      [...modules].map(([name, one], i) => [name, i === 0 ? { ...one, a: one.a.with(3, Number.NaN) } : one]),
    );
    await writeAdapter(join(root, "broken"), { modules: broken, baseModel: null });
    expect(await refusal(run({ ...linear, parents: ["a1", "broken"] }))).toMatch(
      /^NON_FINITE parents\.1: broken: tensor base_model.*lora_A\.weight holds a NaN or an infinity at element 3\./,
    );
    expect((await readdir(root)).filter((name) => name.includes(`out-${runs}`))).toEqual([]);
  });

  it("an adapter where weights are wanted, and weights where an adapter is", async () => {
    expect(await refusal(run({ method: "linear", parents: ["m1", "a1"] }))).toBe(
      'SPACE_MISMATCH parents.1: a1 is an adapter; Linear needs weights: name the model that it belongs to as parent, and the adapter under "adapter:" there.',
    );
    expect(await refusal(run({ method: "task_vector", base: "a1", parents: ["m1"] }))).toMatch(
      /^SPACE_MISMATCH base: a1 is an adapter; .*baseAdapter/,
    );
    expect(await refusal(run({ ...linear, parents: ["a1", "m1"] }))).toMatch(
      /^SPACE_MISMATCH parents\.1: m1 is weights; LoRA linear needs an adapter, a folder with adapter_config\.json, which lora_extract can make/,
    );
    expect(await refusal(run({ method: "linear", parents: ["m1", { model: "a1", adapter: "a2" }] }))).toMatch(
      /^ADAPTER_UNSUPPORTED .*a1 is an adapter/,
    );
  });

  it("parts of a recipe that an adapter has no use for", async () => {
    const codes = async (wanted: Wanted) => (await refusal(() => recipeOf(wanted))).split("\n").map((line) => line.split(":")[0]);
    expect(await codes({ ...linear, base: "base" })).toEqual(["BASE_UNUSED base"]);
    expect(await codes({ ...linear, tokenizer: { source: "union" } })).toEqual(["KEY_UNUSED tokenizer"]);
    expect(await codes({ ...linear, parents: [{ model: "a1", weight: [0, 1] }, "a2"] })).toEqual([
      "SETTING_VARIES parents.0.weight",
    ]);
    expect(await codes({ ...linear, parents: [{ model: "m1", adapter: "a1" }, "a2"] })).toEqual([
      "ADAPTER_UNUSED parents.0.adapter",
    ]);
  });

  it("a model that did not change, and values too large for the type", async () => {
    await cp(join(root, "base"), join(root, "copy"), { recursive: true });
    expect(await refusal(run({ method: "lora_extract", base: "base", parents: ["copy"] }))).toMatch(/^ADAPTER_EMPTY/);
    const parents = [{ model: "a1", weight: 1e6 }, "a2"];
    expect(await refusal(run({ method: "lora_cat", parents, dtype: "F16" }))).toMatch(/^OVERFLOW dtype: Tensor base_model/);
  });

  it("and a cancelled run leaves nothing", async () => {
    const controller = new AbortController();
    const cancelled = run(linear, { signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) });
    await expect(cancelled).rejects.toThrow("enough");
    expect((await readdir(root)).filter((name) => name.includes(`out-${runs}`))).toEqual([]);
  });
});

it("GPT-2's transposed weights keep their layout", async () => {
  const shapes = { "h.0.attn.c_attn.weight": [6, 18], "h.0.mlp.c_fc.weight": [6, 24], "wte.weight": [10, 6] };
  const tensors = (seed: number): TensorData[] =>
    Object.entries(shapes).map(([name, shape]) => {
      const values = Float32Array.from({ length: (shape[0] ?? 0) * (shape[1] ?? 0) }, (_, i) => Math.sin(i * seed + name.length));
      return { name, dtype: "F32", shape, data: encodeFromF32("F32", values) };
    });
  for (const [name, seed] of [
    ["gpt", 1],
    ["gpt-tuned", 1.7],
  ] as const)
    await writeFolder(join(root, name), tensors(seed), { config: { model_type: "gpt2", architectures: ["GPT2Model"] } });
  const { outDir, name } = await run({ method: "lora_extract", base: "gpt", parents: ["gpt-tuned"] });
  expect((await openAdapter(outDir)).config.fanInFanOut).toBe(true);
  const baked = await run({ method: "passthrough", parents: [{ model: "gpt", adapter: name }] });
  const [back, tuned] = [
    await readTensors(join(baked.outDir, "model.safetensors")),
    await readTensors(join(root, "gpt-tuned", "model.safetensors")),
  ];
  for (const key of ["h.0.attn.c_attn.weight", "h.0.mlp.c_fc.weight"])
    expect(distance(back.get(key), tuned.get(key) ?? new Float32Array())).toBeLessThan(1e-5);
});
