import { expect, test } from "vitest";
import { embeddingNames } from "./embedding-names.ts";

const cases = [
  ["llama", ["model.embed_tokens.weight", "lm_head.weight"], ["model.layers.0.mlp.up_proj.weight", "model.norm.weight"]],
  ["qwen2", ["model.embed_tokens.weight", "lm_head.weight"], ["model.layers.0.self_attn.q_proj.weight"]],
  ["gpt2", ["wte.weight"], ["wpe.weight", "h.0.attn.bias"]],
  ["gpt2", ["transformer.wte.weight", "lm_head.weight"], ["transformer.wpe.weight"]],
  [
    "bert",
    ["bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight", "cls.predictions.bias"],
    [
      "bert.embeddings.position_embeddings.weight",
      "cls.predictions.transform.dense.weight",
      "bert.embeddings.token_type_embeddings.weight",
    ],
  ],
  ["bert", ["embeddings.word_embeddings.weight"], ["pooler.dense.weight"]],
  [
    "roberta",
    ["roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight", "lm_head.bias"],
    ["lm_head.dense.weight", "lm_head.dense.bias"],
  ],
  [
    "t5",
    ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"],
    ["encoder.final_layer_norm.weight"],
  ],
] as const;

test.each(cases)("%s: %j", (modelType, wanted, others) => {
  const found = embeddingNames({ model_type: modelType }, [...wanted, ...others]);
  expect(found.map(({ name }) => name)).toEqual(wanted);
  // An architecture that is not known is found by the same names.
  expect(embeddingNames(null, [...wanted, ...others])).toEqual(found);
});

test("roles are told apart", () => {
  expect(
    embeddingNames({ model_type: "bert" }, [
      "embeddings.word_embeddings.weight",
      "cls.predictions.decoder.weight",
      "cls.predictions.decoder.bias",
    ]),
  ).toEqual([
    { name: "embeddings.word_embeddings.weight", role: "input", axis: 0 },
    { name: "cls.predictions.decoder.weight", role: "output", axis: 0 },
    { name: "cls.predictions.decoder.bias", role: "bias", axis: 0 },
  ]);
});
