import { z } from "zod";

const count = (limit: number) => z.number().int().min(1).max(limit);

/** The keys of a Hugging Face `config.json` that shape a BERT. Others are kept as they are; `auto_map` is refused. */
const schema = z.looseObject({
  model_type: z.literal("bert"),
  architectures: z.array(z.string()).optional(),
  vocab_size: count(10_000_000),
  hidden_size: count(65_536),
  num_hidden_layers: z.number().int().min(0).max(1_000),
  num_attention_heads: count(1_024),
  intermediate_size: count(1_000_000),
  max_position_embeddings: count(1_000_000),
  type_vocab_size: count(1_000).default(2),
  layer_norm_eps: z.number().positive().max(1).default(1e-12),
  hidden_act: z.literal("gelu").default("gelu"),
  position_embedding_type: z.literal("absolute").default("absolute"),
  tie_word_embeddings: z.literal(true).default(true),
  initializer_range: z.number().positive().max(1).default(0.02),
  pad_token_id: z.number().int().min(0).default(0),
});

export type BertConfig = z.infer<typeof schema>;

/**
 * Checks a parsed `config.json`. Throws an Error whose message names `where`, the key and what it should be.
 * Code named by the file (`auto_map`) is never run; a config that asks for it is refused.
 */
export function parseBertConfig(value: unknown, where: string): BertConfig {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path.join(".") || "the file";
    throw new Error(`${where}: ${key}: ${issue?.message ?? "not a BERT configuration"}.`);
  }
  const config = parsed.data;
  if ("auto_map" in config) throw new Error(`${where}: auto_map: models that bring their own code are not run; remove the key.`);
  if (config.hidden_size % config.num_attention_heads !== 0) {
    throw new Error(
      `${where}: num_attention_heads: ${config.num_attention_heads} heads do not divide hidden_size ${config.hidden_size}.`,
    );
  }
  return config;
}
