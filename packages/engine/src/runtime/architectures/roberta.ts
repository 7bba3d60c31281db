import { gatherRows, gelu } from "@amalgam/tfjs-backend-ort";
import type { Architecture } from "../architecture.ts";
import { paddingMask } from "../attention-mask.ts";
import { countLabels } from "../count-labels.ts";
import { firstRowsOf } from "../first-rows.ts";
import { Layers } from "../layers.ts";
import type { TextNetwork } from "../network.ts";
import { takeTensors } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import type { TokenBatch } from "../token-batch.ts";
import { parseRobertaConfig, type RobertaConfig, robertaHead, robertaTrunk } from "./roberta-config.ts";

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
    const config = parseRobertaConfig(source);
    const isMasked = head === "masked-language";
    const outputs = isMasked ? config.vocab_size : await countLabels(headFrom, "classifier.out_proj.weight", labels);
    const parameters = await takeTensors([
      ...robertaTrunk(config, source),
      ...robertaHead(config, headFrom, isMasked ? 0 : outputs),
    ]);
    const layers = new Layers(parameters);
    return {
      architecture: config.model_type,
      input: "tokens",
      vocabularySize: config.vocab_size,
      head,
      outputs,
      maxLength: config.maxLength,
      parameters,
      layers,
      logits: (batch, positions = new Int32Array(0)) =>
        tf.tidy(() =>
          isMasked
            ? maskedLogits(layers, config, gatherRows(encode(layers, config, batch, "all"), positions))
            : classLogits(layers, encode(layers, config, batch, "first")),
        ),
      dispose: () => parameters.dispose(),
    };
  },
};

/** Last layer, [size·length, d], or the first row of each text alone, [size, d]: a classifier reads no other. */
function encode(layers: Layers, config: RobertaConfig, batch: TokenBatch, rows: "all" | "first"): tf.Tensor2D {
  const mask = paddingMask(batch);
  const epsilon = config.layer_norm_eps;
  const shape = { batch: batch.size, length: batch.length, heads: config.num_attention_heads, epsilon };
  let hidden = tf.tidy(() => {
    const words = layers.embedding("roberta.embeddings.word_embeddings", batch.ids);
    const places = layers.embedding("roberta.embeddings.position_embeddings", positionIds(config, batch));
    const type = layers.firstRow("roberta.embeddings.token_type_embeddings", batch.ids.length);
    return layers.layerNorm("roberta.embeddings.LayerNorm", tf.add(tf.add(words, places), type), epsilon);
  });
  const last = config.num_hidden_layers - 1;
  for (let layer = 0; layer <= last; layer++) {
    const below = hidden;
    const name = `roberta.encoder.layer.${layer}`;
    if (layer === last && rows === "first") return layers.encoderLayerFirstRows(name, below, mask, shape);
    hidden = layers.encoderLayer(name, below, mask, shape);
    below.dispose();
  }
  return rows === "first" ? firstRowsOf(hidden, shape) : hidden;
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

function classLogits(layers: Layers, firsts: tf.Tensor2D): tf.Tensor2D {
  return layers.dense("classifier.out_proj", tf.tanh(layers.dense("classifier.dense", firsts)));
}

function maskedLogits(layers: Layers, config: RobertaConfig, rows: tf.Tensor2D): tf.Tensor2D {
  const normal = layers.layerNorm("lm_head.layer_norm", gelu(layers.dense("lm_head.dense", rows)), config.layer_norm_eps);
  return layers.dense("roberta.embeddings.word_embeddings", normal, "lm_head.bias");
}
