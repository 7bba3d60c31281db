import type { BertConfig } from "./bert-config.ts";

export type BertHead = "none" | "masked-language" | "classification";

/** Names and shapes of every tensor of a BERT, as Hugging Face transformers names them, in the order of the forward pass. */
export function bertShapes(config: BertConfig, head: BertHead, labels: number): Map<string, readonly number[]> {
  const d = config.hidden_size;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => shapes.set(`${name}.weight`, [d]).set(`${name}.bias`, [d]);
  const dense = (name: string, outputs: number, inputs: number) =>
    shapes.set(`${name}.weight`, [outputs, inputs]).set(`${name}.bias`, [outputs]);

  shapes.set("bert.embeddings.word_embeddings.weight", [config.vocab_size, d]);
  shapes.set("bert.embeddings.position_embeddings.weight", [config.max_position_embeddings, d]);
  shapes.set("bert.embeddings.token_type_embeddings.weight", [config.type_vocab_size, d]);
  norm("bert.embeddings.LayerNorm");
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const prefix = `bert.encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) dense(`${prefix}.attention.self.${part}`, d, d);
    dense(`${prefix}.attention.output.dense`, d, d);
    norm(`${prefix}.attention.output.LayerNorm`);
    dense(`${prefix}.intermediate.dense`, config.intermediate_size, d);
    dense(`${prefix}.output.dense`, d, config.intermediate_size);
    norm(`${prefix}.output.LayerNorm`);
  }
  dense("bert.pooler.dense", d, d);
  if (head === "classification") dense("classifier", labels, d);
  if (head === "masked-language") {
    dense("cls.predictions.transform.dense", d, d);
    norm("cls.predictions.transform.LayerNorm");
    // The decoder's matrix is the word embedding; only its bias is a tensor of its own.
    shapes.set("cls.predictions.bias", [config.vocab_size]);
  }
  return shapes;
}
