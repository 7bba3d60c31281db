import { gatherRows } from "@amalgam/tfjs-backend-ort";
import type { Architecture, CheckpointSource, OpenOptions } from "../architecture.ts";
import { type Attending, wholeTexts } from "../attending.ts";
import { type BranchedBatch, branchedTexts } from "../branching.ts";
import { countLabels } from "../count-labels.ts";
import { KeyValueCache } from "../key-value-cache.ts";
import { Layers } from "../layers.ts";
import type { Decoding, HeadKind, TextNetwork } from "../network.ts";
import { takeTensors, type WantedTensor } from "../take-tensors.ts";
import { tf } from "../tf.ts";
import { hasTiedHead } from "../tied-head.ts";
import type { TokenBatch } from "../token-batch.ts";

/** What the architectures of decoders differ in: their trunk. */
export interface DecoderTrunk {
  readonly modelType: string;
  readonly vocabulary: number;
  readonly width: number;
  readonly maxLength: number;
  /** Before the names of the trunk in a checkpoint that has a head; a bare trunk is saved without it. */
  readonly prefix: string;
  /** Token embedding, below the prefix and without ".weight". */
  readonly embedding: string;
  /** Whether the config says that the head over the vocabulary is the token embedding. */
  readonly isTied: boolean;
  /** Names below the prefix, and shapes. */
  readonly tensors: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Hidden states before the last normalisation, one row for each of the ids; a token sees itself and what stands before it. */
  run(layers: Layers, ids: Int32Array, attending: Attending): tf.Tensor2D;
  /** The last normalisation, of any rows. */
  normalise(layers: Layers, rows: tf.Tensor2D): tf.Tensor2D;
}

export const decoderHeads: readonly HeadKind[] = ["causal-language", "classification"];

/** The head over the vocabulary belongs to no task: it is merged like the rest. */
export const isDecoderHead: Architecture["isHeadTensor"] = (name) => name.startsWith("score.");

/**
 * Opens a decoder. A causal head scores, at each of the wanted positions, the token that follows; a classification head is a matrix over
 * the last token of each text that is not padding.
 */
export async function openDecoder(
  source: CheckpointSource,
  { head, headFrom = source, labels }: OpenOptions,
  trunk: DecoderTrunk,
): Promise<TextNetwork> {
  const { vocabulary, width, prefix } = trunk;
  const isClassifier = head === "classification";
  const isBare = source.names.has(`${trunk.embedding}.weight`);
  const stored = (name: string) => (isBare ? name : `${prefix}${name}`);
  const wanted: WantedTensor[] = trunk.tensors.map(([name, shape]) => ({
    name: `${prefix}${name}`,
    shape,
    from: source,
    stored: stored(name),
  }));
  let headName = "score";
  let outputs = vocabulary;
  if (isClassifier) {
    outputs = await countLabels(headFrom, "score.weight", labels);
    wanted.push({ name: "score.weight", shape: [outputs, width], from: headFrom });
  } else if (trunk.isTied && (await hasTiedHead(source, "lm_head.weight", stored(`${trunk.embedding}.weight`)))) {
    headName = `${prefix}${trunk.embedding}`;
  } else {
    headName = "lm_head";
    wanted.push({ name: "lm_head.weight", shape: [vocabulary, width], from: source });
  }
  const parameters = await takeTensors(wanted);
  const layers = new Layers(parameters);
  const scores = (rows: tf.Tensor2D): tf.Tensor2D => layers.dense(headName, trunk.normalise(layers, rows));
  const checkLength = (length: number): void => {
    if (length > trunk.maxLength)
      throw new RangeError(`A text of ${length} tokens does not fit the model's ${trunk.maxLength} positions.`);
  };
  const branchedLogits = (texts: BranchedBatch, positions: Int32Array): tf.Tensor2D =>
    tf.tidy(() => {
      checkLength(1 + Math.max(...texts.places));
      return scores(gatherRows(trunk.run(layers, texts.ids, branchedTexts(texts)), positions));
    });
  const decode = (texts: TokenBatch): Decoding => {
    const cache = new KeyValueCache(texts);
    const run = (ids: Int32Array, attending: Attending): tf.Tensor2D => {
      checkLength(1 + Math.max(...attending.places));
      return trunk.run(layers, ids, attending);
    };
    return {
      first: () => tf.tidy(() => scores(gatherRows(run(texts.ids, cache.begin(texts)), lastTokens(texts)))),
      next: (rows, tokens) => tf.tidy(() => scores(run(tokens, cache.step(rows)))),
      dispose: () => cache.dispose(),
    };
  };
  return {
    architecture: trunk.modelType,
    input: "tokens",
    head,
    outputs,
    maxLength: trunk.maxLength,
    vocabularySize: vocabulary,
    parameters,
    layers,
    logits: (batch, positions = Int32Array.from(batch.ids, (_, index) => index)) =>
      tf.tidy(() => {
        checkLength(batch.length);
        const hidden = trunk.run(layers, batch.ids, wholeTexts(batch));
        return scores(gatherRows(hidden, isClassifier ? lastTokens(batch) : positions));
      }),
    ...(isClassifier ? {} : { decode, branchedLogits }),
    dispose: () => parameters.dispose(),
  };
}

const lastTokens = ({ length, lengths }: TokenBatch): Int32Array => lengths.map((used, row) => row * length + used - 1);
