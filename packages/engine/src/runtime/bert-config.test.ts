import { describe, expect, test } from "vitest";
import { parseBertConfig } from "./bert-config.ts";

const config = {
  model_type: "bert",
  vocab_size: 100,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 16,
};

test("what the file leaves out has Hugging Face's defaults, and other keys are kept", () => {
  expect(parseBertConfig({ ...config, id2label: { 0: "ham" } }, "config.json")).toMatchObject({
    layer_norm_eps: 1e-12,
    type_vocab_size: 2,
    hidden_act: "gelu",
    id2label: { 0: "ham" },
  });
});

describe("a config that cannot be run is refused, by file and key", () => {
  test.each([
    ["num_hidden_layers", -1],
    ["num_hidden_layers", 1e9],
    ["num_attention_heads", 1e9],
    ["num_attention_heads", 5],
    ["num_attention_heads", 0],
    ["hidden_size", "32"],
    ["hidden_size", 1.5],
    ["hidden_size", Number.NaN],
    ["vocab_size", undefined],
    ["layer_norm_eps", 0],
    ["hidden_act", "relu"],
    ["position_embedding_type", "relative_key"],
    ["tie_word_embeddings", false],
    ["model_type", "gpt2"],
    ["auto_map", { AutoModel: "modeling.Evil" }],
  ])("%s: %s", (key, value) => {
    expect(() => parseBertConfig({ ...config, [key]: value }, "some/config.json")).toThrow(`some/config.json: ${key}: `);
  });

  test.each([null, [], "bert", 3])("%j instead of an object", (value) => {
    expect(() => parseBertConfig(value, "some/config.json")).toThrow("some/config.json: ");
  });
});
