import { gatherRows } from "@amalgam/tfjs-backend-ort";
import type { Architecture } from "../architecture.ts";
import { Layers } from "../layers.ts";
import type { Decoding, PairNetwork } from "../network.ts";
import { takeTensors } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import { hasTiedHead } from "../tied-head.ts";
import { padBatch, type TokenBatch, takeTexts } from "../token-batch.ts";
import { parseT5Config, t5Tensors } from "./t5-config.ts";
import { chooseRows, type DecoderPast, decode, type EncodedSource, encode, forget } from "./t5-stacks.ts";

const HEAD = "lm_head.weight";
const SHARED = "shared.weight";

/**
 * T5 (Raffel et al. 2020) and its later forms (T5 1.1, Flan-T5). The target begins with the start token; the row of a position scores the token
 * that follows it. A tied head is the shared embedding, its input scaled by 1/√d_model; an untied one has a matrix of its own.
 */
export const t5: Architecture = {
  modelTypes: ["t5"],
  heads: ["sequence-to-sequence"],
  // The head belongs to the vocabulary, not to a task: it is merged like the rest.
  isHeadTensor: () => false,
  async open(source): Promise<PairNetwork> {
    const config = parseT5Config(source);
    const wanted = t5Tensors(config, source);
    const isTied = config.tie_word_embeddings && (await hasTiedHead(source, HEAD, SHARED));
    const head = { name: HEAD, shape: [config.vocab_size, config.d_model], from: source };
    const parameters = await takeTensors(isTied ? wanted : [...wanted, head]);
    const layers = new Layers(parameters);
    const scores = (rows: tf.Tensor2D): tf.Tensor2D =>
      layers.dense(isTied ? "shared" : "lm_head", config.isScaled ? tf.mul(rows, config.d_model ** -0.5) : rows);
    const decodingOf = (source: TokenBatch): Decoding => {
      const past: DecoderPast = { own: [], crossed: [] };
      let batch = source;
      const read = (tokens: Int32Array, memory: tf.Tensor2D): tf.Tensor2D => {
        const target = padBatch(Array.from(tokens, (token) => [token]));
        return scores(decode(layers, config, target, { memory, batch }, past));
      };
      return {
        first: () => tf.tidy(() => read(new Int32Array(source.size).fill(config.startToken), encode(layers, config, source))),
        next: (rows, tokens) => {
          chooseRows(past, rows);
          batch = takeTexts(batch, rows);
          // Their keys and values are kept: the sources themselves are not looked at again.
          return tf.tidy(() => read(tokens, tf.zeros([0, config.d_model])));
        },
        dispose: () => forget(past),
      };
    };
    return {
      architecture: config.model_type,
      input: "pairs",
      vocabularySize: config.vocab_size,
      head: "sequence-to-sequence",
      outputs: config.vocab_size,
      maxLength: config.n_positions,
      startToken: config.startToken,
      parameters,
      layers,
      logits: ({ source, target, owners }, positions = everyPosition(target.ids)) =>
        tf.tidy(() => {
          const read = { memory: encode(layers, config, source), batch: source };
          const hidden = decode(layers, config, target, owners === undefined ? read : readBy(read, owners));
          return scores(gatherRows(hidden, positions));
        }),
      decode: (source) => decodingOf(source),
      dispose: () => parameters.dispose(),
    };
  },
};

/** The source of each target, where several share one. */
function readBy({ memory, batch }: EncodedSource, owners: Int32Array): EncodedSource {
  const { length } = batch;
  const rows = Int32Array.from(
    { length: owners.length * length },
    (_, i) => (owners[Math.floor(i / length)] ?? 0) * length + (i % length),
  );
  return { memory: gatherRows(memory, rows), batch: takeTexts(batch, owners) };
}

const everyPosition = (ids: Int32Array): Int32Array => Int32Array.from(ids, (_, index) => index);
