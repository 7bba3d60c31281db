import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createBert,
  loadBert,
  loadTokenizer,
  padBatch,
  parseBertConfig,
  predictLabels,
  saveBert,
  selectBackend,
  tf,
} from "../runtime/index.ts";
import { isCorrect } from "./correct-bits.ts";
import { evaluate } from "./evaluate.ts";
import { wilson } from "./intervals.ts";

const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index))];
const tokenizer = {
  version: "1.0",
  added_tokens: [],
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
  decoder: null,
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};
const labels = ["x", "y", "z"];
const config = parseBertConfig(
  {
    model_type: "bert",
    vocab_size: words.length,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 16,
    initializer_range: 0.5,
  },
  "test",
);
const examples = Array.from({ length: 57 }, (_, index) => ({
  text: Array.from({ length: 1 + ((index * 7) % 19) }, (_unused, at) => words[4 + ((index * 5 + at * 11) % 26)]).join(" "),
  label: index % 3,
}));

let root = "";
const [base, expert] = ["base", "expert"];
const at = (name: string) => join(root, name);
const request = (change: object = {}) =>
  ({ kind: "classification", model: at(base), head: at(expert), labels, data: at("split.jsonl"), ...change }) as const;

beforeAll(async () => {
  await selectBackend("ort");
  root = await mkdtemp(join(tmpdir(), "evaluate-"));
  await saveBert(at(base), createBert({ config, seed: 1 }));
  await saveBert(at(expert), createBert({ config, head: "classification", labels: 3, seed: 2 }), { labels });
  await writeFile(join(at(base), "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(at("split.jsonl"), examples.map((example) => JSON.stringify(example)).join("\n"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** One text at a time, without batches or padding. */
async function guessOneByOne(): Promise<boolean[]> {
  const model = await loadBert(at(base), { head: "classification", headFrom: at(expert) });
  const text = await loadTokenizer(at(base));
  const answers: boolean[] = [];
  for (const example of examples) {
    const [guess] = await predictLabels(model, padBatch([text.encode(example.text, 16)]));
    answers.push(guess === example.label);
  }
  model.dispose();
  return answers;
}

test("the score is that of the model on one text at a time, example by example", async () => {
  const wanted = await guessOneByOne();
  const score = await evaluate(request());
  expect(examples.map((_, index) => isCorrect(score.correct ?? new Uint8Array(0), index))).toEqual(wanted);
  const right = wanted.filter(Boolean).length;
  expect(right).toBeGreaterThan(0);
  expect(right).toBeLessThan(57);
  expect(score).toMatchObject({ n: 57, value: right / 57, ...wilson(right, 57) });
  expect(score.correct).toHaveLength(8);
});

test("the size of batches does not matter, and nothing is left in memory", async () => {
  const before = tf.memory().numTensors;
  const scores = await Promise.all([1, 40, 100_000].map((batchTokens) => evaluate(request({ batchTokens }))));
  for (const { correct } of scores) expect(correct).toEqual(scores[0]?.correct);
  expect(tf.memory().numTensors).toBe(before);
});

test("a text of a million characters loses its end, is counted, and costs little", async () => {
  const long = { text: "a b c ".repeat(170_000), label: 0 };
  const short = { text: "a", label: 0 };
  await writeFile(at("long.jsonl"), [long, short].map((example) => JSON.stringify(example)).join("\n"));
  const { truncated, n, correct, seconds } = await evaluate(request({ data: at("long.jsonl") }));
  expect({ truncated, n }).toEqual({ truncated: 1, n: 2 });
  expect(seconds).toBeLessThan(5);
  // The model takes 16 tokens, and both begin alike.
  await writeFile(at("cut.jsonl"), JSON.stringify({ text: "a b c ".repeat(5), label: 0 }));
  const cut = await evaluate(request({ data: at("cut.jsonl") }));
  expect(isCorrect(correct ?? new Uint8Array(1), 0)).toBe(isCorrect(cut.correct ?? new Uint8Array(1), 0));
});

test("progress rises to the number of examples", async () => {
  const seen: number[] = [];
  await evaluate(
    request({
      batchTokens: 64,
      onProgress: ({ done, total }: { done: number; total: number }) => {
        expect(total).toBe(57);
        seen.push(done);
      },
    }),
  );
  expect(seen.length).toBeGreaterThan(3);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBe(57);
});

test("an abort ends it with the signal's reason and leaves nothing in memory", async () => {
  const before = tf.memory().numTensors;
  const controller = new AbortController();
  const reason = new Error("enough");
  const running = evaluate(request({ batchTokens: 32, signal: controller.signal, onProgress: () => controller.abort(reason) }));
  await expect(running).rejects.toBe(reason);
  await expect(evaluate(request({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  expect(tf.memory().numTensors).toBe(before);
});

describe("what does not fit together is refused, by name", () => {
  test("a head for another number of labels", async () => {
    await expect(evaluate(request({ labels: ["x", "y", "z", "w"] }))).rejects.toThrow(
      `${at(expert)}: the head tells 3 classes apart; the task has 4 labels.`,
    );
  });

  test("a label outside the head, by its line", async () => {
    await expect(evaluate(request({ labels: ["x", "y"] }))).rejects.toThrow(
      `${at("split.jsonl")}: line 3: label is 2; the task has the labels 0 to 1.`,
    );
  });

  test("a head with the same labels in another order", async () => {
    await expect(evaluate(request({ labels: ["y", "x", "z"] }))).rejects.toThrow(
      `${at(expert)}: config.json lists the labels as x, y, z; the task as y, x, z.`,
    );
    expect((await evaluate(request({ labels: ["0", "1", "2"] }))).n).toBe(57);
  });

  test("a folder without a head", async () => {
    await expect(evaluate(request({ head: at(base) }))).rejects.toThrow(`${at(base)} has no tensor "classifier.weight"`);
  });

  test("a head for another width", async () => {
    const narrow = parseBertConfig({ ...config, hidden_size: 8 }, "test");
    await saveBert(at("narrow"), createBert({ config: narrow, head: "classification", labels: 3, seed: 2 }));
    await expect(evaluate(request({ head: at("narrow") }))).rejects.toThrow(
      `${at("narrow")}: tensor "classifier.weight" has shape [3, 8]`,
    );
  });

  test("a tokenizer with more tokens than the model", async () => {
    await cp(at(base), at("more"), { recursive: true });
    const more = { ...tokenizer, model: { ...tokenizer.model, vocab: { ...tokenizer.model.vocab, extra: words.length } } };
    await writeFile(join(at("more"), "tokenizer.json"), JSON.stringify(more));
    await expect(evaluate(request({ model: at("more") }))).rejects.toThrow(
      `${at("more")}: tokenizer.json has ids up to 30; the model embeds 30 tokens.`,
    );
  });

  test("a model that gives NaN", async () => {
    const broken = createBert({ config, seed: 1 });
    broken.parameters.values("bert.pooler.dense.bias")[3] = Number.NaN;
    await saveBert(at("broken"), broken);
    await cp(join(at(base), "tokenizer.json"), join(at("broken"), "tokenizer.json"));
    await expect(evaluate(request({ model: at("broken") }))).rejects.toThrow("not a finite number");
  });

  test("no examples", async () => {
    await writeFile(at("empty.jsonl"), "\n");
    await expect(evaluate(request({ data: at("empty.jsonl") }))).rejects.toThrow("empty.jsonl: the split has no examples.");
  });
});
