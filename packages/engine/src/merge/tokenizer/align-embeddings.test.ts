import { describe, expect, test } from "vitest";
import { RefusedError } from "../fault.ts";
import { alignEmbeddings } from "./align-embeddings.ts";
import { listed, modelOf, plain } from "./test/tokenizer-samples.ts";
import { tokenizerPolicy } from "./tokenizer-policy.ts";

const base = modelOf(listed("base", ["<s>", "a", "b"]));
const x = modelOf(listed("x", ["b", "<s>", "c", "d"]));
const y = modelOf(listed("y", ["c", "<s>", "e"]));
const policy = (value: unknown) => tokenizerPolicy.parse(value);

describe("a union", () => {
  const { vocabulary, own, defaults, rows, notes } = alignEmbeddings([base, x, y], 0, policy({}));

  test("keeps the base's order and appends what each model adds", () => {
    expect(vocabulary.tokens).toEqual(["<s>", "a", "b", "c", "d", "e"]);
    expect(rows).toBe(6);
    expect(notes).toEqual([]);
  });

  test("gives each model its own rows", () => {
    expect(own.map((map) => [...map])).toEqual([
      [0, 1, 2, -1, -1, -1],
      [1, -1, 0, 2, 3, -1],
      [1, -1, -1, 0, -1, 2],
    ]);
  });

  test("takes the base's row, else the only model's, else the average", () => {
    expect(defaults).toEqual([
      { outputRow: 1, from: [{ model: 0, row: 1 }] },
      { outputRow: 2, from: [{ model: 0, row: 2 }] },
      {
        outputRow: 3,
        from: [
          { model: 1, row: 2 },
          { model: 2, row: 0 },
        ],
      },
      { outputRow: 4, from: [{ model: 1, row: 3 }] },
      { outputRow: 5, from: [{ model: 2, row: 2 }] },
    ]);
  });

  test("without a base starts from the first model", () => {
    expect(alignEmbeddings([x, y], null, policy({})).vocabulary.tokens).toEqual(["b", "<s>", "c", "d", "e"]);
  });
});

describe("rules for tokens", () => {
  test("force gives the model's own row of another token to all models", () => {
    const source = { kind: "model_token", model: "x", token: "<s>" };
    const result = alignEmbeddings([base, x], 0, policy({ tokens: { a: { source, force: true }, "<new>": { source } } }));
    expect(result.vocabulary.tokens).toEqual(["<s>", "a", "b", "c", "d", "<new>"]);
    expect(result.own.map((map) => map[1])).toEqual([-1, -1]);
    expect(result.defaults.filter(({ outputRow }) => outputRow === 1 || outputRow === 5)).toEqual([
      { outputRow: 1, from: [{ model: 1, row: 1 }] },
      { outputRow: 5, from: [{ model: 1, row: 1 }] },
    ]);
  });

  test("a token that no model has and no source explains is zeros, with a warning", () => {
    const { defaults, notes } = alignEmbeddings([base], 0, policy({ tokens: { "<new>": {} } }));
    expect(defaults).toEqual([{ outputRow: 3, from: "zero" }]);
    expect(notes).toEqual([expect.stringMatching(/^Warning: no model has the token "<new>"/)]);
  });

  test("zeros that were asked for need no warning", () => {
    const { defaults, notes } = alignEmbeddings([base], 0, policy({ tokens: { "<new>": { source: { kind: "zero" } } } }));
    expect(defaults).toEqual([{ outputRow: 3, from: "zero" }]);
    expect(notes).toEqual([]);
  });

  test("new tokens are sorted, whatever the order of the keys", () => {
    const tokens = { q: {}, p: {} };
    expect(alignEmbeddings([base], 0, policy({ source: "base", tokens })).vocabulary.invented).toEqual(["p", "q"]);
  });
});

describe("base or one model's tokenizer", () => {
  test("keeps its tokens alone", () => {
    expect(alignEmbeddings([base, x], 0, policy({ source: "base" })).vocabulary.tokens).toEqual(["<s>", "a", "b"]);
    expect(alignEmbeddings([base, x], 0, policy({ source: "x" })).vocabulary.tokens).toEqual(["b", "<s>", "c", "d"]);
  });

  test("keeps ids without token: own rows where all ids agree, else the mean", () => {
    const gaps = modelOf(
      plain("gaps", [
        ["a", 0],
        ["b", 2],
      ] as const),
    );
    const same = alignEmbeddings([gaps, gaps], 0, policy({ source: "base" }));
    expect(same.own.map((map) => [...map])).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    const other = alignEmbeddings([gaps, base], 0, policy({ source: "base" }));
    expect(other.own.map((map) => [...map])).toEqual([
      [0, 1, 2],
      [1, -1, 2],
    ]);
    expect(other.defaults).toEqual([{ outputRow: 1, from: "mean" }]);
  });

  test("a union that adds tokens closes gaps", () => {
    const gaps = modelOf(
      plain("gaps", [
        ["a", 0],
        ["b", 2],
      ] as const),
    );
    expect(alignEmbeddings([gaps, x], 0, policy({})).vocabulary.tokens).toEqual(["a", "b", "<s>", "c", "d"]);
  });
});

describe("rows of the matrices", () => {
  test("missing rows are one fault for each model, with examples", () => {
    const short = modelOf(listed("short", ["a", "b", "c"]), 1);
    const attempt = () => alignEmbeddings([short, x], null, policy({}));
    expect(attempt).toThrow(RefusedError);
    expect(attempt).toThrow('short: the embeddings have 1 rows, none for 2 tokens of its tokenizer ("b", "c"); "b" has id 1.');
  });

  test("tokens without row do not matter when the result does not have them", () => {
    const short = modelOf(listed("short", ["a", "b", "zz"]), 2);
    expect(() => alignEmbeddings([base, short], 0, policy({ source: "base" }))).not.toThrow();
  });

  test("rows beyond the tokens are noted and left out", () => {
    const { rows, notes } = alignEmbeddings([modelOf(base.vocabulary, 8)], 0, policy({}));
    expect(rows).toBe(3);
    expect(notes).toEqual(["base: rows 3 to 7 of the embeddings belong to no token and are left out."]);
  });

  test("padding rows are each model's mean", () => {
    const { rows, own, defaults } = alignEmbeddings([base], 0, policy({ padToMultipleOf: 4 }));
    expect(rows).toBe(4);
    expect([...(own[0] ?? [])]).toEqual([0, 1, 2, -1]);
    expect(defaults).toEqual([{ outputRow: 3, from: "mean" }]);
  });
});

describe("what is refused, with its place in the recipe", () => {
  const pathOf = (value: unknown, models = [base, x], at: number | null = 0) => {
    try {
      alignEmbeddings(models, at, policy(value));
    } catch (error) {
      if (error instanceof RefusedError) return error.faults.map(({ path }) => path.join("."));
    }
    return [];
  };

  test.each([
    ["a source that is not in the merge", { source: "nowhere" }, "tokenizer.source"],
    [
      "a rule's model that is not in the merge",
      { tokens: { a: { source: { kind: "model", model: "no" } } } },
      "tokenizer.tokens.a.source.model",
    ],
    [
      "a token that the rule's model does not have",
      { tokens: { a: { source: { kind: "model", model: "x" } } } },
      "tokenizer.tokens.a.source",
    ],
    [
      "a row that the rule's model does not have",
      { tokens: { a: { source: { kind: "model_token", model: "x", tokenId: 4 } } } },
      "tokenizer.tokens.a.source",
    ],
  ])("%s", (_, value, path) => {
    expect(pathOf(value)).toEqual([path]);
  });

  test("the base's tokenizer where there is no base", () => {
    expect(pathOf({ source: "base" }, [base, x], null)).toEqual(["tokenizer.source"]);
  });
});
