import { gatherRows } from "@amalgam/tfjs-backend-ort";
import type { Architecture } from "../architecture.ts";
import { Layers } from "../layers.ts";
import type { PairNetwork } from "../network.ts";
import { takeTensors } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import { hasTiedHead } from "../tied-head.ts";
import { parseT5Config, t5Tensors } from "./t5-config.ts";
import { decode, encode } from "./t5-stacks.ts";

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
    const headName = isTied ? "shared" : "lm_head";
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
      logits: ({ source: texts, target }, positions = everyPosition(target.ids)) =>
        tf.tidy(() => {
          const hidden = decode(layers, config, target, encode(layers, config, texts), texts);
          const rows = gatherRows(hidden, positions);
          return layers.dense(headName, config.isScaled ? tf.mul(rows, config.d_model ** -0.5) : rows);
        }),
      dispose: () => parameters.dispose(),
    };
  },
};

const everyPosition = (ids: Int32Array): Int32Array => Int32Array.from(ids, (_, index) => index);
