import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dtype } from "../src/formats/index.ts";
import {
  type CheckpointHeader,
  headPatterns,
  matchesGlob,
  parseRecipe,
  plan,
  RefusedError,
  trunkConfig,
} from "../src/merge/index.ts";

const bert = (architecture: string, heads: Readonly<Record<string, readonly number[]>>, label: string): CheckpointHeader => ({
  label,
  config: { architectures: [architecture] },
  space: "weights",
  tensors: [
    { name: "bert.embeddings.weight", dtype: "F32", shape: [100, 8] },
    { name: "bert.embeddings.position_ids", dtype: "I64", shape: [1, 16] },
    ...Object.entries(heads).map(([name, shape]) => ({ name, dtype: "F32" as Dtype, shape })),
  ],
});

const base = bert("BertForMaskedLM", { "cls.predictions.bias": [100] }, "base");
const spam = bert("BertForSequenceClassification", { "classifier.weight": [2, 8] }, "spam");
const genre = bert("BertForSequenceClassification", { "classifier.weight": [10, 8] }, "genre");
const recipe = parseRecipe({ method: "task_arithmetic", base: "base", parents: [{ model: "spam" }, { model: "genre" }] });

const codes = (run: () => unknown): string[] => {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return error.faults.map(({ code, path }) => [code, ...path].join(" "));
  }
};

describe("a plan", () => {
  it("leaves out the heads known for the architecture, copies integers, and states cost", () => {
    const result = plan(recipe, { base, parents: [spam, genre] });
    expect(result.tensors.map(({ name, action, dtype }) => [name, action, dtype])).toEqual([
      ["bert.embeddings.weight", "merge", "F32"],
      ["bert.embeddings.position_ids", "copy", "I64"],
    ]);
    expect(result.excluded).toEqual(["classifier.weight", "cls.predictions.bias"]);
    expect(result.copied).toEqual(["bert.embeddings.position_ids"]);
    expect(result.readBytes).toBe(3 * (100 * 8 * 4 + 16 * 8));
    expect(result.writeBytes).toBe(100 * 8 * 4 + 16 * 8);
    expect(result.secondsForecast).toBeGreaterThan(0);
    // Memory grows with threads and tiles only.
    expect(result.peakMemoryBytes(4) - result.peakMemoryBytes(2)).toBe(result.peakMemoryBytes(6) - result.peakMemoryBytes(4));
  });

  it("reads tensors twice for a method that needs numbers of the whole tensor, copies once", () => {
    const slerp = parseRecipe({ method: "slerp", parents: [{ model: "spam" }, { model: "genre" }] });
    expect(plan(slerp, { base: null, parents: [spam, genre] }).readBytes).toBe(2 * (2 * 100 * 8 * 4 + 16 * 8));
  });

  it("with other globs meets the heads", () => {
    expect(codes(() => plan({ ...recipe, exclude: ["cls.*"] }, { base, parents: [spam, genre] }))).toEqual([
      "TENSOR_UNEXPECTED parents 0",
      "TENSOR_UNEXPECTED parents 1",
    ]);
    expect(codes(() => plan({ ...recipe, exclude: ["*"] }, { base, parents: [spam, genre] }))).toEqual([
      "NOTHING_TO_MERGE exclude",
    ]);
  });

  it("writes the dtype of the recipe, else that of the base, tensor by tensor", () => {
    const narrow = (header: CheckpointHeader): CheckpointHeader => ({
      ...header,
      tensors: header.tensors.map((t) => (t.dtype === "F32" ? { ...t, dtype: "BF16" } : t)),
    });
    const same = plan(recipe, { base: narrow(base), parents: [narrow(spam), narrow(genre)] });
    expect(same.tensors.map(({ dtype }) => dtype)).toEqual(["BF16", "I64"]);
    expect(plan({ ...recipe, dtype: "F16" }, { base, parents: [spam, genre] }).tensors.map(({ dtype }) => dtype)).toEqual([
      "F16",
      "I64",
    ]);
    expect(codes(() => plan(recipe, { base: narrow(base), parents: [spam, narrow(genre)] }))).toEqual([
      "DTYPE_MISMATCH parents 0",
    ]);
    const delta: CheckpointHeader = { ...spam, space: "delta" };
    expect(codes(() => plan(recipe, { base: narrow(base), parents: [delta, narrow(genre)] }))).toEqual([]);
  });

  it("refuses task vectors where weights are expected", () => {
    const delta = { ...base, space: "delta" as const };
    expect(codes(() => plan(recipe, { base: delta, parents: [spam, genre] }))).toEqual(["SPACE_MISMATCH base"]);
    const slerp = parseRecipe({ method: "slerp", parents: [{ model: "a" }, { model: "b" }] });
    expect(codes(() => plan(slerp, { base: null, parents: [spam, { ...genre, space: "delta" }] }))).toEqual([
      "SPACE_MISMATCH parents 1",
    ]);
  });

  it("refuses 8-bit and 64-bit floats by name unless they are excluded", () => {
    const wide = (header: CheckpointHeader): CheckpointHeader => ({
      ...header,
      tensors: [...header.tensors, { name: "x.scale", dtype: "F64", shape: [1] }],
    });
    const headers = { base: wide(base), parents: [wide(spam), wide(genre)] };
    expect(codes(() => plan(recipe, headers))).toEqual(["DTYPE_UNSUPPORTED base"]);
    expect(plan({ ...recipe, exclude: ["cls.*", "classifier.*", "x.*"] }, headers).tensors).toHaveLength(2);
  });

  it("of entirely different models names twenty tensors a model and counts the rest", () => {
    const other = (label: string): CheckpointHeader => ({
      label,
      config: null,
      space: "weights",
      tensors: Array.from({ length: 500 }, (_, i) => ({ name: `${label}.${i}`, dtype: "F32", shape: [1] })),
    });
    const linear = parseRecipe({ method: "linear", parents: [{ model: "p" }, { model: "q" }] });
    const faults = codes(() => plan(linear, { base: null, parents: [other("p"), other("q")] }));
    expect(faults).toHaveLength(21);
    expect(faults.at(-1)).toBe("TENSOR_MISMATCH parents 1");
  });

  it("notes a parent that is the base", () => {
    const same = parseRecipe({ method: "task_arithmetic", base: "base", parents: [{ model: "base" }] });
    expect(plan(same, { base, parents: [base] }).notes.join()).toContain("its task vector is zero");
  });

  it("of 100,000 tensors has them all: with work for each pair of them it would not end", () => {
    const big = (label: string): CheckpointHeader => ({
      label,
      config: null,
      space: "weights",
      tensors: Array.from({ length: 100_000 }, (_, i) => ({ name: `t.${i}`, dtype: "BF16", shape: [10, 10] })),
    });
    const linear = parseRecipe({ method: "linear", parents: [{ model: "p" }, { model: "q" }] });
    expect(plan(linear, { base: null, parents: [big("p"), big("q")] }).tensors).toHaveLength(100_000);
  });
});

describe("globs", () => {
  it("match as a regular expression with .* for * would", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
    fc.assert(
      fc.property(text, name, (glob, candidate) => {
        const pattern = new RegExp(`^${glob.replace(/\./g, "\\.").replace(/\*/g, ".*")}$`);
        expect(matchesGlob(glob, candidate), `${glob} ${candidate}`).toBe(pattern.test(candidate));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("architectures", () => {
  it("unknown to the engine have no heads and keep their config", () => {
    expect(headPatterns([{ architectures: ["LlamaForCausalLM"] }, null, {}, { architectures: "BertModel" }])).toEqual([]);
    expect(trunkConfig({ architectures: ["LlamaForCausalLM"], id2label: {} })).toEqual({
      architectures: ["LlamaForCausalLM"],
      id2label: {},
    });
  });
});
