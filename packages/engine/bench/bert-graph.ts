import type { OnnxConstant, OnnxGraph, OnnxNode } from "../../tfjs-backend-ort/src/onnx.ts";
import type { BertConfig, Parameters } from "../src/runtime/index.ts";

const node = (op: string, inputs: readonly string[], out: string, attributes: OnnxNode["attributes"] = {}): OnnxNode => ({
  op,
  inputs,
  outputs: [out],
  attributes,
});

/**
 * A whole BERT classifier as one ONNX graph with its weights inside, from the standard operators that exporters write; what can be fused
 * is ONNX Runtime's choice. Inputs `ids` and `positions` [size·length] (INT64), `mask` [size, 1, 1, length]; output `logits`.
 */
export function bertGraph(config: BertConfig, parameters: Parameters, size: number, length: number): OnnxGraph {
  const { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon } = config;
  const weights = parameters.names.map(
    (name): OnnxConstant => ({ name, value: { shape: parameters.shape(name), values: parameters.values(name) } }),
  );
  const dense = (name: string, x: string, out: string) => node("Gemm", [x, `${name}.weight`, `${name}.bias`], out, { transB: 1 });
  const norm = (name: string, x: string, out: string) =>
    node("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], out, { axis: -1, epsilon: { float: epsilon } });
  const layer = (index: number): OnnxNode[] => {
    const prefix = `bert.encoder.layer.${index}`;
    const x = `hidden_${index}`;
    const at = (name: string) => `${name}_${index}`;
    const apart = (part: string) => [
      dense(`${prefix}.attention.self.${part}`, x, at(part)),
      node("Reshape", [at(part), "head_shape"], at(`${part}_joined`)),
      // Keys straight into the order in which the product with the queries reads them.
      node("Transpose", [at(`${part}_joined`)], at(`${part}_heads`), { perm: part === "key" ? [0, 2, 3, 1] : [0, 2, 1, 3] }),
    ];
    return [
      ...["query", "key", "value"].flatMap(apart),
      node("MatMul", [at("query_heads"), at("key_heads")], at("products")),
      node("Mul", [at("products"), "scale"], at("scores")),
      node("Add", [at("scores"), "mask"], at("masked")),
      node("Softmax", [at("masked")], at("probabilities"), { axis: -1 }),
      node("MatMul", [at("probabilities"), at("value_heads")], at("context_heads")),
      node("Transpose", [at("context_heads")], at("context_joined"), { perm: [0, 2, 1, 3] }),
      node("Reshape", [at("context_joined"), "flat_shape"], at("context")),
      dense(`${prefix}.attention.output.dense`, at("context"), at("projected")),
      node("Add", [at("projected"), x], at("output_sum")),
      norm(`${prefix}.attention.output.LayerNorm`, at("output_sum"), at("attended")),
      dense(`${prefix}.intermediate.dense`, at("attended"), at("wide")),
      node("Gelu", [at("wide")], at("gelu")),
      dense(`${prefix}.output.dense`, at("gelu"), at("narrow")),
      node("Add", [at("narrow"), at("attended")], at("narrow_sum")),
      norm(`${prefix}.output.LayerNorm`, at("narrow_sum"), `hidden_${index + 1}`),
    ];
  };
  const embeddings = "bert.embeddings";
  return {
    nodes: [
      node("Gather", [`${embeddings}.word_embeddings.weight`, "ids"], "words"),
      node("Gather", [`${embeddings}.position_embeddings.weight`, "positions"], "places"),
      node("Gather", [`${embeddings}.token_type_embeddings.weight`, "first"], "type"),
      node("Add", ["words", "places"], "placed"),
      node("Add", ["placed", "type"], "summed"),
      norm(`${embeddings}.LayerNorm`, "summed", "hidden_0"),
      ...Array.from({ length: config.num_hidden_layers }, (_, index) => layer(index)).flat(),
      node("Gather", [`hidden_${config.num_hidden_layers}`, "firsts"], "first_tokens"),
      dense("bert.pooler.dense", "first_tokens", "pooling"),
      node("Tanh", ["pooling"], "pooled"),
      dense("classifier", "pooled", "logits"),
    ],
    inputs: [["ids", 7], ["positions", 7], "mask"],
    outputs: ["logits"],
    constants: [
      ...weights,
      { name: "head_shape", value: [size, length, heads, width / heads] },
      { name: "flat_shape", value: [size * length, width] },
      { name: "first", value: [0] },
      { name: "firsts", value: Array.from({ length: size }, (_, row) => row * length) },
      { name: "scale", value: 1 / Math.sqrt(width / heads) },
    ],
  };
}
