import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LanguageTokenizer, languageTokenizer } from "../src/evaluate/language/language-tokenizer.ts";
import { loadTokenizer, Parameters, type TextNetwork, type TokenBatch, tf } from "../src/runtime/index.ts";
import { Layers } from "../src/runtime/layers.ts";

/** One token a letter; 0 pads, 1 ends a text, 2 stands for what is unknown. */
export const letters = [
  "<pad>",
  "</s>",
  "<unk>",
  " ",
  "\n",
  ...Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i)),
];

export const idsOf = (text: string): number[] => [...text].map((letter) => letters.indexOf(letter));

/** What a tokenizer's template puts around a text. */
interface Template {
  readonly before?: readonly number[];
  readonly after?: readonly number[];
}

/** A tokenizer.json of single letters. */
export function letterTokenizer({ before = [], after = [] }: Template = {}): object {
  const special = (id: number) => ({ SpecialToken: { id: letters[id], type_id: 0 } });
  const named = [...before, ...after].map((id) => [letters[id], { id: letters[id], ids: [id], tokens: [letters[id]] }]);
  return {
    version: "1.0",
    added_tokens: [0, 1, 2].map((id) => ({
      ...{ id, content: letters[id], special: true, normalized: false },
      ...{ single_word: false, lstrip: false, rstrip: false },
    })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [...before.map(special), { Sequence: { id: "A", type_id: 0 } }, ...after.map(special)],
      pair: [],
      special_tokens: Object.fromEntries(named),
    },
    decoder: { type: "Fuse" },
    model: { type: "BPE", unk_token: "<unk>", vocab: Object.fromEntries(letters.map((word, id) => [word, id])), merges: [] },
  };
}

export async function openTokenizer(folder: string, template: Template = {}): Promise<LanguageTokenizer> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(letterTokenizer(template)));
  await writeFile(join(folder, "config.json"), JSON.stringify({ eos_token_id: 1 }));
  return languageTokenizer(folder, await loadTokenizer(folder));
}

/**
 * A causal model whose next token depends on the last one alone: logits are rows of a table [vocabulary, vocabulary]. Its likelihoods can be
 * worked out by hand, and do not depend on how a text is cut into windows.
 */
export function bigramNetwork(table: Float32Array, { maxLength }: { maxLength: number }): TextNetwork {
  const size = letters.length;
  const parameters = new Parameters([["table.weight", { shape: [size, size], values: table }]]);
  const layers = new Layers(parameters);
  return {
    architecture: "bigram",
    input: "tokens",
    head: "causal-language",
    outputs: size,
    vocabularySize: size,
    maxLength,
    parameters,
    layers,
    logits(batch: TokenBatch, positions = new Int32Array(0)) {
      if (batch.length > maxLength) throw new RangeError(`${batch.length} tokens for a model of ${maxLength}.`);
      return tf.tidy(() =>
        layers.embedding(
          "table",
          Int32Array.from(positions, (position) => batch.ids[position] ?? 0),
        ),
      );
    },
    dispose: () => parameters.dispose(),
  };
}

/** Scores of every pair of tokens, the same for the same seed. */
export function randomTable(seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: letters.length ** 2 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 6;
  });
}

/** log softmax(table[given])[next], in plain numbers. */
export function bigramLog(table: Float32Array, given: number, next: number): number {
  const row = [...table.subarray(given * letters.length, (given + 1) * letters.length)];
  const largest = Math.max(...row);
  return (row[next] ?? Number.NaN) - largest - Math.log(row.reduce((sum, score) => sum + Math.exp(score - largest), 0));
}
