import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { encodeFromF32 } from "../src/formats/index.ts";
import { type CheckpointHeader, mergeToFolder, parseRecipe, plan, RefusedError } from "../src/merge/index.ts";
import { openModel } from "../src/merge/open-model.ts";
import { openTokenizers } from "../src/merge/open-tokenizers.ts";
import { bpeSample, type TokenizerSample, wordPieceSample } from "../src/merge/tokenizer/test/tokenizer-samples.ts";
import { tensorOf, writeFolder } from "./checkpoints.ts";
import {
  embedName,
  headName,
  matrixOf,
  readJson,
  readTensors,
  rowsOf,
  type TokenModelOptions,
  writeTokenModel,
} from "./token-models.ts";

vi.setConfig({ testTimeout: 60_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-tokenizer-refusals-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
const place = (name = "f"): string => {
  count += 1;
  return join(root, `${name}${count}`);
};

const one: TokenModelOptions = { seed: 1, words: ["abc"], specials: ["<s>"] };
const write = async (options: Partial<TokenModelOptions> = {}) => (await writeTokenModel(place(), { ...one, ...options })).folder;

const linear = (more: Readonly<Record<string, unknown>> = {}) =>
  parseRecipe({ method: "linear", parents: [{ model: "a" }, { model: "b" }], ...more });

async function merge(folders: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const recipe = linear(more);
  const [base = null] = recipe.base === null ? [null] : folders;
  const parents = recipe.base === null ? folders : folders.slice(1);
  const outDir = place("out");
  const report = await mergeToFolder({ recipe, base, parents, outDir, digests: "skip", durable: false });
  return { outDir, report };
}

/** Faults of a merge that must be refused before anything is written. */
async function refusal(folders: readonly string[], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const before = await readdir(root);
  const error: unknown = await merge(folders, more).then(
    () => new Error("The merge was not refused."),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusedError)) throw error;
  expect(await readdir(root)).toEqual(before);
  return error.faults.map(({ code, path, message }) => `${code} ${path.join(".")} ${message}`).join("\n");
}

describe("without a policy", () => {
  it("equal tokenizers pass silently, and are not even parsed", async () => {
    const files = { "tokenizer.json": "not JSON at all" };
    const { report, outDir } = await merge([await write({ files }), await write({ seed: 2, files })]);
    expect(report.notes.join()).not.toContain("okenizer");
    expect(await readFile(join(outDir, "tokenizer.json"), "utf8")).toBe("not JSON at all");
  });

  it("tokenizers with other white space are the same", async () => {
    const files = { "tokenizer.json": JSON.stringify(bpeSample(["abc"], ["<s>"]), null, 3) };
    expect((await merge([await write(), await write({ seed: 2, files })])).report.notes.join()).not.toContain("okenizer");
  });

  it("models without tokenizer files pass without a note, one beside others with one", async () => {
    const bare = async (seed: number) => {
      const folder = await write({ seed });
      await rm(join(folder, "tokenizer.json"));
      return folder;
    };
    expect((await merge([await bare(1), await bare(2)])).report.notes).toEqual([]);
    expect((await merge([await write(), await bare(2)])).report.notes).toEqual([
      "b has no tokenizer files; its rows are taken to be those of a.",
    ]);
  });

  it("other tokens are refused, with what differs and what to do", async () => {
    const models = [await write(), await write({ seed: 2, words: ["abd"] })];
    expect(await refusal(models)).toMatchInlineSnapshot(
      `"TOKENIZER_MISMATCH parents.1 The tokenizers of a and b differ (2 tokens only in a: "c", "abc"; 2 tokens only in b: "d", "abd"; Merges differ from rank 1 on: "ab" and "c" in a, "ab" and "d" in b; 1 only in a, 1 only in b, the rest in another order); set "tokenizer": {"source": "union"} in the recipe to merge them, or {"source": "a"} to keep that of a."`,
    );
  });

  it("the same tokens with other merges are refused with the advice to keep one", async () => {
    const change = (sample: TokenizerSample) => void (sample.model["merges"] as string[]).reverse();
    const models = [await write(), await write({ seed: 2, change })];
    expect(await refusal(models)).toMatchInlineSnapshot(
      `"TOKENIZER_MISMATCH parents.1 The tokenizers of a and b give their tokens the same ids but cut texts differently (Merges differ from rank 0 on: "a" and "b" in a, "ab" and "c" in b; 0 only in a, 0 only in b, the rest in another order); set "tokenizer": {"source": "a"} in the recipe to keep that of a."`,
    );
    const { outDir } = await merge(models, { tokenizer: { source: "a" } });
    expect(await readJson(outDir, "tokenizer.json")).toEqual(await readJson(models[0] ?? "", "tokenizer.json"));
  });

  it("an extra vocabulary row is refused although the tokenizer is the same, and left out by the base's", async () => {
    const models = [await write(), await write({ seed: 2, extraRows: 1 })];
    const base = { method: "task_arithmetic", base: "base", parents: [{ model: "b" }] };
    expect(await refusal(models, base)).toMatchInlineSnapshot(`
      "SHAPE_MISMATCH parents.0 Tensor lm_head.weight has shape [7, 6] in b but [6, 6] in base; the tokenizer is the same, so an extra vocabulary row belongs to no token: set "tokenizer": {"source": "base"} in the recipe to leave it out.
      SHAPE_MISMATCH parents.0 Tensor model.embed_tokens.weight has shape [7, 6] in b but [6, 6] in base; the tokenizer is the same, so an extra vocabulary row belongs to no token: set "tokenizer": {"source": "base"} in the recipe to leave it out."
    `);
    const { outDir, report } = await merge(models, { ...base, tokenizer: { source: "base" } });
    expect(report.notes.join("\n")).toContain("belong to no token and are left out");
    const rows = rowsOf((await readTensors(join(outDir, "model.safetensors"))).get(embedName) ?? matrixOf("", []));
    expect(rows).toHaveLength(6);
    expect(await readJson(outDir, "config.json")).toMatchObject({ vocab_size: 6 });
  });

  it("other tokenizers do not matter when no embeddings take part", async () => {
    const models = [await write(), await write({ seed: 2, words: ["abd", "e"] })];
    const { outDir } = await merge(models, { exclude: ["*embed_tokens*", "lm_head*"] });
    expect(await readdir(outDir)).toContain("tokenizer.json");
  });
});

describe("a policy", () => {
  it("needs the tokenizer of every model", async () => {
    const bare = await write({ seed: 2 });
    await rm(join(bare, "tokenizer.json"));
    expect(await refusal([await write(), bare], { tokenizer: {} })).toBe(
      'TOKENIZER_MISSING parents.1 b has no tokenizer files, which the recipe\'s "tokenizer" needs; add its tokenizer.json.',
    );
  });

  it("is refused by name where only headers are known, and nothing is checked without one", async () => {
    const header = async (folder: string, label: string): Promise<CheckpointHeader> =>
      (await openModel(folder, null, label)).header;
    const parents = [await header(await write(), "a"), await header(await write({ seed: 2, words: ["abd"] }), "b")];
    expect(plan(linear(), { base: null, parents }).notes).toEqual([]);
    expect(() => plan(linear({ tokenizer: {} }), { base: null, parents })).toThrow(/tokenizer of a is not at hand/);
  });

  it("does not make hidden sizes fit", async () => {
    const models = [await write(), await write({ seed: 2, words: ["abd"], columns: 4 })];
    const faults = await refusal(models, { tokenizer: {} });
    expect(faults).toContain("SHAPE_MISMATCH parents.1");
    expect(faults).toContain(`Tensor ${embedName} has shape [6, 4] in b but [6, 6] in a; only the number of rows may differ.`);
  });

  it("of a hostile tokenizer is refused by the file", async () => {
    const good = await write();
    const cases: [string, string][] = [
      ['{"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}}', "TOKENIZER_INVALID"],
      ["[".repeat(100_000), "TOKENIZER_INVALID"],
      ["{", "TOKENIZER_INVALID"],
      ['{"model": {"type": "BPE", "vocab": {"a": 1e999}, "merges": []}}', "TOKENIZER_INVALID"],
      ['{"normalizer": 1e999, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}', "TOKENIZER_INVALID"],
    ];
    for (const [text, code] of cases) {
      const bad = await write({ seed: 2, files: { "tokenizer.json": text } });
      for (const more of [{}, { tokenizer: {} }]) {
        const faults = await refusal([good, bad], more);
        expect(faults).toContain(code);
        expect(faults).toContain("b: tokenizer.json");
      }
    }
  });

  it("of a broken configuration beside the tokenizer is refused before the work too", async () => {
    const files = { "generation_config.json": "[1]" };
    expect(await refusal([await write({ files }), await write({ seed: 2, words: ["abd"] })], { tokenizer: {} })).toContain(
      "a: generation_config.json is not a JSON object",
    );
  });

  it("of a token without row is refused", async () => {
    const model = await writeTokenModel(place(), { ...one, seed: 2 });
    const cut = model.tensors.map((tensor) => {
      const rows = rowsOf(tensor.name === embedName ? tensor : matrixOf("", []));
      return tensor.name === embedName ? matrixOf(embedName, rows.slice(0, 3)) : tensor;
    });
    const files = { "tokenizer.json": await readFile(join(model.folder, "tokenizer.json"), "utf8") };
    const small = await writeFolder(place(), cut, { config: await readJson(model.folder, "config.json"), files });
    expect(await refusal([await write(), small], { tokenizer: {} })).toContain(
      "TOKEN_WITHOUT_ROW parents.1 b: the embeddings have 3 rows",
    );
  });

  it("refuses a task vector, which has no rows for tokens of others", async () => {
    const [base, a] = [await write(), await write({ seed: 2 })];
    const { outDir } = await merge([base, a], { method: "task_vector", base: "base", parents: [{ model: "a" }] });
    const recipe = { method: "task_arithmetic", base: "base", parents: [{ model: "v" }], tokenizer: {} };
    expect(await refusal([base, outDir], recipe)).toContain("TOKENIZER_UNSUPPORTED parents.0 v is a task vector");
  });

  it("names the model and the element of a value that is not finite, also in rows that others take", async () => {
    for (const padToMultipleOf of [1, 16]) {
      const model = await writeTokenModel(place(), { ...one, seed: 2, words: ["xyz"] });
      const tensors = model.tensors.map((tensor) => {
        if (tensor.name !== headName) return tensor;
        const rows = rowsOf(tensor);
        // Token 2 is one of this model alone.
        return {
          ...tensor,
          data: encodeFromF32(
            "F32",
            Float32Array.from(rows.flat(), (value, i) => (i === 2 * 6 + 1 ? Number.NaN : value)),
          ),
        };
      });
      const files = { "tokenizer.json": await readFile(join(model.folder, "tokenizer.json"), "utf8") };
      const bad = await writeFolder(place(), tensors, { config: await readJson(model.folder, "config.json"), files });
      const faults = await refusal([await write(), bad], { tokenizer: { padToMultipleOf } });
      expect(faults).toContain(`NON_FINITE parents.1 Tensor "${headName}" of b holds NaN or infinity`);
      if (padToMultipleOf === 1) expect(faults).toContain("(first at element 13)");
    }
  });
});

describe("biases and heads of BERT", () => {
  it("are aligned like the embeddings", async () => {
    const folderOf = async (seed: number, pieces: readonly string[]) => {
      const sample = wordPieceSample(pieces);
      const size = Object.keys(sample.model["vocab"] as object).length;
      const tensors = [
        tensorOf({ name: "bert.embeddings.word_embeddings.weight", dtype: "F32", shape: [size, 4] }, seed),
        tensorOf({ name: "cls.predictions.bias", dtype: "F32", shape: [size] }, seed),
        tensorOf({ name: "bert.embeddings.position_embeddings.weight", dtype: "F32", shape: [8, 4] }, seed),
      ];
      const config = { model_type: "bert", vocab_size: size };
      return {
        tensors,
        folder: await writeFolder(place(), tensors, { config, files: { "tokenizer.json": JSON.stringify(sample) } }),
      };
    };
    // [UNK] a b        [UNK] b c
    const [a, b] = [await folderOf(1, ["a", "b"]), await folderOf(2, ["b", "c"])];
    const { outDir } = await merge([a.folder, b.folder], { tokenizer: {} });
    const biasOf = (tensors: readonly { name: string; data: Uint8Array }[]) => {
      const found = tensors.find(({ name }) => name === "cls.predictions.bias");
      return [...new Float32Array(new Uint8Array(found?.data ?? []).buffer)];
    };
    const [x, y] = [biasOf(a.tensors), biasOf(b.tensors)];
    const merged = biasOf([...(await readTensors(join(outDir, "model.safetensors"))).values()]);
    const half = (left = Number.NaN, right = Number.NaN) => Math.fround((left + right) / 2);
    expect(merged).toEqual([half(x[0], y[0]), x[1], half(x[2], y[1]), y[2]]);
  });
});

describe("a chat template of the recipe", () => {
  const config = (template: string) => ({
    "tokenizer_config.json": JSON.stringify({ chat_template: template, model_max_length: 7 }),
  });

  it("replaces that of the base, without a tokenizer policy too", async () => {
    const models = [await write({ files: config("{{ old }}") }), await write({ seed: 2 })];
    for (const more of [{}, { tokenizer: {} }]) {
      const { outDir } = await merge(models, { chatTemplate: "{{ new }}", ...more });
      expect(await readJson(outDir, "tokenizer_config.json")).toMatchObject({ chat_template: "{{ new }}", model_max_length: 7 });
    }
  });

  it("may be the one that most models have", async () => {
    const models = [
      await write({ files: config("{{ mine }}") }),
      await write({ seed: 2, files: config("{{ theirs }}") }),
      await write({ seed: 3, files: config("{{ theirs }}") }),
    ];
    const { outDir } = await merge(models, { parents: [{ model: "a" }, { model: "b" }, { model: "c" }], chatTemplate: "auto" });
    expect(await readJson(outDir, "tokenizer_config.json")).toMatchObject({ chat_template: "{{ theirs }}" });
  });
});

describe("tokenizers of 150,000 tokens", () => {
  it("are taken as they are while they are equal", async () => {
    const vocab = Object.fromEntries(Array.from({ length: 150_000 }, (_, i) => [`token-${i}`, i]));
    const merges = Array.from({ length: 150_000 }, (_, i) => `left${i} right${i}`);
    const text = JSON.stringify({ model: { type: "BPE", vocab, merges } });
    const folders = await Promise.all([1, 2].map((seed) => write({ seed })));
    for (const folder of folders) await writeFile(join(folder, "tokenizer.json"), text);
    const models = await Promise.all(folders.map((folder, i) => openModel(folder, null, ["a", "b"][i])));
    const parents = (await openTokenizers(models)).map(({ header }) => header);
    expect(plan(linear(), { base: null, parents }).notes).toEqual([]);
  });
});

describe("a chat template that is none", () => {
  it.each([
    ["chatml", "chatTemplate: The built-in chat template chatml is not supported; give the template itself"],
    ["plain words", 'chatTemplate: Give "auto" or a Jinja template'],
  ])("%s is refused when the recipe is read", (chatTemplate, message) => {
    expect(() => linear({ chatTemplate })).toThrow(message);
  });
});
