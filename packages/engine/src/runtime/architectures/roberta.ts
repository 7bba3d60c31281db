import { gatherRows, gelu } from "@amalgam/tfjs-backend-ort";
import { z } from "zod";
import type { Architecture, CheckpointSource } from "../architecture.ts";
import { paddingMask } from "../attention-mask.ts";
import { countLabels } from "../count-labels.ts";
import { Layers } from "../layers.ts";
import type { TextNetwork } from "../network.ts";
import { checkHeads, countUpTo, layerCount, notQuantised, only, parseConfig } from "../parse-config.ts";
import { takeTensors, type WantedTensor } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import type { TokenBatch } from "../token-batch.ts";

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

type RobertaConfig = z.infer<typeof schema>;

const isHeadTensor = (name: string): boolean => name.startsWith("classifier.") || name.startsWith("lm_head.");

/**
 * RoBERTa (Liu et al. 2019) and XLM-R: BERT's layers, positions counted from pad_token_id + 1, and heads of their own. A trunk
 * saved without its prefix is found by its names.
 */
export const roberta: Architecture = {
  modelTypes: ["roberta", "xlm-roberta"],
  heads: ["classification", "masked-language"],
  isHeadTensor,
  async open(source, { head, headFrom = source, labels }): Promise<TextNetwork> {
    const config = parseConfig(schema, source.config, source.configFile);
    checkHeads(config, source.configFile);
    const maxLength = config.max_position_embeddings - config.pad_token_id - 1;
    if (maxLength < 1) {
      throw new Error(
        `${source.configFile}: max_position_embeddings: ${config.max_position_embeddings} leaves no positions beyond pad_token_id ${config.pad_token_id}.`,
      );
    }
    const isMasked = head === "masked-language";
    const outputs = isMasked ? config.vocab_size : await countLabels(headFrom, "classifier.out_proj.weight", labels);
    const parameters = await takeTensors([...trunk(config, source), ...headTensors(config, headFrom, isMasked ? 0 : outputs)]);
    const layers = new Layers(parameters);
    const encode = (batch: TokenBatch) => encodeBatch(layers, config, batch);
    return {
      architecture: config.model_type,
      input: "tokens",
      vocabularySize: config.vocab_size,
      head,
      outputs,
      maxLength,
      parameters,
      layers,
      logits: (batch, positions = new Int32Array(0)) =>
        tf.tidy(() =>
          isMasked
            ? maskedLogits(layers, config, gatherRows(encode(batch), positions))
            : classLogits(layers, gatherRows(encode(batch), firstRows(batch))),
        ),
      dispose: () => parameters.dispose(),
    };
  },
};

function trunk(config: RobertaConfig, from: CheckpointSource): WantedTensor[] {
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
function headTensors({ hidden_size: d, vocab_size }: RobertaConfig, from: CheckpointSource, labels: number): WantedTensor[] {
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

/** Last layer, [size·length, d]. */
function encodeBatch(layers: Layers, config: RobertaConfig, batch: TokenBatch): tf.Tensor2D {
  const mask = paddingMask(batch);
  const epsilon = config.layer_norm_eps;
  const shape = { batch: batch.size, length: batch.length, heads: config.num_attention_heads, epsilon };
  let hidden = tf.tidy(() => {
    const words = layers.embedding("roberta.embeddings.word_embeddings", batch.ids);
    const places = layers.embedding("roberta.embeddings.position_embeddings", positionIds(config, batch));
    const type = layers.embedding("roberta.embeddings.token_type_embeddings", Int32Array.of(0));
    return layers.layerNorm("roberta.embeddings.LayerNorm", tf.add(tf.add(words, places), type), epsilon);
  });
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const below = hidden;
    hidden = layers.encoderLayer(`roberta.encoder.layer.${layer}`, below, mask, shape);
    below.dispose();
  }
  return hidden;
}

/** pad_token_id + n for the n-th token that is not padding; padding itself stays at pad_token_id. */
function positionIds({ pad_token_id: padding, max_position_embeddings: rows }: RobertaConfig, batch: TokenBatch): Int32Array {
  let seen = 0;
  return batch.ids.map((id, index) => {
    if (index % batch.length === 0) seen = 0;
    if (id === padding) return padding;
    seen += 1;
    if (padding + seen < rows) return padding + seen;
    throw new RangeError(`A text of ${batch.length} tokens does not fit the model's ${rows - padding - 1} positions.`);
  });
}

const firstRows = (batch: TokenBatch) => Int32Array.from({ length: batch.size }, (_, row) => row * batch.length);

function classLogits(layers: Layers, firsts: tf.Tensor2D): tf.Tensor2D {
  return layers.dense("classifier.out_proj", tf.tanh(layers.dense("classifier.dense", firsts)));
}

function maskedLogits(layers: Layers, config: RobertaConfig, rows: tf.Tensor2D): tf.Tensor2D {
  const normal = layers.layerNorm("lm_head.layer_norm", gelu(layers.dense("lm_head.dense", rows)), config.layer_norm_eps);
  return layers.dense("roberta.embeddings.word_embeddings", normal, "lm_head.bias");
}
