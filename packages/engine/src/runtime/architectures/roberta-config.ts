import { z } from "zod";
import type { CheckpointSource } from "../architecture.ts";
import { checkHeads, countUpTo, layerCount, notQuantised, only, parseConfig } from "../parse-config.ts";
import type { WantedTensor } from "../take-tensors.ts";

const schema = z.looseObject({
  model_type: z.enum(["roberta", "xlm-roberta"]),
  vocab_size: countUpTo(10_000_000),
  hidden_size: countUpTo(65_536),
  num_hidden_layers: layerCount,
  num_attention_heads: countUpTo(1_024),
  intermediate_size: countUpTo(1_000_000),
  max_position_embeddings: countUpTo(1_000_000),
  type_vocab_size: countUpTo(1_000).default(2),
  layer_norm_eps: z.number().positive().max(1).default(1e-12),
  pad_token_id: z.number().int().min(0).max(10_000_000).default(1),
  hidden_act: only("gelu").default("gelu"),
  position_embedding_type: only("absolute").default("absolute"),
  tie_word_embeddings: only(true).default(true),
  is_decoder: only(false).default(false),
  add_cross_attention: only(false).default(false),
  quantization_config: notQuantised,
});

export interface RobertaConfig extends z.infer<typeof schema> {
  /** Tokens that have a position: those up to pad_token_id stand for padding. */
  readonly maxLength: number;
}

export function parseRobertaConfig({ config, configFile }: CheckpointSource): RobertaConfig {
  const parsed = parseConfig(schema, config, configFile);
  checkHeads(parsed, configFile);
  const maxLength = parsed.max_position_embeddings - parsed.pad_token_id - 1;
  if (maxLength >= 1) return { ...parsed, maxLength };
  throw new Error(
    `${configFile}: max_position_embeddings: ${parsed.max_position_embeddings} leaves no positions beyond pad_token_id ${parsed.pad_token_id}.`,
  );
}

/** Everything but the head. A trunk saved without its prefix is found by its names. */
export function robertaTrunk(config: RobertaConfig, from: CheckpointSource): WantedTensor[] {
  const d = config.hidden_size;
  const isBare = from.names.has("embeddings.word_embeddings.weight");
  const wanted: WantedTensor[] = [];
  const add = (name: string, shape: number[]) =>
    wanted.push({ name: `roberta.${name}`, shape, from, stored: isBare ? name : `roberta.${name}` });
  const norm = (name: string) => [add(`${name}.weight`, [d]), add(`${name}.bias`, [d])];
  const dense = (name: string, outputs: number, inputs: number) => [
    add(`${name}.weight`, [outputs, inputs]),
    add(`${name}.bias`, [outputs]),
  ];
  add("embeddings.word_embeddings.weight", [config.vocab_size, d]);
  add("embeddings.position_embeddings.weight", [config.max_position_embeddings, d]);
  add("embeddings.token_type_embeddings.weight", [config.type_vocab_size, d]);
  norm("embeddings.LayerNorm");
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) dense(`${prefix}.attention.self.${part}`, d, d);
    dense(`${prefix}.attention.output.dense`, d, d);
    norm(`${prefix}.attention.output.LayerNorm`);
    dense(`${prefix}.intermediate.dense`, config.intermediate_size, d);
    dense(`${prefix}.output.dense`, d, config.intermediate_size);
    norm(`${prefix}.output.LayerNorm`);
  }
  return wanted;
}

/** Of a masked head when there are no `labels`: its decoder is the word embedding, only the bias is its own. */
export function robertaHead(
  { hidden_size: d, vocab_size }: RobertaConfig,
  from: CheckpointSource,
  labels: number,
): WantedTensor[] {
  const shapes: Record<string, number[]> =
    labels === 0
      ? { "lm_head.layer_norm.weight": [d], "lm_head.layer_norm.bias": [d], "lm_head.bias": [vocab_size] }
      : { "classifier.out_proj.weight": [labels, d], "classifier.out_proj.bias": [labels] };
  const dense = labels === 0 ? "lm_head.dense" : "classifier.dense";
  return Object.entries({ [`${dense}.weight`]: [d, d], [`${dense}.bias`]: [d], ...shapes }).map(([name, shape]) => ({
    name,
    shape,
    from,
  }));
}
