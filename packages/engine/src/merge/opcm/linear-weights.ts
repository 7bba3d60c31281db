import { embeddingNames } from "../tokenizer/embedding-names.ts";

/** Tables that are looked up by position, type or distance: matrices, but of no linear layer. */
const tables = /(^|[._])(\w*embed(ding|dings)?|embed_(?!out\b)\w+|wte|wpe|relative_attention_bias)\.weight$/;

/**
 * Whether a tensor is the weight of a linear layer: a matrix named "….weight" that is no embedding. Output heads count, as does
 * what GPT-2 stores transposed. One matrix that serves as embedding and head counts as embedding.
 * Limits: decided by name, so a matrix of another kind that is called weight counts as linear, and a linear weight called
 * otherwise (in_proj_weight, fused experts) does not.
 */
export function isLinearWeight(name: string, shape: readonly number[]): boolean {
  if (shape.length !== 2 || !/(^|\.)weight$/.test(name) || tables.test(name)) return false;
  return embeddingNames(null, [name]).every(({ role }) => role !== "input");
}
