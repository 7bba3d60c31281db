import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type MergeOptions, mergeToFolder, parseRecipe, plan } from "../src/merge/index.ts";
import { openModel } from "../src/merge/open-model.ts";
import { openTokenizers } from "../src/merge/open-tokenizers.ts";
import { digestsOf, writeFolder } from "./checkpoints.ts";
import {
  alignSlowly,
  embedName,
  headName,
  matrixOf,
  readJson,
  readTensors,
  rowsOf,
  type SlowPolicy,
  type TokenModel,
  type TokenModelOptions,
  writeTokenModel,
} from "./token-models.ts";

vi.setConfig({ testTimeout: 60_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-tokenizers-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
const place = (): string => {
  count += 1;
  return join(root, `f${count}`);
};

interface Merge {
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly models: readonly { readonly folder: string }[];
  readonly options?: Partial<MergeOptions>;
}

/** Merges folders that the recipe calls base (when it has one), a, b, c. */
async function merge({ recipe, models, options }: Merge) {
  const parsed = parseRecipe(recipe);
  const folders = models.map(({ folder }) => folder);
  const outDir = place();
  const [base = null] = parsed.base === null ? [null] : folders;
  const parents = parsed.base === null ? folders : folders.slice(1);
  const report = await mergeToFolder({ recipe: parsed, base, parents, outDir, digests: "skip", durable: false, ...options });
  return {
    outDir,
    report,
    tensors: await readTensors(join(outDir, report.files.find(({ path }) => /safetensors$/.test(path))?.path ?? "")),
  };
}

const linear = {
  method: "linear",
  parents: [
    { model: "a", weight: 0.75 },
    { model: "b", weight: 0.25 },
  ],
};

describe("a union worked by hand", () => {
  // a: 0 <s>, 1 x, 2 y, 3 xy          b: 0 <s>, 1 <b>, 2 y, 3 z, 4 yz
  const a = { seed: 1, words: ["xy"], specials: ["<s>"], columns: 2 };
  const b = { seed: 2, words: ["yz"], specials: ["<s>", "<b>"], columns: 2 };

  async function written(options: TokenModelOptions, rows: number[][]): Promise<TokenModel> {
    const model = await writeTokenModel(place(), options);
    const tensors = model.tensors.map((tensor) => (tensor.shape[0] === rows.length ? matrixOf(tensor.name, rows) : tensor));
    const config = await readJson(model.folder, "config.json");
    const tokenizer = await readFile(join(model.folder, "tokenizer.json"), "utf8");
    return { ...model, folder: await writeFolder(place(), tensors, { config, files: { "tokenizer.json": tokenizer } }) };
  }
  const rowsA = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ];
  const rowsB = [
    [10, 20],
    [30, 40],
    [50, 60],
    [70, 80],
    [90, 100],
  ];

  it("averages what both have and keeps what one has", async () => {
    const models = [await written(a, rowsA), await written(b, rowsB)];
    const { tensors, outDir, report } = await merge({ recipe: { ...linear, tokenizer: {} }, models });
    // <s> x y xy, then of b what is new: <b> z yz.
    const expected = [
      [3.25, 6.5],
      [3, 4],
      [16.25, 19.5],
      [7, 8],
      [30, 40],
      [70, 80],
      [90, 100],
    ];
    for (const name of [embedName, headName]) expect(rowsOf(tensors.get(name) ?? matrixOf("", []))).toEqual(expected);
    expect(await readJson(outDir, "config.json")).toMatchObject({ vocab_size: 7, bos_token_id: 0 });
    expect(report.notes.join("\n")).toContain("The vocabulary of the result is the union of a, b: 7 tokens.");
    expect((await readJson(outDir, "amalgam.json")).vocabulary).toEqual({ owner: "a", tokens: 7, rows: 7 });
  });

  it("of a base gives models without a token its row, so that their task vector is zero there", async () => {
    const models = [await written(a, rowsA), await written(b, rowsB)];
    const recipe = {
      method: "task_arithmetic",
      base: "base",
      parents: [{ model: "a" }],
      parameters: { lambda: 0.5 },
      tokenizer: {},
    };
    const { tensors } = await merge({ recipe, models });
    const expected = [
      [5.5, 11],
      [3, 4],
      [27.5, 33],
      [7, 8],
      [30, 40],
      [70, 80],
      [90, 100],
    ];
    expect(rowsOf(tensors.get(embedName) ?? matrixOf("", []))).toEqual(expected);
  });

  it("takes rows that the policy names, zeros, and the mean of each model's rows for padding", async () => {
    const models = [await written(a, rowsA), await written(b, rowsB)];
    const tokens = {
      "<new>": { source: { kind: "model_token", model: "b", tokenId: 4 } },
      "<zero>": { source: { kind: "zero" } },
      y: { source: { kind: "model_token", model: "a", token: "x" }, force: true },
    };
    const { tensors, report } = await merge({ recipe: { ...linear, tokenizer: { tokens, padToMultipleOf: 5 } }, models });
    const expected = [
      [3.25, 6.5],
      [3, 4],
      [3, 4],
      [7, 8],
      [30, 40],
      [70, 80],
      [90, 100],
      [90, 100],
      [0, 0],
      [15.5, 18.75],
    ];
    expect(rowsOf(tensors.get(embedName) ?? matrixOf("", []))).toEqual(expected);
    expect(report.notes.join("\n")).toContain("9 tokens, filled up to 10 rows.");
  });
});

/** Three vocabularies that share some tokens, in other orders. */
const families: readonly TokenModelOptions[] = [
  { seed: 1, words: ["abcd", "bad"], specials: ["<s>", "</s>"], dtype: "BF16" },
  { seed: 2, words: ["xyz", "bad"], specials: ["<b>", "<s>"], dtype: "F16" },
  { seed: 3, words: ["dcba", "xyz"], specials: ["</s>", "<c>", "<s>"], dtype: "F32", extraRows: 3 },
];

const policies: Readonly<Record<string, SlowPolicy>> = {
  union: {},
  base: { source: "base" },
  "a model": { source: "b" },
  padding: { padToMultipleOf: 16 },
  rules: {
    tokens: {
      "<s>": { source: { kind: "model", model: "b" }, force: true },
      xyz: { source: { kind: "model_token", model: "a", tokenId: 2 } },
      "<made>": { source: { kind: "model_token", model: "b", token: "<c>" } },
      "<none>": {},
      bad: { source: { kind: "zero" }, force: true },
    },
    padToMultipleOf: 7,
  },
};

const methods = {
  linear: {
    method: "linear",
    parents: [
      { model: "first", weight: 1 },
      { model: "a", weight: 0.3 },
      { model: "b", weight: -0.2 },
    ],
  },
  task_arithmetic: { method: "task_arithmetic", base: "base", parents: [{ model: "a", weight: 0.3 }, { model: "b" }] },
  ties: {
    method: "ties",
    base: "base",
    parents: [
      { model: "a", density: 0.4 },
      { model: "b", density: 0.7 },
    ],
  },
  model_stock: { method: "model_stock", base: "base", parents: [{ model: "a" }, { model: "b" }] },
  task_vector: { method: "task_vector", base: "base", parents: [{ model: "a" }], unused: "b" },
} as const;

describe.each(Object.keys(methods) as (keyof typeof methods)[])("%s", (method) => {
  it.each(Object.keys(policies))("under the policy %s makes what it makes of matrices aligned beforehand", async (name) => {
    const policy = policies[name] ?? {};
    if (method === "task_vector" && (name === "rules" || name === "a model")) return;
    const { unused = null, ...recipe } = { unused: null, ...methods[method] };
    const used = unused === null ? families : families.slice(0, 2);
    const dtype = method === "task_vector" ? {} : { dtype: "F32" };
    for (const isTied of [false, true]) {
      const models = await Promise.all(used.map((family) => writeTokenModel(place(), { ...family, isTied })));
      const hasBase = "base" in recipe;
      const source = policy.source === "base" && !hasBase ? "first" : policy.source;
      const { tensors, outDir } = await merge({ recipe: { ...recipe, ...dtype, tokenizer: { ...policy, source } }, models });

      const matrices = isTied ? [embedName] : [embedName, headName];
      const names = [hasBase ? "base" : "first", "a", "b"];
      const alignedOf = (matrix: string) => {
        const given = models.map(({ tokens, tensors: own }, i) => {
          const found = own.find((tensor) => tensor.name === matrix);
          return { name: names[i] ?? "", tokens, rows: found === undefined ? [] : rowsOf(found) };
        });
        return alignSlowly(given, policy, hasBase);
      };
      const beforehand = await Promise.all(
        models.map(async ({ tensors: own }, i) => ({
          folder: await writeFolder(
            place(),
            own.map((tensor) =>
              matrices.includes(tensor.name) ? matrixOf(tensor.name, alignedOf(tensor.name).aligned[i] ?? []) : tensor,
            ),
          ),
        })),
      );
      const expected = await merge({ recipe: { ...recipe, dtype: method === "task_vector" ? null : "F32" }, models: beforehand });
      expect([...tensors.keys()]).toEqual([...expected.tensors.keys()]);
      for (const [key, tensor] of expected.tensors) expect(tensors.get(key), key).toEqual(tensor);

      const { tokens } = alignedOf(embedName);
      const written = await readJson(outDir, "tokenizer.json");
      const tokenizer = new Tokenizer(written, {});
      for (const [id, token] of tokens.entries()) expect(tokenizer.token_to_id(token), token).toBe(id);
    }
  });
});

describe("the result of a union", () => {
  it("cuts out the special tokens of both models", async () => {
    const models = await Promise.all(families.slice(0, 2).map((family) => writeTokenModel(place(), family)));
    const { outDir } = await merge({ recipe: { ...linear, dtype: "F32", tokenizer: {} }, models });
    const tokenizer = new Tokenizer(await readJson(outDir, "tokenizer.json"), {});
    expect(tokenizer.encode("<s>abcd xyz<b></s>").tokens).toEqual(["<s>", "abcd", "xyz", "<b>", "</s>"]);
  });

  it("has generation_config.json with ids of the merged vocabulary", async () => {
    const generation = (bos: number) => ({ "generation_config.json": JSON.stringify({ bos_token_id: bos, pad_token_id: 3 }) });
    const [a, b] = families;
    if (a === undefined || b === undefined) throw new Error("There are two.");
    const models = [
      await writeTokenModel(place(), { ...a, files: generation(0) }),
      await writeTokenModel(place(), { ...b, files: generation(1) }),
    ];
    const { outDir } = await merge({ recipe: { ...linear, dtype: "F32", tokenizer: { source: "b" } }, models });
    // Id 1 of b is <s>; the vocabulary is b's.
    expect(await readJson(outDir, "generation_config.json")).toMatchObject({ bos_token_id: 1 });
    expect(await readJson(outDir, "config.json")).toMatchObject({ bos_token_id: 1, vocab_size: models[1]?.tokens.length });
  });

  it("of tied and untied models takes the embeddings where lm_head is missing", async () => {
    const [a, b] = families;
    if (a === undefined || b === undefined) throw new Error("There are two.");
    const models = [await writeTokenModel(place(), a), await writeTokenModel(place(), { ...b, isTied: true })];
    const { tensors } = await merge({ recipe: { ...linear, dtype: "F32", tokenizer: {} }, models });
    const rowOf = (model: TokenModel | undefined, name: string, token: string) => {
      const tensor = model?.tensors.find((each) => each.name === name);
      return tensor === undefined ? [] : (rowsOf(tensor)[model?.tokens.indexOf(token) ?? -1] ?? []);
    };
    const merged = rowsOf(tensors.get(headName) ?? matrixOf("", []))[models[0]?.tokens.indexOf("<s>") ?? -1] ?? [];
    expect(merged).toHaveLength(6);
    const [mine, theirs] = [rowOf(models[0], headName, "<s>"), rowOf(models[1], embedName, "<s>")];
    merged.forEach((value, c) => void expect(value).toBeCloseTo(0.75 * (mine[c] ?? 0) + 0.25 * (theirs[c] ?? 0), 6));
  });
});

describe("a merge of many rows", () => {
  const names = (prefix: string, from: number, to: number, step = 1) =>
    Array.from({ length: Math.floor((to - from) / step) }, (_, i) => `<${prefix}${from + i * step}>`);
  // Shared stretches, stretches of one model, single rows in another order; an odd width, so that tiles begin within rows.
  const big: readonly TokenModelOptions[] = [
    { seed: 1, words: ["ab"], specials: [...names("t", 0, 500), ...names("u", 0, 50)], dtype: "BF16", columns: 257 },
    {
      seed: 2,
      words: ["bc"],
      specials: [...names("u", 0, 80), ...names("t", 100, 700, 3).reverse()],
      dtype: "F16",
      columns: 257,
    },
    { seed: 3, words: ["ab"], specials: [...names("v", 0, 99), ...names("t", 0, 640, 2), "<odd>"], dtype: "F32", columns: 257 },
  ];
  let models: Map<number, TokenModel[]>;
  beforeAll(async () => {
    models = new Map();
    for (const shards of [1, 2])
      models.set(shards, await Promise.all(big.map((options) => writeTokenModel(place(), { ...options, shards }))));
  });

  const recipes = {
    linear: { method: "linear", parents: [{ model: "base" }, { model: "a" }, { model: "b" }] },
    ties: { method: "ties", base: "base", parents: [{ model: "a", density: 0.3 }, { model: "b" }] },
    dare_linear: { method: "dare_linear", base: "base", parents: [{ model: "a", density: 0.5 }, { model: "b" }] },
    breadcrumbs: { method: "breadcrumbs", base: "base", parents: [{ model: "a" }, { model: "b" }] },
    model_stock: { method: "model_stock", base: "base", parents: [{ model: "a" }, { model: "b" }] },
  };

  it.each(Object.entries(recipes))(
    "by %s gives the same bytes for any threads, tiles and shards, and reads what the plan said",
    async (_, given) => {
      const recipe = { ...given, dtype: "BF16", tokenizer: { padToMultipleOf: 64 } };
      const first = await merge({ recipe, models: models.get(1) ?? [], options: { threads: 1, tileBytes: 65536 } });
      const expected = await digestsOf(first.outDir);
      for (const [threads, tileBytes, shards] of [
        [3, 16_384, 1],
        [2, 100_000, 2],
        [4, 4 << 20, 2],
      ] as const) {
        const seen: number[] = [];
        const options = { threads, tileBytes, onProgress: ({ bytesRead }: { bytesRead: number }) => void seen.push(bytesRead) };
        const again = await merge({ recipe, models: models.get(shards) ?? [], options });
        expect(await digestsOf(again.outDir), `${threads} threads, ${tileBytes} bytes, ${shards} shards`).toEqual(expected);
        expect(seen.at(-1)).toBe(again.report.bytesRead);
      }
      const parsed = parseRecipe(recipe);
      const opened = await openTokenizers(await Promise.all((models.get(1) ?? []).map(({ folder }) => openModel(folder, null))));
      const headers = opened.map(({ header }) => header);
      const [base = null] = parsed.base === null ? [null] : headers;
      const { readBytes } = plan(parsed, { base, parents: parsed.base === null ? headers : headers.slice(1) });
      expect(first.report.bytesRead).toBe(readBytes);
    },
  );
});
