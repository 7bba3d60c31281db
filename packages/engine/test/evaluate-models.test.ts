import { cp, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EvaluationRequest, evaluate, isCorrect, type Score } from "../src/evaluate/index.ts";
import { encodeFromF32, type TensorData, writeSafetensors } from "../src/formats/index.ts";
import { openNetwork, padBatch, selectBackend, tf } from "../src/runtime/index.ts";
import { saveTensors } from "../src/runtime/save-tensors.ts";
import { idsOf, letters, letterTokenizer } from "./language-models.ts";

const golden = join(import.meta.dirname, "../src/runtime/golden");
let root = "";
const at = (name: string) => join(root, name);

beforeAll(async () => {
  await selectBackend("ort");
  root = await mkdtemp(join(tmpdir(), "evaluate-models-"));
  await cp(join(golden, "t5"), at("t5"), { recursive: true });
  await writeFile(join(at("t5"), "tokenizer.json"), JSON.stringify(letterTokenizer({ after: [1] })));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const lines = (name: string, values: readonly object[]) =>
  writeFile(at(name), values.map((each) => JSON.stringify(each)).join("\n"));

/** Writes tensors of any type to a file. */
async function writeTensors(name: string, tensors: readonly TensorData[]): Promise<string> {
  const parts: Uint8Array[] = [];
  await writeSafetensors({ write: async (bytes) => void parts.push(bytes.slice()) }, tensors, new Map());
  await writeFile(at(name), Buffer.concat(parts));
  return at(name);
}
const floats = (name: string, shape: number[], values: Float32Array): TensorData => ({
  name,
  dtype: "F32",
  shape,
  data: encodeFromF32("F32", values),
});
const labelsOf = (values: readonly number[]): TensorData => ({
  name: "labels",
  dtype: "I64",
  shape: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

const answersOf = ({ correct, n }: Score): boolean[] =>
  Array.from({ length: n ?? 0 }, (_, index) => isCorrect(correct ?? new Uint8Array(0), index));

describe("T5", () => {
  const labels = ["yes", "no", "perhaps"];
  const examples = ["a letter", "the word", "q", "long enough to be padded around", "abc"].map((text, index) => ({
    text,
    label: index % 3,
  }));

  /** One text and one label at a time: Σ log softmax of the label's letters and the end token. */
  async function rank(text: string): Promise<number[]> {
    const network = await openNetwork(at("t5"));
    if (network.input !== "pairs") throw new Error("not a pair network");
    const scores = labels.map((label) => {
      const target = [...idsOf(label), 1];
      const logits = network.logits(
        { source: padBatch([[...idsOf(text), 1]]), target: padBatch([[network.startToken, ...target.slice(0, -1)]]) },
        Int32Array.from(target, (_, index) => index),
      );
      const rows = tf.logSoftmax(logits).arraySync();
      logits.dispose();
      return target.reduce((sum, id, row) => sum + (rows[row]?.[id] ?? Number.NaN), 0) / target.length;
    });
    network.dispose();
    return scores;
  }

  test("ranks labels as one label at a time does, for any batch", async () => {
    await lines("ranking.jsonl", examples);
    const wanted: boolean[] = [];
    for (const { text, label } of examples) {
      const scores = await rank(text);
      wanted.push(scores.indexOf(Math.max(...scores)) === label);
    }
    for (const batchTokens of [1, 64, 4096]) {
      const score = await evaluate({ kind: "choice-ranking", model: at("t5"), data: at("ranking.jsonl"), labels, batchTokens });
      expect(answersOf(score)).toEqual(wanted);
    }
  });

  test("multiple choice and exact match run on it; its own greedy answer is right", async () => {
    await lines("choices.jsonl", [{ context: "ab", choices: ["c", "d e"], answer: 1 }]);
    const chosen = await evaluate({ kind: "multiple-choice", model: at("t5"), data: at("choices.jsonl") });
    expect(chosen).toMatchObject({ n: 1, metric: "accuracy", truncated: 0 });
    await lines("answers.jsonl", [{ input: "ab", target: "something it would hardly say" }]);
    const wrong = await evaluate({
      kind: "exact-match",
      model: at("t5"),
      data: at("answers.jsonl"),
      settings: { maxNewTokens: 4 },
    });
    expect(wrong).toMatchObject({ n: 1, value: 0 });
  });

  test("has no perplexity", async () => {
    await lines("documents.jsonl", [{ text: "abc" }]);
    await expect(evaluate({ kind: "perplexity", model: at("t5"), data: at("documents.jsonl") })).rejects.toThrow(
      `${at("t5")}: perplexity needs a causal model; t5 reads one text and writes another.`,
    );
  });

  test("is not a classifier", async () => {
    await expect(evaluate({ kind: "classification", model: at("t5"), data: at("ranking.jsonl"), labels })).rejects.toThrow(
      "t5 has no classification head here; it runs with sequence-to-sequence.",
    );
  });
});

describe("GPT-2", () => {
  /** log softmax of every next token, one text at a time and on the CPU in plain numbers. */
  async function logsOf(tokens: readonly number[]): Promise<number[]> {
    const network = await openNetwork(at("gpt2"));
    if (network.input !== "tokens") throw new Error("not a text network");
    const shown = padBatch([tokens.slice(0, -1)]);
    const logits = network.logits(
      shown,
      Int32Array.from(shown.ids, (_, index) => index),
    );
    const rows = logits.arraySync();
    logits.dispose();
    network.dispose();
    return rows.map((row, index) => {
      const sum = row.reduce((total, score) => total + Math.exp(score), 0);
      return (row[tokens[index + 1] ?? 0] ?? Number.NaN) - Math.log(sum);
    });
  }
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

  beforeAll(async () => {
    await cp(join(golden, "gpt2"), at("gpt2"), { recursive: true });
    await writeFile(join(at("gpt2"), "tokenizer.json"), JSON.stringify(letterTokenizer()));
  });

  test("has the perplexity of one window at a time: 2 ends texts and begins them, and 9 tokens fit", async () => {
    const documents = ["abc", "the cat", "q", "a longer text than fits"];
    await lines(
      "documents.jsonl",
      documents.map((text) => ({ text })),
    );
    let nats = 0;
    for (const text of documents) {
      const ids = [2, ...idsOf(text)];
      for (let begin = 0; begin < ids.length - 1; begin += 9) nats -= total(await logsOf(ids.slice(begin, begin + 10)));
    }
    const tokens = documents.join("").length;
    for (const batchTokens of [1, 30, 4096]) {
      const score = await evaluate({ kind: "perplexity", model: at("gpt2"), data: at("documents.jsonl"), batchTokens });
      expect(score.value).toBeCloseTo(nats / tokens / Math.LN2, 4);
      expect(score).toMatchObject({ n: 4, metric: "bits_per_token", lowerIsBetter: true, interval: "normal", correct: null });
      expect(score.details["tokens"]).toBe(tokens);
    }
  });

  test("chooses as the plain sum of log-softmax does", async () => {
    const examples = ["a", "b", "c", "d e", "f"].map((context, index) => ({
      context,
      choices: ["x", "yy", "zz z"],
      answer: index % 3,
    }));
    await lines("gpt2-choices.jsonl", examples);
    const wanted: boolean[] = [];
    for (const { context, choices, answer } of examples) {
      const scores: number[] = [];
      for (const choice of choices)
        scores.push(total((await logsOf([2, ...idsOf(`${context} ${choice}`)])).slice(context.length)));
      wanted.push(scores.indexOf(Math.max(...scores)) === answer);
    }
    const settings = { normalise: "none" };
    expect(
      answersOf(await evaluate({ kind: "multiple-choice", model: at("gpt2"), data: at("gpt2-choices.jsonl"), settings })),
    ).toEqual(wanted);
  });

  test("writes what its own argmax says, step by step", async () => {
    const network = await openNetwork(at("gpt2"));
    if (network.input !== "tokens") throw new Error("not a text network");
    let ids = [2, ...idsOf("ab")];
    const written: number[] = [];
    for (let step = 0; step < 4; step++) {
      const logits = network.logits(padBatch([ids]), Int32Array.of(ids.length - 1));
      const next = tf.argMax(logits, 1).dataSync()[0] ?? 0;
      if (next === 2) break;
      written.push(next);
      ids = [...ids, next];
    }
    network.dispose();
    const target = written
      .filter((id) => id > 2)
      .map((id) => letters[id])
      .join("");
    await lines("greedy.jsonl", [{ input: "ab", target: [target.trim() === "" ? "nothing" : target] }]);
    const score = await evaluate({
      kind: "exact-match",
      model: at("gpt2"),
      data: at("greedy.jsonl"),
      settings: { maxNewTokens: 4, stop: [] },
    });
    expect(score.value).toBe(target.trim() === "" ? 0 : 1);
    expect(written.length).toBeGreaterThan(0);
  });
});

describe("tables", () => {
  const features = Float32Array.from({ length: 40 * 2 }, (_, index) => Math.sin(index * 1.7) * 2);
  const labels = Array.from({ length: 40 }, (_, index) => index % 2);
  const request = (change: Partial<EvaluationRequest> = {}) =>
    evaluate({ kind: "table-classification", model: at("mlp"), data: at("table.safetensors"), labels: ["a", "b"], ...change });

  beforeAll(async () => {
    await mkdir(at("mlp"));
    await writeFile(
      join(at("mlp"), "config.json"),
      JSON.stringify({ model_type: "mlp", input_size: 2, hidden_sizes: [3], num_labels: 2 }),
    );
    await saveTensors(
      join(at("mlp"), "model.safetensors"),
      [
        ["layers.0.weight", { shape: [3, 2], values: Float32Array.of(1, 0, 0, 1, -1, -1) }],
        ["layers.0.bias", { shape: [3], values: Float32Array.of(0, 0, 0) }],
        ["classifier.weight", { shape: [2, 3], values: Float32Array.of(1, 2, -1, -1, 0.5, 2) }],
        ["classifier.bias", { shape: [2], values: Float32Array.of(0.1, -0.2) }],
      ],
      new Map(),
    );
    await writeTensors("table.safetensors", [floats("features", [40, 2], features), labelsOf(labels)]);
  });

  test("are scored as by hand, in batches of any size", async () => {
    const wanted = labels.map((label, row) => {
      const [x = 0, y = 0] = features.subarray(row * 2, row * 2 + 2);
      const [a, b, c] = [Math.max(0, x), Math.max(0, y), Math.max(0, -x - y)];
      return (a + 2 * b - c + 0.1 >= -a + 0.5 * b + 2 * c - 0.2 ? 0 : 1) === label;
    });
    for (const batchTokens of [1, 7, 4096]) expect(answersOf(await request({ batchTokens }))).toEqual(wanted);
    const { value, n, low, high, interval } = await request();
    expect({ value, n, interval }).toEqual({ value: wanted.filter(Boolean).length / 40, n: 40, interval: "wilson" });
    expect([low, high].every((limit) => limit !== null && limit >= 0 && limit <= 1)).toBe(true);
  });

  test("report what they cost", async () => {
    const { seconds, examplesPerSecond, peakMemoryBytes } = await request();
    expect(seconds).toBeGreaterThan(0);
    expect(examplesPerSecond).toBeCloseTo(40 / seconds, 6);
    expect(peakMemoryBytes).toBeGreaterThan(20e6);
    expect(peakMemoryBytes).toBeLessThan(4e9);
  });

  test("a model that does not fit into the memory is refused by name before its weights are read", async () => {
    await expect(request({ memoryLimitBytes: 100 })).rejects.toThrow(`${at("mlp")}: running this model needs about`);
    expect((await request({ memoryLimitBytes: 1e9 })).n).toBe(40);
  });

  test("so is one that no machine could hold: its header is enough", async () => {
    const width = 300_000;
    const config = { model_type: "mlp", input_size: width, hidden_sizes: [], num_labels: width };
    const header = JSON.stringify({
      "classifier.weight": { dtype: "F32", shape: [width, width], data_offsets: [0, width ** 2 * 4] },
    });
    await mkdir(at("huge"));
    await writeFile(join(at("huge"), "config.json"), JSON.stringify(config));
    const file = join(at("huge"), "model.safetensors");
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(file, Buffer.concat([length, Buffer.from(header)]));
    await truncate(file, 8 + header.length + width ** 2 * 4); // a hole: it takes no room on the disk
    await expect(request({ model: at("huge") })).rejects.toThrow(/huge: running this model needs about 3[67][0-9] GB of memory/);
  });

  test.each([
    [
      "a label outside the head",
      "label",
      [floats("features", [1, 2], Float32Array.of(1, 2)), labelsOf([2])],
      'tensor "labels": example 1 has the label 2; the task has the labels 0 to 1.',
    ],
    [
      "a negative label",
      "negative",
      [floats("features", [1, 2], Float32Array.of(1, 2)), labelsOf([-1])],
      "example 1 has the label -1",
    ],
    [
      "rows of another width",
      "width",
      [floats("features", [1, 3], Float32Array.of(1, 2, 3)), labelsOf([0])],
      "an example has the shape [3]; the model takes [2].",
    ],
    [
      "another rank",
      "rank",
      [floats("features", [1, 1, 2], Float32Array.of(1, 2)), labelsOf([0])],
      'tensor "features" has shape [1, 1, 2]; it should be [examples, features].',
    ],
    ["no examples", "empty", [floats("features", [0, 2], new Float32Array(0)), labelsOf([])], "the split has no examples."],
    ["no labels", "unlabelled", [floats("features", [1, 2], Float32Array.of(1, 2))], 'has no tensor "labels"; it has features.'],
    [
      "fewer labels than rows",
      "fewer",
      [floats("features", [2, 2], Float32Array.of(1, 2, 3, 4)), labelsOf([0])],
      "with 2 examples it should be [2].",
    ],
    [
      "not a number",
      "nan",
      [floats("features", [1, 2], Float32Array.of(Number.NaN, 2)), labelsOf([0])],
      "The model gives a score that is not a finite number.",
    ],
  ])("%s is refused by name", async (_, name, tensors, message) => {
    const data = await writeTensors(`${name}.safetensors`, tensors);
    await expect(request({ data })).rejects.toThrow(message);
  });

  test("text where a table is wanted, and the other way round", async () => {
    await lines("text.jsonl", [{ text: "a", label: 0 }]);
    await expect(request({ data: at("text.jsonl") })).rejects.toThrow(`${at("text.jsonl")} is not a safetensors file: `);
    await expect(request({ kind: "classification", data: at("text.jsonl") })).rejects.toThrow(
      `${at("mlp")}: mlp takes rows of numbers, which is not what classification is about.`,
    );
  });
});

describe("images", () => {
  const size = 12 * 12 * 3;
  const pixels = Float32Array.from({ length: 5 * size }, (_, index) => Math.sin(index * 0.37));
  const labels = ["LABEL_0", "LABEL_1", "LABEL_2"];
  const score = (change: Partial<EvaluationRequest> = {}) =>
    evaluate({ kind: "image-classification", model: join(golden, "vit"), data: at("images.safetensors"), labels, ...change });

  test("are scored as one at a time, read from the file batch by batch", async () => {
    const network = await openNetwork(join(golden, "vit"));
    if (network.input !== "images") throw new Error("not an image network");
    const guesses = Array.from({ length: 5 }, (_, index) => {
      const logits = network.logits(tf.tensor4d(pixels.subarray(index * size, (index + 1) * size), [1, 12, 12, 3]));
      return tf.argMax(logits, 1).dataSync()[0] ?? -1;
    });
    network.dispose();
    await writeTensors("images.safetensors", [
      floats("images", [5, 12, 12, 3], pixels),
      labelsOf(guesses.map((guess, index) => (index === 3 ? (guess + 1) % 3 : guess))),
    ]);
    for (const batchTokens of [1, 2000]) expect(answersOf(await score({ batchTokens }))).toEqual([true, true, true, false, true]);
  });

  test("of the wrong shape are refused, with both shapes", async () => {
    const data = await writeTensors("flat.safetensors", [floats("images", [5, 36, 4, 3], pixels), labelsOf([0, 0, 0, 0, 0])]);
    await expect(score({ data })).rejects.toThrow(
      `${data}: an example has the shape [36, 4, 3]; the model takes [12, 12, 3] or [3, 12, 12].`,
    );
  });

  test("as bytes, channels first, are prepared as the model's folder says", async () => {
    const model = at("prepared-vit");
    await cp(join(golden, "vit"), model, { recursive: true });
    const preparation = { do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: 0.5, image_std: 0.25 };
    await writeFile(join(model, "preprocessor_config.json"), JSON.stringify(preparation));
    const bytes = Uint8Array.from(pixels, (value) => Math.round((value + 1) * 127));
    const network = await openNetwork(model);
    if (network.input !== "images") throw new Error("not an image network");
    const guesses = tf.tidy(() => {
      const stored = tf.tensor4d(Float32Array.from(bytes), [5, 3, 12, 12]);
      const seen = tf.div(tf.sub(tf.div(tf.transpose(stored, [0, 2, 3, 1]), 255), 0.5), 0.25);
      return [...tf.argMax(network.logits(seen as tf.Tensor4D), 1).dataSync()];
    });
    network.dispose();
    const data = await writeTensors("bytes.safetensors", [
      { name: "images", dtype: "U8", shape: [5, 3, 12, 12], data: bytes },
      labelsOf(guesses.map((guess, index) => (index === 2 ? (guess + 1) % 3 : guess))),
    ]);
    expect(answersOf(await score({ model, data }))).toEqual([true, true, false, true, true]);
  });
});
