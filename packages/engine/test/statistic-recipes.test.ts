import { createHash } from "node:crypto";
import { copyFile, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeToF32, type TensorData } from "../src/formats/index.ts";
import {
  folderDigest,
  type MergeOptions,
  mergeToFolder,
  openCheckpoint,
  openStatistic,
  parseManifest,
  parseRecipe,
  type Recipe,
  RefusedError,
  reproduceMerge,
} from "../src/merge/index.ts";
import type { StatisticAbout } from "../src/statistics/index.ts";
import { type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";
import { writeFisher, writeTensors } from "./statistic-files.ts";

const specs: readonly TensorSpec[] = [
  { name: "model.layers.0.up.weight", dtype: "F32", shape: [6, 8] },
  { name: "model.layers.1.up.weight", dtype: "F32", shape: [6, 8] },
  { name: "model.layers.1.up.bias", dtype: "F32", shape: [6] },
  { name: "model.pooler", dtype: "F32", shape: [5] },
];
const measured = specs.slice(0, 3);

let root: string;
const place = (name: string): string => join(root, name);
const digests: Record<string, string> = {};

/** Fisher information of a model of the test, as a file of that name. */
async function fisher(name: string, seed: number, about: Partial<StatisticAbout> & { readonly model: string }): Promise<void> {
  await writeFisher(place(name), measured, seed, about);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-statistics-"));
  for (const [seed, name] of ["base", "a", "b"].entries()) {
    const folder = await writeFolder(
      place(name),
      specs.map((spec) => tensorOf(spec, seed + 1)),
      { config: { model_type: "x" } },
    );
    const files = await Promise.all(
      (await readdir(folder)).map(async (path) => ({
        path,
        sha256: createHash("sha256")
          .update(await readFile(join(folder, path)))
          .digest("hex"),
      })),
    );
    digests[name] = folderDigest(files);
  }
  const model = (name: string) => ({ model: digests[name] ?? "" });
  await fisher("a.fisher", 10, model("a"));
  await fisher("b.fisher", 20, model("b"));
  await fisher("base.fisher", 30, model("base"));
  for (const [k, lambda] of [0, 0.5, 1].entries())
    await fisher(`a.${k}`, 40 + k, { ...model("a"), base: digests["base"] ?? "", lambda });
});
afterAll(() => rm(root, { recursive: true }));

let runs = 0;
/** Merges a recipe whose references are names in the folder of the test. */
async function merge(recipe: Recipe, options: Partial<MergeOptions> = {}) {
  runs += 1;
  const outDir = place(`out-${runs}`);
  const files = (refs: readonly string[] = []) => refs.map(place);
  const report = await mergeToFolder({
    ...{ recipe, outDir, durable: false },
    base: recipe.base === null ? null : place(recipe.base),
    parents: recipe.parents.map(({ model }) => place(model)),
    statistics: { base: files(recipe.baseStatistics), parents: recipe.parents.map(({ statistics }) => files(statistics)) },
    ...options,
  });
  return { report, outDir };
}

async function faultsOf(work: () => unknown): Promise<string[]> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    for (const { message } of error.faults) expect(message).toMatch(/^\S.*\.$/s);
    return error.faults.map(({ code, path }) => [code, ...path].join(" "));
  }
  return [];
}

const two = (a: object = {}, b: object = {}) => [
  { model: "a", statistics: ["a.fisher"], ...a },
  { model: "b", statistics: ["b.fisher"], ...b },
];
const fisherMerge = { method: "fisher", parents: two() };
const dfMerge = { method: "df_merge", base: "base", parents: two() };
const ugm = { method: "ugm", base: "base", baseStatistics: ["base.fisher"], parents: two() };

describe("a recipe", () => {
  it.each([
    ["that names what its method needs", fisherMerge, []],
    [
      "without statistics",
      { ...fisherMerge, parents: [{ model: "a" }, { model: "b", statistics: [] }] },
      ["STATISTICS_MISSING parents 0 statistics", "STATISTICS_MISSING parents 1 statistics"],
    ],
    [
      "with more than one where one is needed",
      { ...fisherMerge, parents: two({ statistics: ["x", "y"] }) },
      ["STATISTICS_COUNT parents 0 statistics"],
    ],
    [
      "with the same file twice",
      { ...dfMerge, parents: two({ statistics: ["x", "x"] }) },
      ["STATISTICS_TWICE parents 0 statistics 1"],
    ],
    [
      "of a method that needs none",
      { ...fisherMerge, method: "linear" },
      ["STATISTICS_UNUSED parents 0 statistics", "STATISTICS_UNUSED parents 1 statistics"],
    ],
    [
      "with statistics of the base that nobody needs",
      { ...dfMerge, baseStatistics: ["base.fisher"] },
      ["STATISTICS_UNUSED baseStatistics"],
    ],
    ["without statistics of the base", { ...ugm, baseStatistics: [] }, ["STATISTICS_MISSING baseStatistics"]],
    ["that moves rows of embeddings", { ...fisherMerge, tokenizer: { source: "union" } }, ["TOKENIZER_UNSUPPORTED tokenizer"]],
    [
      "that stacks layers",
      {
        ...fisherMerge,
        slices: [
          {
            sources: [
              { model: "a", layers: [0, 1] },
              { model: "b", layers: [0, 1] },
            ],
          },
        ],
      },
      ["SLICES_UNSUPPORTED slices"],
    ],
    [
      "with something else than names",
      { ...fisherMerge, parents: two({ statistics: "a.fisher" }) },
      ["VALUE_INVALID parents 0 statistics"],
    ],
  ])("%s", async (_, recipe, faults) => {
    expect(await faultsOf(() => parseRecipe(recipe))).toEqual(faults);
  });
});

describe("a merge is refused, with the place in the recipe, and leaves nothing behind", () => {
  const grid = (statistics: readonly string[], lambda: unknown = 0.3) => ({ ...dfMerge, parents: two({ statistics, lambda }) });

  it.each([
    [
      "a file that is not there",
      { ...fisherMerge, parents: two({ statistics: ["gone"] }) },
      ["STATISTIC_MISSING parents 0 statistics 0"],
    ],
    [
      "weights",
      { ...fisherMerge, parents: two({ statistics: ["a/model.safetensors"] }) },
      ["STATISTIC_INVALID parents 0 statistics 0"],
    ],
    [
      "a file of another kind",
      { ...fisherMerge, method: "regmean" },
      ["STATISTIC_KIND parents 0 statistics 0", "STATISTIC_KIND parents 1 statistics 0"],
    ],
    [
      "one of another model",
      { ...fisherMerge, parents: two({}, { statistics: ["a.fisher"] }) },
      ["STATISTIC_OWNER parents 1 statistics 0"],
    ],
    [
      "one from another base",
      { ...grid(["a.1"]), base: "b", parents: two({ statistics: ["a.1"] }, { model: "base", statistics: ["base.fisher"] }) },
      ["STATISTIC_OWNER parents 0 statistics 0"],
    ],
    [
      "one at a scaled model, where the model itself is needed",
      { ...fisherMerge, parents: two({ statistics: ["a.1"] }) },
      ["STATISTIC_SCALED parents 0 statistics 0"],
    ],
    ["λ that do not ascend", grid(["a.0", "a.2", "a.1"]), ["STATISTICS_ORDER parents 0 statistics 2"]],
    ["a λ outside of those measured", grid(["a.1", "a.2"], 0.4), ["LAMBDA_UNMEASURED parents 0 lambda"]],
    ["a λ that leaves them somewhere", grid(["a.1", "a.2"], [0.6, 1.2]), ["LAMBDA_UNMEASURED parents 0 lambda"]],
    ["a negative alpha that outweighs the base", { ...ugm, parameters: { alpha: -50 } }, ["OVERFLOW dtype"]],
  ])("%s", async (_, recipe, faults) => {
    const before = await readdir(root);
    expect(await faultsOf(() => merge(parseRecipe(recipe)))).toEqual(faults);
    expect(await readdir(root)).toEqual(before);
  });

  it("tensors that a statistic lacks or has in another shape, and those that none has are told", async () => {
    const [first, ...others] = measured;
    await writeFisher(place("short"), others, 1, { model: digests["a"] ?? "" });
    await writeFisher(place("wide"), [{ ...first, shape: [8, 6] } as TensorSpec, ...others], 1, { model: digests["a"] ?? "" });
    const of = (file: string) => parseRecipe({ ...fisherMerge, parents: two({ statistics: [file] }) });
    expect(await faultsOf(() => merge(of("short")))).toEqual(["STATISTIC_TENSOR_MISSING parents 0 statistics 0"]);
    expect(await faultsOf(() => merge(of("wide")))).toEqual(["STATISTIC_SHAPE parents 0 statistics 0"]);
    await writeFisher(place("foreign"), [{ name: "x", dtype: "F32", shape: [2] }], 1, { model: digests["a"] ?? "" });
    await writeFisher(place("foreign-b"), [{ name: "x", dtype: "F32", shape: [2] }], 1, { model: digests["b"] ?? "" });
    const foreign = parseRecipe({ ...fisherMerge, parents: two({ statistics: ["foreign"] }, { statistics: ["foreign-b"] }) });
    expect(await faultsOf(() => merge(foreign))).toEqual(["STATISTIC_FOREIGN parents 0 statistics 0"]);
    const { report } = await merge(parseRecipe(fisherMerge));
    expect(report.notes).toContain("Tensors that the statistics do not have are averaged by weight: model.pooler.");
  });

  it("statistics of trimmed task vectors are refused where nothing is trimmed, and noted where something else is", async () => {
    const about = { base: digests["base"] ?? "", lambda: 0.5, settings: { density: 0.2 } };
    await fisher("a.trimmed", 7, { model: digests["a"] ?? "", ...about });
    await fisher("b.trimmed", 8, { model: digests["b"] ?? "", ...about });
    const parents = (own: object) => two({ statistics: ["a.trimmed"], ...own }, { statistics: ["b.trimmed"], ...own });
    expect(await faultsOf(() => merge(parseRecipe({ ...dfMerge, parents: parents({}) })))).toEqual([
      "STATISTIC_DENSITY parents 0 statistics 0",
      "STATISTIC_DENSITY parents 1 statistics 0",
    ]);
    const notesAt = async (density: number) => {
      const recipe = parseRecipe({ ...dfMerge, method: "trimmed_df_merge", parents: parents({ density }) });
      return (await merge(recipe)).report.notes.filter((note) => note.includes("approximate"));
    };
    expect(await notesAt(0.2)).toEqual([]);
    expect(await notesAt(0.5)).toHaveLength(2);
  });

  it("NaN in a statistic, which was no part of it when it was written", async () => {
    await copyFile(place("a.fisher"), place("nan"));
    const { tensors } = await openStatistic(place("nan"));
    const handle = await open(place("nan"), "r+");
    await handle.write(
      new Uint8Array(Float32Array.of(Number.NaN).buffer),
      0,
      4,
      tensors.get("model.layers.1.up.bias")?.begin ?? 0,
    );
    await handle.close();
    const recipe = parseRecipe({ ...fisherMerge, parents: two({ statistics: ["nan"] }) });
    expect(await faultsOf(() => merge(recipe))).toEqual(["NON_FINITE parents 0 statistics 0"]);
  });
});

const bytesOf = (folder: string) => readFile(join(folder, "model.safetensors"));

describe("a merge", () => {
  it("is told with its statistics by key, has an identity that depends on them, and can be reproduced", async () => {
    const recipe = parseRecipe(ugm);
    const { outDir, report } = await merge(recipe);
    const manifest = parseManifest(await readFile(join(outDir, "amalgam.json"), "utf8"), "amalgam.json");
    const keys = await Promise.all(
      ["base", "a", "b"].map(async (name) => (await openStatistic(place(`${name}.fisher`))).header.key),
    );
    expect(manifest.statistics?.map(({ key }) => key)).toEqual(keys);
    const where = (own: string) => ({
      ...{ manifest, folder: outDir, base: place("base"), parents: [place("a"), place("b")], outDir: place(`again-${runs}`) },
      statistics: { base: [place("base.fisher")], parents: [[place(own)], [place("b.fisher")]] },
    });
    expect(await reproduceMerge(where("a.fisher"))).toMatchObject({ same: true });
    expect(await faultsOf(() => reproduceMerge(where("a.2")))).toEqual(["STATISTIC_DIFFERS parents 0 statistics 0"]);
    await fisher("a.other", 99, { model: digests["a"] ?? "", examples: 31 });
    const other = await merge(parseRecipe({ ...ugm, parents: two({ statistics: ["a.other"] }) }));
    expect(other.report.identity).not.toBe(report.identity);
    expect(Buffer.compare(await bytesOf(other.outDir), await bytesOf(outDir))).not.toBe(0);
  });

  it("reads of several statistics only those around its λ", async () => {
    const at = async (lambda: number, statistics: readonly string[]) => {
      const { outDir, report } = await merge(parseRecipe({ ...dfMerge, parents: two({ lambda, statistics }) }));
      return { bytes: await bytesOf(outDir), read: report.bytesRead };
    };
    const all = ["a.0", "a.1", "a.2"];
    const [low, middle, between] = [await at(0, all), await at(0.5, all), await at(0.75, all)];
    expect(middle.bytes).toEqual((await at(0.5, ["a.1"])).bytes);
    expect(between.bytes).toEqual((await at(0.75, ["a.1", "a.2"])).bytes);
    expect(low.read).toBe(middle.read);
    expect(between.read).toBeGreaterThan(low.read);
  });
});

describe("RegMean", () => {
  const layers: readonly TensorSpec[] = [
    { name: "wte.weight", dtype: "F16", shape: [10, 4] },
    { name: "h.0.dense.weight", dtype: "F16", shape: [6, 4] },
    { name: "h.0.c_fc.weight", dtype: "F16", shape: [4, 12] },
    { name: "h.0.attn.c_proj.weight", dtype: "F16", shape: [4, 4] },
    { name: "h.0.conv.weight", dtype: "F16", shape: [5, 2, 3, 3] },
    { name: "h.0.dense.bias", dtype: "F16", shape: [6] },
  ];
  /** XᵀX of random inputs. */
  const gramTensor = (name: string, inputs: number, seed: number): TensorData => {
    const x = decodeToF32("F32", tensorOf({ name, dtype: "F32", shape: [inputs + 3, inputs] }, seed).data);
    const values = new Float32Array(inputs * inputs);
    for (let a = 0; a < inputs; a += 1)
      for (let b = 0; b < inputs; b += 1)
        for (let row = 0; row < inputs + 3; row += 1)
          values[a * inputs + b] = (values[a * inputs + b] ?? 0) + 100 * (x[row * inputs + a] ?? 0) * (x[row * inputs + b] ?? 0);
    return { name: `gram.${name}`, dtype: "F32", shape: [inputs, inputs], data: new Uint8Array(values.buffer) };
  };
  const sharesTensor = (name: string, shares: readonly number[]): TensorData => {
    const values = Float32Array.from(shares);
    return { name: `table.${name}`, dtype: "F32", shape: [shares.length], data: new Uint8Array(values.buffer) };
  };
  const inputsOf: Readonly<Record<string, number>> = {
    "h.0.dense.weight": 4,
    "h.0.c_fc.weight": 4,
    "h.0.attn.c_proj.weight": 4,
    "h.0.conv.weight": 18,
  };

  beforeAll(async () => {
    for (const [k, name] of ["left", "right"].entries()) {
      await writeFolder(
        place(name),
        layers.map((spec) => tensorOf(spec, 7 + k)),
        { config: { model_type: "gpt2" } },
      );
      const grams = Object.entries(inputsOf).map(([tensor, inputs]) => gramTensor(tensor, inputs, 50 + k));
      const shares = sharesTensor(
        "wte.weight",
        Array.from({ length: 10 }, (_, row) => (row < 5 ? 0.2 * (k === 0 ? 1 : row / 2) : 0)),
      );
      await writeTensors(place(`${name}.gram`), [...grams, shares], { kind: "gram", estimator: "gram" });
    }
  });

  const recipe = (parameters: object = {}) =>
    parseRecipe({
      method: "regmean",
      parents: ["left", "right"].map((model) => ({ model, statistics: [`${model}.gram`] })),
      parameters,
    });
  const valuesOf = async (folder: string) => {
    const { tensors } = await openCheckpoint(folder);
    const bytes = await bytesOf(folder);
    return new Map(
      [...tensors.values()].map(({ name, dtype, begin, end }) => [
        name,
        decodeToF32(dtype as "F16", new Uint8Array(bytes.subarray(begin, end))),
      ]),
    );
  };

  it("merges dense layers, transposed ones, convolutions and tables, for any threads, in the models' type", async () => {
    const options = { digests: "skip" } as const;
    const { outDir, report } = await merge(recipe(), options);
    const found = await valuesOf(outDir);
    expect([...found.keys()].sort()).toEqual(layers.map(({ name }) => name).sort());
    expect([...(await openCheckpoint(outDir)).tensors.values()].map(({ dtype }) => dtype)).toEqual(layers.map(() => "F16"));
    const again = await merge(recipe(), { ...options, threads: 1 });
    expect(await bytesOf(again.outDir)).toEqual(await bytesOf(outDir));
    expect(report.notes.join()).toContain("h.0.dense.bias");
    const [left, right] = [await valuesOf(place("left")), await valuesOf(place("right"))];
    const mean = (name: string) => (left.get(name) ?? []).map((value, p) => (value + (right.get(name)?.[p] ?? 0)) / 2);
    found.get("h.0.dense.bias")?.forEach((value, p) => void expect(value).toBeCloseTo(mean("h.0.dense.bias")[p] ?? 0, 4));
    // Row 0 is read by the left model alone, row 7 by nobody.
    const table = found.get("wte.weight") ?? [];
    for (let c = 0; c < 4; c += 1) {
      expect(table[c]).toBeCloseTo(left.get("wte.weight")?.[c] ?? 0, 4);
      expect(table[28 + c]).toBeCloseTo(mean("wte.weight")[28 + c] ?? 0, 4);
    }
  });

  it("on Gram matrices without what lies off the diagonal weighs every input, wherever the layer keeps its inputs", async () => {
    const { outDir } = await merge(recipe({ offDiagonal: 0, ridge: 0, tables: "average" }), { digests: "skip" });
    const found = await valuesOf(outDir);
    const models = await Promise.all(["left", "right"].map((name) => valuesOf(place(name))));
    for (const [name, inputs] of Object.entries(inputsOf)) {
      const isTransposed = name.includes("c_");
      const columns = (layers.find((layer) => layer.name === name)?.shape ?? []).slice(1).reduce((a, b) => a * b, 1);
      const diagonals = [50, 51].map((seed) => decodeToF32("F32", gramTensor(name, inputs, seed).data));
      found.get(name)?.forEach((value, p) => {
        const input = isTransposed ? Math.floor(p / columns) : p % columns;
        const weights = diagonals.map((gram) => gram[input * (inputs + 1)] ?? 0);
        const below = weights.reduce((a, b) => a + b, 0);
        const wanted = models.reduce((sum, model, i) => sum + ((weights[i] ?? 0) * (model.get(name)?.[p] ?? 0)) / below, 0);
        expect(Math.abs(value - wanted), `${name} ${p}`).toBeLessThan(5e-5);
      });
    }
    const mean = models.map((model) => model.get("wte.weight") ?? []);
    found
      .get("wte.weight")
      ?.forEach((value, p) => void expect(value).toBeCloseTo(((mean[0]?.[p] ?? 0) + (mean[1]?.[p] ?? 0)) / 2, 4));
  });
});
