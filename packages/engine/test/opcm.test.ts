import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decodeToF32, encodeFromF32, fileSource, isArithmetic, readHeader, type TensorData } from "../src/formats/index.ts";
import { type MergeOptions, mergeToFolder, openCheckpoint, parseRecipe, plan, RefusedError } from "../src/merge/index.ts";
import { digestsOf, writeFolder } from "./checkpoints.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 120_000 });

const shapes: Readonly<Record<string, readonly number[]>> = {
  "model.embed_tokens.weight": [40, 12],
  "model.layers.0.self_attn.q_proj.weight": [24, 12],
  "model.layers.0.self_attn.o_proj.weight": [12, 24],
  "model.layers.0.mlp.up_proj.weight": [30, 12],
  "model.layers.0.norm.weight": [12],
  "lm_head.weight": [40, 12],
};

/** A reproducible stream of numbers in [-1, 1). */
function stream(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
  };
}

type Model = ReadonlyMap<string, Float32Array>;
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const model = (seed: number, scale: number): Model => {
  const next = stream(seed);
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, Float32Array.from({ length: size(shape) }, () => next() * scale)]),
  );
};
const sum = (a: Model, b: Model, factor = 1): Model =>
  new Map([...a].map(([name, values]) => [name, values.map((x, i) => x + factor * (b.get(name)?.[i] ?? 0))]));
const flat = (a: Model): Float64Array =>
  Float64Array.from([...a].sort(([x], [y]) => (x < y ? -1 : 1)).flatMap(([, values]) => [...values]));
const norm = (values: Float64Array): number => Math.sqrt(values.reduce((acc, x) => acc + x * x, 0));
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - (b[i] ?? 0));
const distance = (a: Model, b: Model): number => norm(minus(flat(a), flat(b)));

const base = model(1, 0.5);
const parents = { a: sum(base, model(2, 0.05)), b: sum(base, model(3, 0.03)), c: sum(base, model(4, 0.08)) };

const tensorsOf = (values: Model): TensorData[] =>
  [...values].map(([name, data]) => ({ name, dtype: "F32", shape: shapes[name] ?? [], data: encodeFromF32("F32", data) }));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-opcm-"));
  const config = { architectures: ["LlamaForCausalLM"], model_type: "llama" };
  for (const shards of [1, 3]) {
    await writeFolder(join(root, `base-${shards}`), tensorsOf(base), { shards, config });
    for (const [name, values] of Object.entries(parents))
      await writeFolder(join(root, `${name}-${shards}`), tensorsOf(values), { shards, config });
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

let runs = 0;
async function run(
  names: readonly string[],
  options: Partial<MergeOptions> & { readonly parameters?: object; readonly from?: string } = {},
) {
  runs += 1;
  const { parameters = {}, from = "base-1", ...rest } = options;
  const outDir = join(root, `out-${runs}`);
  const recipe = parseRecipe({ method: "opcm", base: from, parents: names.map((name) => ({ model: name })), parameters });
  const paths = { base: join(root, from), parents: names.map((name) => join(root, name)) };
  const report = await mergeToFolder({ recipe, ...paths, outDir, threads: 1, digests: "skip", durable: false, ...rest });
  return { outDir, report, recipe, name: `out-${runs}` };
}

async function read(folder: string): Promise<Model> {
  const file = join(folder, "model.safetensors");
  const [bytes, source] = [await readFile(file), await fileSource(file)];
  const { tensors } = await readHeader(source);
  await source.close();
  return new Map(
    tensors.map(({ name, dtype, begin, end }) => {
      if (!isArithmetic(dtype)) throw new Error(`${name} is ${dtype}.`);
      return [name, decodeToF32(dtype, bytes.subarray(begin, end))];
    }),
  );
}
const merged = async (names: readonly string[], options = {}) => read((await run(names, options)).outDir);

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusedError)) throw error ?? new Error("Nothing was refused.");
  return error.faults.map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`).join("\n");
};

describe("the result", () => {
  it("is as far from the base as the task vectors are long on average, to 1e-5", async () => {
    const lengths = Object.values(parents).map((parent) => distance(parent, base));
    const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    expect(Math.abs(distance(await merged(["a-1", "b-1", "c-1"]), base) / mean - 1)).toBeLessThan(1e-5);
  });

  it("has the same bytes whatever the threads, the tiles and the shards of the models", async () => {
    const digests = async (names: readonly string[], options = {}) => {
      const { "model.safetensors": weights, "opcm.json": state } = await digestsOf((await run(names, options)).outDir);
      return [weights, state];
    };
    const expected = await digests(["a-1", "b-1", "c-1"]);
    for (const threads of [2, 3]) expect(await digests(["a-1", "b-1", "c-1"], { threads, tileBytes: 16_384 })).toEqual(expected);
    expect(await digests(["a-3", "b-3", "c-3"], { from: "base-3", threads: 2 })).toEqual(expected);
  });

  it("depends on the order in which models arrive", async () => {
    const [forth, back] = [await merged(["a-1", "b-1"]), await merged(["b-1", "a-1"])];
    expect(distance(forth, back) / distance(forth, base)).toBeGreaterThan(0.01);
  });

  it("of one model is that model", async () => {
    expect(distance(await merged(["a-1"]), parents.a)).toBeLessThan(1e-6 * norm(flat(base)));
  });

  it("of models equal to the base is the base", async () => {
    await writeFolder(join(root, "same"), tensorsOf(base));
    await writeFolder(join(root, "same-again"), tensorsOf(base));
    const { outDir } = await run(["same", "same-again"]);
    expect(await read(outDir)).toEqual(base);
    expect(JSON.parse(await readFile(join(outDir, "opcm.json"), "utf8"))).toMatchObject({ count: 2, meanNorm: 0, lambda: 1 });
  });

  it("leaves out what is excluded, from the norms as well", async () => {
    runs += 1;
    const recipe = parseRecipe({
      method: "opcm",
      base: "base-1",
      parents: [{ model: "a-1" }, { model: "b-1" }],
      exclude: ["*embed*", "lm_head*", "*norm*"],
    });
    const outDir = join(root, `out-${runs}`);
    const paths = { base: join(root, "base-1"), parents: ["a-1", "b-1"].map((name) => join(root, name)) };
    await mergeToFolder({ recipe, ...paths, outDir, digests: "skip", durable: false });
    const result = await read(outDir);
    const only = (values: Model): Model => new Map([...values].filter(([name]) => result.has(name)));
    const mean = (distance(only(parents.a), only(base)) + distance(only(parents.b), only(base))) / 2;
    expect(result.size).toBe(3);
    expect(Math.abs(distance(result, only(base)) / mean - 1)).toBeLessThan(1e-5);
  });
});

describe("a later merge goes on from a result", () => {
  it("as if all models had been merged at once", async () => {
    const first = await run(["a-1", "b-1"]);
    const second = await run([first.name, "c-1"]);
    const atOnce = await run(["a-1", "b-1", "c-1"]);
    const [steps, once] = [await read(second.outDir), await read(atOnce.outDir)];
    expect(distance(steps, once) / distance(once, base)).toBeLessThan(2e-5);
    const [later, whole] = await Promise.all(
      [second, atOnce].map(async ({ outDir }) => JSON.parse(await readFile(join(outDir, "opcm.json"), "utf8"))),
    );
    expect(later).toMatchObject({ version: 1, count: 3, alpha: 0.5 });
    expect(later.meanNorm / whole.meanNorm).toBeCloseTo(1, 6);
    expect(later.lambda / whole.lambda).toBeCloseTo(1, 6);
    expect(second.report.notes.join()).toContain(`${first.name} is the result of merging 2 models`);
  });

  it("where task vectors are of low rank, too", async () => {
    const lowRank = (seed: number): Model => {
      const next = stream(seed);
      return new Map(
        [...base].map(([name, values]) => {
          const [rows = 0, columns = 1] = shapes[name] ?? [];
          const [left, right] = [Array.from({ length: rows }, next), Array.from({ length: columns }, next)];
          return [name, values.map((x, i) => x + 0.1 * (left[Math.floor(i / columns)] ?? 0) * (right[i % columns] ?? 0))];
        }),
      );
    };
    for (const [i, name] of ["low-a", "low-b", "low-c"].entries())
      await writeFolder(join(root, name), tensorsOf(lowRank(10 + i)));
    for (const alpha of [0.3, 1]) {
      const first = await run(["low-a", "low-b"], { parameters: { alpha } });
      const steps = await merged([first.name, "low-c"], { parameters: { alpha } });
      const once = await merged(["low-a", "low-b", "low-c"], { parameters: { alpha } });
      expect(distance(steps, once) / distance(once, base)).toBeLessThan(1e-4);
    }
  });

  it("and a state alone stays as it is", async () => {
    const first = await run(["a-1", "b-1"]);
    const again = await run([first.name]);
    expect(distance(await read(again.outDir), await read(first.outDir))).toBeLessThan(1e-6 * norm(flat(base)));
  });

  it("but not on another base, nor from a file that is no state", async () => {
    const first = await run(["a-1", "b-1"]);
    await writeFolder(join(root, "far"), tensorsOf(model(77, 0.5)), { config: { architectures: ["LlamaForCausalLM"] } });
    expect(await refusal(run([first.name, "c-1"], { from: "far" }))).toMatch(
      /^STATE_MISMATCH parents\.0: out-\d+ differs from the base/,
    );
    await writeFile(join(first.outDir, "opcm.json"), '{"version":1,"count":-2}');
    expect(await refusal(run([first.name, "c-1"]))).toMatch(/^STATE_INVALID .*opcm\.json is not a state/);
  });
});

describe("a run", () => {
  it("reads and writes what the plan says, reports progress up to it, and leaves no scratch file", async () => {
    const seen: number[] = [];
    const { outDir, report, recipe } = await run(["a-1", "b-1"], {
      threads: 2,
      onProgress: ({ bytesRead, bytesTotal }) => void seen.push(bytesRead, bytesTotal),
    });
    const headers = await Promise.all(["base-1", "a-1", "b-1"].map((name) => openCheckpoint(join(root, name), name)));
    const [first, ...others] = headers.map(({ header }) => header);
    const planned = plan(recipe, { base: first ?? null, parents: others });
    const bytes = 4 * flat(base).length;
    expect(planned.scratchBytes).toBe(bytes);
    expect(planned.readBytes).toBe(5 * bytes);
    expect(report.bytesRead).toBe(planned.readBytes);
    expect(seen.slice(-2)).toEqual([planned.readBytes, planned.readBytes]);
    expect((await readdir(outDir)).sort()).toEqual([
      "README.md",
      "amalgam.json",
      "config.json",
      "model.safetensors",
      "opcm.json",
    ]);
  });

  it("needs memory for one matrix in each thread, however many models there are", () => {
    const header = (label: string, side: number) => ({
      label,
      config: null,
      space: "weights" as const,
      tensors: ["x", "y", "z"].map((name) => ({ name: `${name}.weight`, dtype: "BF16" as const, shape: [side, side] })),
    });
    const memory = (count: number, side: number, threads: number): number => {
      const names = Array.from({ length: count }, (_, i) => `m${i}`);
      const recipe = parseRecipe({ method: "opcm", base: "base", parents: names.map((name) => ({ model: name })) });
      return plan(recipe, { base: header("base", side), parents: names.map((name) => header(name, side)) }).peakMemoryBytes(
        threads,
      );
    };
    expect(memory(8, 4096, 1)).toBe(memory(2, 4096, 1));
    expect(memory(2, 8192, 1) - memory(2, 4096, 1)).toBeGreaterThan(3 * 4096 ** 2 * 8 * 4);
    expect(memory(2, 4096, 2) - memory(2, 4096, 1)).toBeGreaterThan(4096 ** 2 * 8 * 4);
  });

  it("names the model and the tensor that holds NaN", async () => {
    const broken = new Map(
      [...parents.b].map(([name, values]) => [name, name === "lm_head.weight" ? values.with(7, Number.NaN) : values]),
    );
    await writeFolder(join(root, "broken"), tensorsOf(broken));
    expect(await refusal(run(["a-1", "broken", "c-1"], { threads: 2 }))).toMatch(
      /^NON_FINITE parents\.1: Tensor "?lm_head\.weight"? of broken holds NaN or infinity \(first at element 7\)/,
    );
    expect((await readdir(root)).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("refuses slices, and ends when it is cancelled", async () => {
    const recipe = parseRecipe({
      method: "opcm",
      base: "base-1",
      slices: [{ sources: [{ model: "a-1", layers: [0, 1] }] }],
    });
    const paths = { base: join(root, "base-1"), parents: [join(root, "a-1")] };
    expect(await refusal(mergeToFolder({ recipe, ...paths, outDir: join(root, "never") }))).toMatch(
      /^SLICES_UNSUPPORTED slices: OPCM/,
    );
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(run(["a-1", "b-1"], { signal: controller.signal })).rejects.toThrow("enough");
  });
});
