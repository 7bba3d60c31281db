import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Dtype, decodeToF32, fileSource, isArithmetic, readHeader } from "../src/formats/index.ts";
import { mergeToFolder, methods, parseRecipe, parseRecipeText, type Recipe } from "../src/merge/index.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 120_000 });

/** One reference of scripts/golden/merge.py; what else stands in cases.json is for other tests. */
interface Case {
  readonly name: string;
  readonly type: "merge" | "configuration" | "statistics" | "parts" | "adapter";
  readonly source: string;
  readonly recipe: { readonly method: string; readonly base?: string; readonly parents: readonly { readonly model: string }[] };
  /** The configuration that mergekit ran; recipe is null when there is only this */
  readonly mergekit: { readonly merge_method: string } | null;
  /** null for statistics */
  readonly expected: string | null;
  readonly tolerance: number;
  readonly statistics?: Statistics;
}

/** Facts about many seeds, of the entries whose delta is not 0. */
interface Statistics {
  readonly keepRate: number;
  /** Of those above and below the median magnitude of their tensor */
  readonly keepRateLarge: number;
  readonly keepRateSmall: number;
  readonly changed: number;
  readonly meanIsDelta: boolean;
}

const golden = join(import.meta.dirname, "golden/merge");
const cases = JSON.parse(await readFile(join(golden, "cases.json"), "utf8")) as readonly Case[];
const known = (method: string): boolean => methods.some(({ id }) => id === method);
/** Inputs are the files that no case expects. */
const inputs = (await readdir(golden))
  .filter((file) => file.endsWith(".safetensors") && !cases.some(({ expected }) => expected === file))
  .map((file) => file.replace(".safetensors", ""));
const ofType = (type: Case["type"]): readonly Case[] => cases.filter((one) => one.type === type);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-golden-merge-"));
  for (const model of inputs) {
    const config = model.startsWith("llama") ? "llama.config.json" : "config.json";
    await mkdir(join(root, model));
    await copyFile(join(golden, `${model}.safetensors`), join(root, model, "model.safetensors"));
    await copyFile(join(golden, config), join(root, model, "config.json"));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function readBytes(file: string): Promise<{ name: string; dtype: Dtype; data: Uint8Array }[]> {
  const bytes = await readFile(file);
  const source = await fileSource(file);
  const { tensors } = await readHeader(source);
  await source.close();
  return tensors.map(({ name, dtype, begin, end }) => ({ name, dtype, data: bytes.subarray(begin, end) }));
}

/** The floating-point tensors of a file. */
async function readTensors(file: string): Promise<Map<string, Float32Array>> {
  const tensors = await readBytes(file);
  return new Map(tensors.flatMap(({ name, dtype, data }) => (isArithmetic(dtype) ? [[name, decodeToF32(dtype, data)]] : [])));
}

let runs = 0;
async function mergedFolder(recipe: Recipe): Promise<string> {
  runs += 1;
  const outDir = join(root, `out-${runs}`);
  await mergeToFolder({
    recipe,
    base: recipe.base === null ? null : join(root, recipe.base),
    parents: recipe.parents.map(({ model }) => join(root, model)),
    outDir,
    digests: "skip",
    durable: false,
    threads: 1,
  });
  return outDir;
}

const merged = async (recipe: Recipe): Promise<Map<string, Float32Array>> =>
  readTensors(join(await mergedFolder(recipe), "model.safetensors"));

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** max |difference| / max |expected|; infinite for NaN and for another length. */
function distance(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const difference = largest(expected.map((value, i) => (actual[i] ?? Number.NaN) - value));
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / largest(expected);
}

async function expectReference({ expected: file, tolerance }: Case, actual: Map<string, Float32Array>): Promise<void> {
  const expected = await readTensors(join(golden, file ?? ""));
  expect(expected.size).toBeGreaterThan(0);
  const far = [...expected]
    .map(([name, values]) => [name, distance(actual.get(name) ?? new Float32Array(0), values)] as const)
    .filter(([, value]) => !(value <= tolerance));
  expect(far, `further from the reference than ${tolerance}`).toEqual([]);
}

/** What is not made here, and must say so. */
const refused = (one: Case): boolean => one.name.startsWith("nuslerp-column");

describe("what the reference can do and we cannot is refused by name", () => {
  for (const one of cases.filter(refused)) {
    it(one.name, () => {
      expect(() => parseRecipe(one.recipe)).toThrow(/granularity/);
      expect(() => parseRecipeText(JSON.stringify(one.mergekit))).toThrow(/nuslerp_row_wise/);
    });
  }
});

describe("the result is that of the reference", () => {
  for (const one of ofType("merge").filter((each) => !refused(each))) {
    it.skipIf(!known(one.recipe.method))(`${one.name} (${one.source})`, async () => {
      await expectReference(one, await merged(parseRecipe(one.recipe)));
    });
  }
});

describe("a configuration of mergekit gives what mergekit makes of it", () => {
  for (const one of cases.filter(
    (each) => each.mergekit !== null && ["merge", "configuration"].includes(each.type) && !refused(each),
  )) {
    const method = one.recipe?.method ?? one.mergekit?.merge_method ?? "";
    it.skipIf(!known(method))(`${one.name} (${one.source})`, async () => {
      await expectReference(one, await merged(parseRecipeText(JSON.stringify(one.mergekit)).recipe));
    });
  }
});

describe("the parts of EMR are those of the reference", () => {
  const [one] = ofType("parts");
  const file = join(golden, one?.expected ?? "");
  const floats = async (prefix: string): Promise<Map<string, Float32Array>> => {
    const all = await readTensors(file);
    return new Map([...all].flatMap(([name, values]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), values]] : [])));
  };
  const artefact = (rescaleOver: string) => mergedFolder(parseRecipe({ ...one?.recipe, parameters: { rescaleOver } }));
  const expectNear = (actual: Map<string, Float32Array>, wanted: Map<string, Float32Array>): void => {
    expect(wanted.size).toBeGreaterThan(0);
    for (const [name, values] of wanted)
      expect(distance(actual.get(name) ?? new Float32Array(0), values), name).toBeLessThanOrEqual(one?.tolerance ?? 0);
  };

  it.skipIf(!known("emr"))("one vector for all tasks", async () => {
    const folder = await artefact("tensorMeans");
    expectNear(await readTensors(join(folder, "model.safetensors")), await floats("unified."));
  });

  it.skipIf(!known("emr"))("a bit for every entry of every task", async () => {
    const folder = await artefact("tensorMeans");
    const packed = new Map((await readBytes(join(folder, "model.safetensors"))).map(({ name, data }) => [name, data]));
    const masks = (await readBytes(file)).filter(({ name }) => name.startsWith("mask."));
    expect(masks.length).toBeGreaterThan(0);
    for (const { name, data } of masks) {
      const bits = Array.from(data, (_, i) => ((packed.get(name)?.[i >> 3] ?? 0) >> (i & 7)) & 1);
      expect(bits, name).toEqual([...data]);
    }
  });

  it.skipIf(!known("emr")).each(["tensorMeans", "global"])("scalers over %s", async (rescaleOver) => {
    const written = await readFile(join(await artefact(rescaleOver), "emr.json"), "utf8");
    const { tasks } = JSON.parse(written) as { tasks: readonly { scaler: number }[] };
    const scalers = new Map([["", Float32Array.from(tasks, ({ scaler }) => scaler)]]);
    expectNear(scalers, await floats(`scaler.${rescaleOver}`));
  });

  it.skipIf(!known("emr_task")).each([0, 1, 2])("weights of task %i", async (task) => {
    const parent = basename(await artefact("tensorMeans"));
    const parameters = { task: one?.recipe.parents[task]?.model };
    const restored = parseRecipe({ method: "emr_task", base: "base", parents: [{ model: parent }], parameters });
    expectNear(await merged(restored), await floats(`task.${task}.`));
  });
});

const seeds = 40;

/** The difference to the base of every entry whose delta is not 0, for each seed, and that delta. */
async function moves(one: Case): Promise<{ deltas: number[]; large: boolean[]; bySeed: number[][] }> {
  const base = await readTensors(join(root, one.recipe.base ?? "", "model.safetensors"));
  const parent = await readTensors(join(root, one.recipe.parents[0]?.model ?? "", "model.safetensors"));
  const changed = [...base].flatMap(([name, start]) => {
    const entries = [...(parent.get(name) ?? [])].map((value, at) => ({ name, at, delta: value - (start[at] ?? 0) }));
    const own = entries.filter(({ delta }) => delta !== 0);
    const sizes = own.map(({ delta }) => Math.abs(delta)).sort((a, b) => a - b);
    const [low = 0, high = 0] = [sizes[Math.floor((sizes.length - 1) / 2)], sizes[Math.floor(sizes.length / 2)]];
    return own.map((entry) => ({ ...entry, large: Math.abs(entry.delta) > (low + high) / 2 }));
  });
  const bySeed: number[][] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const actual = await merged(parseRecipe({ ...one.recipe, seed }));
    bySeed.push(changed.map(({ name, at }) => (actual.get(name)?.[at] ?? Number.NaN) - (base.get(name)?.[at] ?? 0)));
  }
  return { deltas: changed.map(({ delta }) => delta), large: changed.map(({ large }) => large), bySeed };
}

describe("over seeds the result has the distribution of the reference", () => {
  for (const one of ofType("statistics")) {
    it.skipIf(!known(one.recipe.method))(one.name, async () => {
      if (one.statistics === undefined) throw new Error("The case has no statistics.");
      const { keepRate, keepRateLarge, keepRateSmall, changed, meanIsDelta } = one.statistics;
      const { deltas, large, bySeed } = await moves(one);
      expect(deltas.length).toBe(changed);
      const expectRate = (entries: readonly boolean[], rate: number): void => {
        const of = entries.filter(Boolean).length * seeds;
        const kept = bySeed.reduce((sum, row) => sum + row.filter((value, i) => entries[i] === true && value !== 0).length, 0);
        expect(Math.abs(kept / of - rate), `${kept / of} are kept, not ${rate}`).toBeLessThan(
          5 * Math.sqrt((rate * (1 - rate)) / of),
        );
      };
      expectRate(
        large.map(() => true),
        keepRate,
      );
      expectRate(large, keepRateLarge);
      expectRate(
        large.map((value) => !value),
        keepRateSmall,
      );
      if (!meanIsDelta) return;
      // The share of the delta that the mean over seeds has, by least squares; its deviation follows from the rate.
      const squares = deltas.reduce((sum, delta) => sum + delta * delta, 0);
      const fourths = deltas.reduce((sum, delta) => sum + delta ** 4, 0);
      const share =
        bySeed.flatMap((row) => row.map((value, i) => value * (deltas[i] ?? 0))).reduce((a, b) => a + b, 0) / squares / seeds;
      const deviation = Math.sqrt(((1 - keepRate) / keepRate) * (fourths / squares ** 2 / seeds));
      expect(Math.abs(share - 1), `the mean is ${share} times the delta`).toBeLessThan(5 * deviation);
    });
  }
});

it("every reference is there", async () => {
  const there = await readdir(golden, { recursive: true });
  expect(cases.map(({ expected }) => expected).filter((file) => file !== null && !there.includes(file))).toEqual([]);
});
