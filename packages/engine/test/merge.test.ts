import { mkdirSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type ArithmeticDtype,
  decodeToF32,
  encodeFromF32,
  fileSource,
  isArithmetic,
  readHeader,
  type TensorData,
} from "../src/formats/index.ts";
import {
  type MergedFile,
  type MergeHeaders,
  type MergeOptions,
  type MergeProgress,
  mergeToFolder,
  mergeValues,
  methodOf,
  openCheckpoint,
  parseRecipe,
  plan,
  type Recipe,
  RefusedError,
} from "../src/merge/index.ts";
import { ownOf } from "../src/merge/recipe.ts";
import { digestsOf, type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Every type, tensors of more than one tile, odd sizes, a scalar and one without elements. */
const specs: readonly TensorSpec[] = [
  { name: "embed.weight", dtype: "BF16", shape: [257, 300] },
  { name: "layer.0.weight", dtype: "F32", shape: [130, 129] },
  { name: "layer.0.bias", dtype: "F16", shape: [13] },
  { name: "layer.1.weight", dtype: "F16", shape: [4097, 9] },
  { name: "scale", dtype: "F32", shape: [] },
  { name: "none", dtype: "BF16", shape: [0, 4] },
  { name: "position_ids", dtype: "I64", shape: [1, 33000] },
  { name: "mask", dtype: "BOOL", shape: [5] },
];

let root: string;
const folders = new Map<string, string>();
const tensorsOf = (seed: number): TensorData[] => specs.map((spec) => tensorOf(spec, seed));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-merge-"));
  for (const seed of [1, 2, 3]) {
    for (const shards of [1, 2, 5])
      folders.set(
        `${seed}/${shards}`,
        await writeFolder(join(root, `m${seed}-${shards}`), tensorsOf(seed), {
          shards,
          config: { architectures: ["LlamaForCausalLM"] },
        }),
      );
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

const path = (seed: number, shards = 1): string => folders.get(`${seed}/${shards}`) ?? "";

const recipes: Readonly<Record<string, Recipe>> = {
  linear: parseRecipe({
    method: "linear",
    parents: [
      { model: "a", weight: 0.3 },
      { model: "b", weight: 0.9 },
      { model: "c", weight: -0.1 },
    ],
  }),
  task_arithmetic: parseRecipe({
    method: "task_arithmetic",
    base: "base",
    parents: [{ model: "a" }, { model: "b", weight: 0.5 }],
    parameters: { lambda: 0.4 },
  }),
  slerp: parseRecipe({ method: "slerp", parents: [{ model: "a" }, { model: "b" }], parameters: { t: 0.3 } }),
  task_vector: parseRecipe({ method: "task_vector", base: "base", parents: [{ model: "a" }] }),
};

let runs = 0;
async function run(recipe: Recipe, options: Partial<MergeOptions> & { shards?: number } = {}) {
  const { shards = 1, ...rest } = options;
  runs += 1;
  const outDir = join(root, `out-${runs}`);
  const parents = recipe.parents.map((_, i) => path(i + 1, shards));
  const report = await mergeToFolder({
    recipe,
    base: recipe.base === null ? null : path(3, shards),
    parents,
    outDir,
    digests: "skip",
    ...rest,
  });
  return { outDir, report };
}

/** Headers of the models of a run. */
async function headersOf({ base: hasBase, parents: listed }: Recipe): Promise<MergeHeaders> {
  const headerOf = async (seed: number) => (await openCheckpoint(path(seed))).header;
  return {
    base: hasBase === null ? null : await headerOf(3),
    parents: await Promise.all(listed.map((_, i) => headerOf(i + 1))),
  };
}

/** What is left besides inputs and finished outputs. */
const leftovers = async (): Promise<string[]> => (await readdir(root)).filter((name) => name.includes("partial"));

async function readTensors(file: string): Promise<Map<string, Uint8Array>> {
  const bytes = await readFile(file);
  const source = await fileSource(file);
  const { tensors } = await readHeader(source);
  await source.close();
  return new Map(tensors.map(({ name, begin, end }) => [name, bytes.subarray(begin, end)]));
}

describe.each(Object.keys(recipes))("%s", (id) => {
  const recipe = recipes[id] ?? parseRecipe({});

  it("gives what the slow interpreter gives, tensor by tensor, bit for bit", async () => {
    const { outDir } = await run(recipe, { tileBytes: 65536 });
    const merged = await readTensors(join(outDir, "model.safetensors"));
    const models = (recipe.base === null ? [] : [3]).concat(recipe.parents.map((_, i) => i + 1)).map(tensorsOf);
    for (const [t, { name, dtype }] of specs.entries()) {
      const data = models.map((tensors) => tensors[t]?.data ?? new Uint8Array(0));
      const stored: ArithmeticDtype | null = isArithmetic(dtype) ? (id === "task_vector" ? "F32" : dtype) : null;
      let expected = data[0] ?? new Uint8Array(0);
      if (isArithmetic(dtype) && stored !== null) {
        const values = data.map((bytes) => decodeToF32(dtype, bytes));
        const own = recipe.parents.map(ownOf);
        const [base = null] = recipe.base === null ? [null] : values;
        const parents = recipe.base === null ? values : values.slice(1);
        expected = encodeFromF32(stored, mergeValues(methodOf(recipe), { base, parents, own, params: recipe.parameters }));
      }
      expect(Buffer.compare(merged.get(name) ?? new Uint8Array(1), expected), name).toBe(0);
    }
  });

  it("gives the same bytes for any threads, tiles and input shards", async () => {
    const { outDir } = await run(recipe, { threads: 1, tileBytes: 65536 });
    const expected = await digestsOf(outDir);
    for (const [threads, tileBytes, shards] of [
      [2, 65536, 1],
      [3, 1 << 18, 2],
      [7, 65536, 5],
      [7, 100_000, 2],
      [2, 1 << 20, 5],
      [3, 4 << 20, 1],
    ] as const) {
      const { outDir: again } = await run(recipe, { threads, tileBytes, shards });
      expect(await digestsOf(again), `${threads} threads, ${tileBytes} bytes, ${shards} shards`).toEqual(expected);
    }
  });

  it("reads as many bytes as the plan said", async () => {
    const { readBytes } = plan(recipe, await headersOf(recipe));
    expect((await run(recipe)).report.bytesRead).toBe(readBytes);
  });

  it("reports digests that match the files, and shards that hold the same tensors", async () => {
    const { outDir, report } = await run(recipe, { threads: 2 });
    expect(Object.fromEntries(report.files.map((file) => [file.path, file.sha256]))).toEqual(await digestsOf(outDir));
    const { outDir: sharded } = await run(recipe, { maxShardBytes: 100_000 });
    const index = JSON.parse(await readFile(join(sharded, "model.safetensors.index.json"), "utf8"));
    const whole = await readTensors(join(outDir, "model.safetensors"));
    expect(Object.keys(index.weight_map).sort()).toEqual([...whole.keys()].sort());
    expect(index.metadata.total_size).toBe([...whole.values()].reduce((sum, { length }) => sum + length, 0));
    expect(new Set(Object.values(index.weight_map)).size).toBeGreaterThan(1);
    for (const [name, file] of Object.entries<string>(index.weight_map)) {
      const tensors = await readTensors(join(sharded, file));
      expect(Buffer.compare(tensors.get(name) ?? new Uint8Array(1), whole.get(name) ?? new Uint8Array(2)), name).toBe(0);
    }
  });
});

describe("a task vector", () => {
  it("is marked as a difference and gives the parent back when added to the base", async () => {
    const { outDir: delta } = await run(recipes["task_vector"] ?? parseRecipe({}));
    const source = await fileSource(join(delta, "model.safetensors"));
    expect((await readHeader(source)).metadata.get("amalgam.space")).toBe("delta");
    await source.close();
    const recipe = parseRecipe({
      method: "task_arithmetic",
      base: "base",
      parents: [{ model: "delta" }],
      parameters: { lambda: 1 },
    });
    const { outDir } = await run(recipe, { parents: [delta] });
    const [back, parent] = [
      await readTensors(join(outDir, "model.safetensors")),
      await readTensors(join(path(1), "model.safetensors")),
    ];
    for (const { name, dtype } of specs) {
      const [actual, expected] = [back.get(name) ?? new Uint8Array(8), parent.get(name) ?? new Uint8Array(4)];
      if (!isArithmetic(dtype)) expect(Buffer.compare(actual, expected), name).toBe(0);
      // base + (x − base) rounds twice in f32: it is off by no more than the last places of the larger operand.
      const [values, wanted] = isArithmetic(dtype) ? [decodeToF32(dtype, actual), decodeToF32(dtype, expected)] : [[], []];
      expect(
        wanted.findIndex((value, i) => !(Math.abs((values[i] ?? Number.NaN) - value) <= 2e-8)),
        name,
      ).toBe(-1);
    }
    const linear = parseRecipe({ method: "linear", parents: [{ model: "delta" }] });
    await expect(run(linear, { parents: [delta] })).rejects.toThrow("delta is a task vector; Linear needs weights");
  });
});

describe("a merge that cannot be done", () => {
  const linear = parseRecipe({ method: "linear", parents: [{ model: "first" }, { model: "second" }] });

  async function refused(promise: Promise<unknown>): Promise<{ codes: string[]; message: string }> {
    const error: unknown = await promise.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RefusedError);
    expect(await leftovers()).toEqual([]);
    return error instanceof RefusedError
      ? { codes: error.faults.map(({ code }) => code), message: error.message }
      : { codes: [], message: "" };
  }

  /** A second parent that differs in one tensor. */
  const altered = (label: string, alter: (tensor: TensorData) => TensorData | null) =>
    writeFolder(
      join(root, label),
      tensorsOf(2).flatMap((tensor) => alter(tensor) ?? []),
    );

  it.each([
    ["F32", "layer.0.weight", 16000, (view: DataView, at: number) => view.setUint32(4 * at, 0x7fc00000, true)],
    ["F16", "layer.1.weight", 36872, (view: DataView, at: number) => view.setUint16(2 * at, 0xfc00, true)],
    ["BF16", "embed.weight", 0, (view: DataView, at: number) => view.setUint16(2 * at, 0x7f80, true)],
  ] as const)("names tensor, model and element of a NaN or infinity in %s", async (dtype, name, at, poison) => {
    const second = await altered(`poisoned-${dtype}`, (tensor) => {
      if (tensor.name === name) poison(new DataView(tensor.data.buffer, tensor.data.byteOffset), at);
      return tensor;
    });
    for (const threads of [1, 3]) {
      const { codes, message } = await refused(run(linear, { parents: [path(1), second], threads, tileBytes: 65536 }));
      expect(codes).toEqual(["NON_FINITE"]);
      expect(message).toBe(
        `Tensor "${name}" of second holds NaN or infinity (first at element ${at}); repair or leave out this model.`,
      );
    }
  });

  it("names the tensor that does not fit the output type", async () => {
    const large = {
      ...linear,
      dtype: "F16" as const,
      parameters: { normalize: false },
      parents: [
        { model: "first", weight: 1e6 },
        { model: "second", weight: 1e6 },
      ],
    };
    const { codes, message } = await refused(run(large));
    expect(codes).toEqual(["OVERFLOW"]);
    expect(message).toMatch(/^Tensor ".+" of the result is too large for F16/);
  });

  it("locates every tensor that differs in name, shape or type", async () => {
    const second = await altered("different", (tensor) => {
      if (tensor.name === "scale") return null;
      if (tensor.name === "layer.0.weight") return { ...tensor, shape: [129, 130] };
      if (tensor.name === "layer.0.bias") return { ...tensor, dtype: "BF16" };
      if (tensor.name === "mask") return { ...tensor, name: "musk" };
      return tensor;
    });
    const { codes, message } = await refused(run(linear, { parents: [path(1), second] }));
    expect(codes.sort()).toEqual(["DTYPE_MISMATCH", "SHAPE_MISMATCH", "TENSOR_MISSING", "TENSOR_MISSING", "TENSOR_UNEXPECTED"]);
    expect(message).toContain("Tensor layer.0.weight has shape [129, 130] in second but [130, 129] in first");
    expect(message).toContain("Tensor layer.0.bias is BF16 in second but F16 in first");
    expect(message).toContain("Tensor musk is in second but not in first");
  });

  it("merges a mix of float types when the recipe says which type it wants", async () => {
    const second = await altered("mixed", (tensor) => (tensor.name === "layer.0.bias" ? { ...tensor, dtype: "BF16" } : tensor));
    const { report } = await run({ ...linear, dtype: "F32" }, { parents: [path(1), second] });
    expect(report.files.some(({ path: file }) => file === "model.safetensors")).toBe(true);
  });

  it("refuses integers that differ between models", async () => {
    const second = await altered("positions", (tensor) => {
      if (tensor.name === "position_ids") tensor.data[200_000] = 255;
      return tensor;
    });
    const { codes, message } = await refused(run(linear, { parents: [path(1), second] }));
    expect(codes).toEqual(["INTEGERS_DIFFER"]);
    expect(message).toContain('"position_ids"');
  });

  it.each([
    ["threads", { threads: 0 }],
    ["threads", { threads: Number.NaN }],
    ["tileBytes", { tileBytes: 1000 }],
    ["tileBytes", { tileBytes: 2 ** 40 }],
    ["maxShardBytes", { maxShardBytes: -1 }],
  ])("refuses a number that no run can use: %s %j", async (name, options) => {
    const { codes, message } = await refused(run(linear, options));
    expect(codes).toEqual(["OPTION_INVALID"]);
    expect(message).toContain(`${name} must be an integer`);
  });

  it("refuses one folder under two names", async () => {
    expect((await refused(run(linear, { parents: [path(1), join(path(1), ".")] }))).codes).toEqual(["PARENT_TWICE"]);
  });

  it("refuses an existing output folder and leaves it alone", async () => {
    const { outDir } = await run(linear);
    const before = await digestsOf(outDir);
    expect((await refused(run(linear, { outDir }))).codes).toEqual(["OUTPUT_EXISTS"]);
    expect(await digestsOf(outDir)).toEqual(before);
  });

  it("leaves nothing behind when it is cancelled at any moment, not even parents of the folder", async () => {
    for (const when of [0, 1, 5, 40]) {
      const controller = new AbortController();
      const outDir = join(root, "new", "deep", "out");
      setTimeout(() => controller.abort(new Error("changed my mind")), when);
      await expect(run(linear, { outDir, signal: controller.signal, tileBytes: 65536 })).rejects.toThrow("changed my mind");
      expect((await readdir(root)).includes("new")).toBe(false);
      expect(await leftovers()).toEqual([]);
    }
  });

  it("leaves nothing behind when a parent is cut off after its header was read", async () => {
    const second = await altered("shrinking", (tensor) => tensor);
    const controller = new AbortController();
    const file = join(second, "model.safetensors");
    const { length } = await readFile(file);
    await truncate(file, length - 10);
    expect((await refused(run(linear, { parents: [path(1), second], signal: controller.signal }))).codes).toEqual([
      "DATA_TRUNCATED",
    ]);
    await appendFile(file, new Uint8Array(11));
    expect((await refused(run(linear, { parents: [path(1), second] }))).codes).toEqual(["UNUSED_TAIL"]);
  });
});

describe("the folder of a merged BERT checkpoint", () => {
  const config = {
    architectures: ["BertForSequenceClassification"],
    model_type: "bert",
    hidden_size: 4,
    id2label: { 0: "ham", 1: "spam" },
    torch_dtype: "float16",
  };
  const trunk: TensorSpec[] = [{ name: "bert.embeddings.weight", dtype: "F32", shape: [10, 4] }];
  const files = { "tokenizer.json": "{}", "vocab.txt": "[PAD]\n", "notes.txt": "mine", LICENSE: "Apache-2.0" };
  const recipe = parseRecipe({ method: "task_arithmetic", base: "base", parents: [{ model: "a" }, { model: "b" }] });
  const merge = async (outDir: string, extra: Partial<MergeOptions> = {}) => {
    const tensors = (seed: number, heads: TensorSpec[]) => [...trunk, ...heads].map((spec) => tensorOf(spec, seed));
    const head = (n: number): TensorSpec => ({ name: "classifier.weight", dtype: "F32", shape: [n, 4] });
    const base = await writeFolder(
      join(root, `${outDir}-base`),
      tensors(1, [{ name: "cls.predictions.bias", dtype: "F32", shape: [10] }]),
      { config: { ...config, architectures: ["BertForMaskedLM"] }, files },
    );
    const parents = [
      await writeFolder(join(root, `${outDir}-a`), tensors(2, [head(2)]), { config }),
      await writeFolder(join(root, `${outDir}-b`), tensors(3, [head(5)]), { config }),
    ];
    return mergeToFolder({ recipe, base, parents, outDir: join(root, outDir), ...extra });
  };

  it("is a trunk: heads left out, architecture BertModel, labels gone, tokenizer and licence of the base copied", async () => {
    const report = await merge("bert");
    const out = join(root, "bert");
    expect([...(await readTensors(join(out, "model.safetensors"))).keys()]).toEqual(["bert.embeddings.weight"]);
    const written = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect(written).toEqual({ architectures: ["BertModel"], model_type: "bert", hidden_size: 4, torch_dtype: "float32" });
    expect(report.files.map((file) => file.path)).toEqual([
      "LICENSE",
      "README.md",
      "amalgam.json",
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "vocab.txt",
    ]);
    expect(report.notes.join()).toContain("2 tensors left out by classifier.*, cls.*, qa_outputs.*");
  });

  it("has a card and a manifest with parents by digest, their coefficients, and the identity", async () => {
    const { identity, files: written } = await merge("bert-digests", { manifest: { requestedBy: "test" } });
    const manifest = JSON.parse(await readFile(join(root, "bert-digests", "amalgam.json"), "utf8"));
    const card = await readFile(join(root, "bert-digests", "README.md"), "utf8");
    expect(identity).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest).toMatchObject({
      identity,
      requestedBy: "test",
      method: { id: "task_arithmetic", version: 1 },
      excluded: ["classifier.weight", "cls.predictions.bias"],
    });
    expect(manifest.models.map((model: { role: string; coefficient: number | null }) => [model.role, model.coefficient])).toEqual(
      [
        ["base", null],
        ["parent", 0.3],
        ["parent", 0.3],
      ],
    );
    for (const { digest } of manifest.models) expect(card).toContain(digest);
    expect(card).toContain("`weight 1`");
    expect(manifest.files).toEqual(written.filter((file) => file.path !== "amalgam.json"));
    // The same content elsewhere has the same digests, hence the same identity and the same bytes.
    const again = await merge("bert-elsewhere", { manifest: { requestedBy: "test" } });
    expect(again.files).toEqual(written);
  });

  it("turns a hostile label into plain text on the card", async () => {
    await merge("bert-hostile", {
      digests: "skip",
      labels: { base: "b", parents: ["x` | <script>alert(1)</script>\n# heading", "y"] },
    });
    const card = await readFile(join(root, "bert-hostile", "README.md"), "utf8");
    expect(card).toContain("| parent | `x    <script>alert(1)</script> # heading` |");
  });
});

describe("progress", () => {
  const wholeModel = parseRecipe({
    method: "ties",
    base: "base",
    parents: [{ model: "a" }, { model: "b" }],
    parameters: { trim: "model" },
  });
  const dropping = parseRecipe({ method: "pcb", base: "base", parents: [{ model: "a" }, { model: "b" }] });

  it.each([
    ["one pass", recipes["linear"]],
    ["two passes", recipes["slerp"]],
    ["surveys that count", wholeModel],
    ["surveys in rounds", dropping],
  ])("covers every pass, never goes back, and ends at what the plan said: %s", async (_, recipe = parseRecipe({})) => {
    const seen: MergeProgress[] = [];
    const { report } = await run(recipe, { onProgress: (progress) => void seen.push(progress) });
    const last = seen.at(-1);
    expect(last).toMatchObject({ tensorsDone: specs.length, tensorsTotal: specs.length, bytesRead: report.bytesRead });
    expect(new Set(seen.map(({ bytesTotal }) => bytesTotal))).toEqual(new Set([last?.bytesRead]));
    const { readBytes } = plan(recipe, await headersOf(recipe));
    expect(last?.bytesTotal).toBe(readBytes);
    for (const key of ["bytesRead", "tensorsDone"] as const) {
      const values = seen.map((progress) => progress[key]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });
});

describe("a merge without digests of its weights", () => {
  const recipe = recipes["linear"] ?? parseRecipe({});

  it("has the same weights, and says in report and manifest that they were not hashed", async () => {
    const [hashed, plain] = [await run(recipe), await run(recipe, { hash: false })];
    const digestOf = (files: readonly MergedFile<string | null>[]) =>
      files.map(({ path: name, sha256 }) => [name, sha256 === null]);
    expect(digestOf(plain.report.files)).toEqual([
      ["README.md", false],
      ["amalgam.json", false],
      ["config.json", false],
      ["model.safetensors", true],
    ]);
    const manifest = JSON.parse(await readFile(join(plain.outDir, "amalgam.json"), "utf8"));
    expect(manifest.files.find(({ path: name }: MergedFile) => name === "model.safetensors").sha256).toBeNull();
    const file = "model.safetensors";
    expect((await digestsOf(plain.outDir))[file]).toBe((await digestsOf(hashed.outDir))[file]);
  });
});

describe("digests of weights", () => {
  it("are right when a copied tensor stands behind one that takes three passes", async () => {
    const large: readonly TensorSpec[] = [
      { name: "a", dtype: "I64", shape: [70_000] },
      { name: "b", dtype: "F32", shape: [600_000] },
      { name: "c", dtype: "I32", shape: [5] },
      { name: "d", dtype: "F32", shape: [400_000] },
      { name: "e", dtype: "U8", shape: [3] },
    ];
    const recipe = parseRecipe({ method: "ties", base: "base", parents: [{ model: "a" }, { model: "b" }] });
    const [base = "", ...parents] = await Promise.all(
      [1, 2, 3].map((seed) =>
        writeFolder(
          join(root, `passes-${seed}`),
          large.map((spec) => tensorOf(spec, seed)),
        ),
      ),
    );
    for (const threads of [1, 2, 5]) {
      const { outDir, report } = await run(recipe, { base, parents, threads, tileBytes: 16_384 });
      expect(Object.fromEntries(report.files.map((file) => [file.path, file.sha256]))).toEqual(await digestsOf(outDir));
    }
  });
});

describe("the place of the result", () => {
  const recipe = recipes["linear"] ?? parseRecipe({});
  const refusal = async (outDir: string, options: Partial<MergeOptions> = {}): Promise<string> => {
    const error: unknown = await run(recipe, { outDir, ...options }).catch((reason: unknown) => reason);
    expect(await leftovers()).toEqual([]);
    return error instanceof RefusedError ? `${error.faults[0]?.code}: ${error.message}` : String(error);
  };

  it("may not be a parent, nor lie inside one, however it is written", async () => {
    expect(await refusal(path(1))).toMatch(/^OUTPUT_IN_MODEL: .* is the folder of a; choose a folder outside of the models\.$/);
    expect(await refusal(join(path(2), "deep", "..", "out"))).toMatch(/^OUTPUT_IN_MODEL: .* lies inside the folder of b;/);
    const link = join(root, "link");
    await symlink(path(3), link);
    expect(await refusal(join(link, "out", "deep"))).toMatch(/^OUTPUT_IN_MODEL: .* lies inside the folder of c;/);
    expect((await readdir(path(3))).sort()).toEqual(["config.json", "model.safetensors"]);
  });

  it("may begin with the name of a parent", async () => {
    const { report } = await run(recipe, { outDir: `${path(1)}-merged` });
    expect(report.files.length).toBeGreaterThan(0);
  });

  it("may not be a file, nor lie in one", async () => {
    const file = join(root, "occupied");
    await writeFile(file, "mine");
    expect(await refusal(file)).toMatch(/^OUTPUT_EXISTS: .*occupied exists already; choose another folder or remove it\.$/);
    expect(await refusal(file, { resume: true })).toMatch(
      /^OUTPUT_EXISTS: .*occupied exists already; there is nothing to resume\.$/,
    );
    expect(await refusal(join(file, "out"))).toMatch(/^OUTPUT_UNWRITABLE: The folder .*occupied cannot be made: /);
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  // Root may write everywhere, except where nobody can.
  it.skipIf(process.platform !== "linux")("must be writable", async () => {
    expect(await refusal("/proc/out")).toMatch(/^OUTPUT_UNWRITABLE: Nothing can be written next to \/proc\/out: /);
  });

  it("keeps what others have put beside it while the merge was cancelled", async () => {
    const controller = new AbortController();
    const outDir = join(root, "shared", "out");
    const onProgress = () => {
      mkdirSync(join(root, "shared", "theirs"), { recursive: true });
      controller.abort(new Error("changed my mind"));
    };
    await expect(run(recipe, { outDir, onProgress, signal: controller.signal })).rejects.toThrow("changed my mind");
    expect(await readdir(join(root, "shared"))).toEqual(["theirs"]);
  });

  it("needs the disk to be written to when it is resumed", async () => {
    expect(await refusal(join(root, "scratch"), { resume: true, durable: false })).toMatch(
      /^OPTION_INVALID: resume needs durable/,
    );
  });
});

describe("many parents with large tiles", () => {
  it("share the memory of a worker", async () => {
    const many = parseRecipe({ method: "linear", parents: Array.from({ length: 64 }, (_, i) => ({ model: `m${i}` })) });
    const parents = await Promise.all(
      many.parents.map((_, i) => writeFolder(join(root, `many-${i}`), [tensorOf({ name: "w", dtype: "BF16", shape: [50] }, i)])),
    );
    const { outDir } = await run(many, { parents, tileBytes: 64 << 20, threads: 1 });
    const merged = decodeToF32("BF16", (await readTensors(join(outDir, "model.safetensors"))).get("w") ?? new Uint8Array(0));
    const inputs = parents.map((_, i) => decodeToF32("BF16", tensorOf({ name: "w", dtype: "BF16", shape: [50] }, i).data));
    const expected = mergeValues(methodOf(many), { base: null, parents: inputs });
    expect(encodeFromF32("BF16", merged)).toEqual(encodeFromF32("BF16", expected));
  });
});

describe("a single file as a parent", () => {
  it("can be merged without a config", async () => {
    const file = join(root, "alone.safetensors");
    await writeFile(file, await readFile(join(path(2), "model.safetensors")));
    const { report } = await run(parseRecipe({ method: "linear", parents: [{ model: "x" }, { model: "y" }] }), {
      parents: [join(path(1), "model.safetensors"), file],
    });
    expect(report.files.map((written) => written.path)).toContain("model.safetensors");
  });
});
