import { z } from "zod";

const reference = z.string().trim().min(1).max(4096);
const token = z.string().min(1).max(4096);
const maxTokens = 10_000;

const modelSource = z
  .strictObject({ kind: z.literal("model"), model: reference.describe("A model of this merge, as the recipe names it") })
  .describe("The row that this model has for the token");

const modelTokenSource = z
  .strictObject({
    kind: z.literal("model_token"),
    model: reference.describe("A model of this merge, as the recipe names it"),
    token: token.optional().describe("Another token of that model"),
    tokenId: z.int().min(0).max(9_999_999).optional().describe("A row of that model's matrix, in place of a token"),
  })
  .refine((source) => (source.token === undefined) !== (source.tokenId === undefined), "Give either token or tokenId.")
  .describe("The row that this model has for another token");

const zeroSource = z.strictObject({ kind: z.literal("zero") }).describe("A row of zeros");

const tokenRule = z.strictObject({
  source: z
    .discriminatedUnion("kind", [modelSource, modelTokenSource, zeroSource])
    .nullable()
    .default(null)
    .describe("Where models without the token take its row from; null: the usual order"),
  force: z.boolean().default(false).describe("Models that have the token take that row too"),
});

/** What to do with different tokenizers; part of a recipe. */
export const tokenizerPolicy = z.strictObject({
  source: z
    .union([z.enum(["union", "base"]), reference])
    .default("union")
    .describe(
      "union: the tokens of all models, first the base's (else the first parent's); base: the base's tokenizer; else a model of this merge, whose tokenizer is kept",
    ),
  tokens: z
    .record(token, tokenRule)
    .refine((tokens) => Object.keys(tokens).length <= maxTokens, `At most ${maxTokens} tokens can have rules.`)
    .default({})
    .describe("Rules for single tokens; a token that no tokenizer has is added"),
  padToMultipleOf: z
    .int()
    .min(1)
    .max(65_536)
    .nullable()
    .default(null)
    .describe("Rows of the embeddings are filled up to a multiple of this number, with the mean of each model's rows"),
});

export type TokenizerPolicy = z.output<typeof tokenizerPolicy>;
export type TokenRule = z.output<typeof tokenRule>;
export type TokenSource = NonNullable<TokenRule["source"]>;
