import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isCorrect } from "../src/evaluate/correct-bits.ts";
import { choose } from "../src/evaluate/language/choose.ts";
import { continuationsOf } from "../src/evaluate/language/continuations.ts";
import { exactMatch } from "../src/evaluate/language/exact-match.ts";
import { greedyAnswers } from "../src/evaluate/language/greedy-answers.ts";
import type { LanguageTokenizer } from "../src/evaluate/language/language-tokenizer.ts";
import { logLikelihoods } from "../src/evaluate/language/log-likelihood.ts";
import { normaliseAnswer } from "../src/evaluate/language/normalise-answer.ts";
import { perplexity } from "../src/evaluate/language/perplexity.ts";
import type { Work } from "../src/evaluate/score.ts";
import { topLabels } from "../src/evaluate/top-label.ts";
import { selectBackend, type TokenBatch, tf } from "../src/runtime/index.ts";
import { bigramLog, bigramNetwork, idsOf, letters, openTokenizer, randomTable } from "./language-models.ts";

let folder = "";
let plain: LanguageTokenizer;
let begun: LanguageTokenizer;
const table = randomTable(7);
const work = (change: Partial<Work> = {}): Work => ({ batchTokens: 64, onProgress: () => {}, signal: undefined, ...change });
const network = (maxLength = 64, scores = table) => bigramNetwork(scores, { maxLength });

beforeAll(async () => {
  await selectBackend("ort");
  folder = await mkdtemp(join(tmpdir(), "evaluate-language-"));
  plain = await openTokenizer(join(folder, "plain"));
  begun = await openTokenizer(join(folder, "begun"), { before: [2] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** log p of the ids from `from` on, each given the one before. */
const logOf = (ids: readonly number[], from: number): number =>
  ids.reduce((sum, id, at) => (at < from ? sum : sum + bigramLog(table, ids[at - 1] ?? 0, id)), 0);

describe("log-likelihoods", () => {
  const sequences = ["abc", "the quick brown fox", "z", "hello world"].map((text) => ({ tokens: [1, ...idsOf(text)], from: 1 }));

  test("are the sums of log-softmax over the scored tokens, whatever the batches", async () => {
    for (const batchTokens of [1, 20, 1000]) {
      const sums = await logLikelihoods(network(), sequences, work({ batchTokens }));
      sequences.forEach(({ tokens }, index) => {
        expect(sums[index]).toBeCloseTo(logOf(tokens, 1), 4);
      });
    }
  });

  test("logits of a batch stay within their limit, and the sums the same", async () => {
    const whole = await logLikelihoods(network(), sequences, work({ batchTokens: 1000 }));
    const rows: number[] = [];
    const model = network();
    const counted = {
      ...model,
      logits(batch: TokenBatch, positions?: Int32Array) {
        rows.push(positions?.length ?? 0);
        return model.logits(batch, positions);
      },
    };
    const parts = await logLikelihoods(counted, sequences, { ...work({ batchTokens: 1000 }), maxLogits: 20 * letters.length });
    expect(parts).toEqual(whole);
    // 19 letters, 11, 3 and 1: no two of the long ones fit together.
    expect(rows).toEqual([19, 15]);
  });

  test("leave nothing in memory, and end with the signal's reason", async () => {
    const before = tf.memory().numTensors;
    const model = network();
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = logLikelihoods(model, sequences, work({ batchTokens: 1, signal: controller.signal }), () =>
      controller.abort(reason),
    );
    await expect(running).rejects.toBe(reason);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a logit that is not a number is an error, not a score", async () => {
    const broken = table.slice();
    broken[letters.length + 5] = Number.NaN;
    await expect(logLikelihoods(network(64, broken), sequences, work())).rejects.toThrow("not a finite number");
  });
});

describe("multiple choice", () => {
  const words = ["yes", "q", "perhaps so", "no", "of course not", "x", "never ever again", "maybe", "z", "it depends"];
  const examples = ["ab", "cd", "x y", "hello", "q", "r", "the end"].map((context, index) => ({
    context,
    choices: words.slice(index, index + 4),
    answer: index % 4,
  }));

  /** The plain sum on the CPU, with the token that begins a text in front and a space at the seam. */
  const oracle = (normalise: "tokens" | "characters" | "none"): number[] =>
    examples.map(({ context, choices }) => {
      const scores = choices.map((choice) => {
        const ids = [1, ...idsOf(`${context} ${choice}`)];
        const from = 1 + context.length;
        return logOf(ids, from) / { tokens: ids.length - from, characters: choice.length, none: 1 }[normalise];
      });
      return scores.indexOf(Math.max(...scores));
    });

  test.each(["tokens", "characters", "none"] as const)("is the plain sum of log-softmax, by %s", async (normalise) => {
    const found = await choose(network(), plain, examples, { settings: { normalise, separator: " " }, work: work() });
    const wanted = oracle(normalise).map((choice, index) => choice === examples[index]?.answer);
    expect(examples.map((_, index) => isCorrect(found.correct ?? new Uint8Array(1), index))).toEqual(wanted);
    expect(found).toMatchObject({ n: 7, value: wanted.filter(Boolean).length / 7, interval: "wilson", truncated: 0 });
  });

  test("the ways of dividing differ where lengths do", () => {
    expect(new Set([oracle("tokens"), oracle("none")].map(String)).size).toBe(2);
  });

  test("a context too long loses its beginning, and is counted", async () => {
    const long = [{ context: "a".repeat(100), choices: ["b", "cc"], answer: 0 }];
    const model = network(8);
    const [first, second] = continuationsOf(model, plain, {
      prompt: long[0]?.context ?? "",
      choices: ["b", "cc"],
      separator: " ",
      where: "",
    });
    expect(first).toMatchObject({ tokens: [1, ...idsOf("aaaaaa b")], isCut: true });
    expect(second?.tokens).toHaveLength(9);
    const settings = { normalise: "none", separator: " " } as const;
    expect(await choose(model, plain, long, { settings, work: work() })).toMatchObject({ truncated: 1, n: 1 });
  });

  test("a context of a million characters costs little, and only its end matters", async () => {
    const model = network(8);
    const choices = ["b", "cc"];
    let read = 0;
    const counting = {
      ...plain,
      encodePlain: (text: string) => {
        read += text.length;
        return plain.encodePlain(text);
      },
    };
    const long = continuationsOf(model, counting, {
      prompt: `${"the end ".repeat(130_000)}is near`,
      choices,
      separator: " ",
      where: "",
    });
    expect(read).toBeLessThan(20_000);
    const short = continuationsOf(model, plain, { prompt: "the end is near", choices, separator: " ", where: "" });
    expect(long).toEqual(short);
    expect(long[0]).toMatchObject({ tokens: [1, ...idsOf("s near b")], isCut: true });
  });

  test("a choice that does not fit by itself is refused by its number", async () => {
    const examplesTooLong = [{ context: "a", choices: ["b", "c".repeat(20)], answer: 0 }];
    const settings = { normalise: "none", separator: " " } as const;
    await expect(choose(network(8), plain, examplesTooLong, { settings, work: work() })).rejects.toThrow(
      "Example 1: choice 2 has 21 tokens, and the model takes 8.",
    );
  });

  test("no space is added where there is one", () => {
    const ids = (prompt: string, choice: string) =>
      continuationsOf(network(), begun, { prompt, choices: [choice, "z"], separator: " ", where: "" })[0]?.tokens;
    expect(ids("a ", "b")).toEqual([2, ...idsOf("a b")]);
    expect(ids("a", " b")).toEqual([2, ...idsOf("a b")]);
    expect(ids("a", "b")).toEqual([2, ...idsOf("a b")]);
    expect(ids("", "b")).toEqual([2, ...idsOf("b")]);
  });
});

describe("perplexity", () => {
  const documents = ["the cat sat on the mat", "a", "colourless green ideas sleep furiously", "to be or not to be"];
  const total = documents.reduce((sum, text) => sum - logOf([1, ...idsOf(text)], 1), 0);
  const tokens = documents.reduce((sum, text) => sum + text.length, 0);

  test("is the mean of −log₂ p, each token scored once, whatever the window", async () => {
    for (const maxLength of [1, 2, 5, 7, 64]) {
      const found = await perplexity(network(maxLength), plain, documents, work());
      expect(found.details["tokens"]).toBe(tokens);
      expect(found.value).toBeCloseTo(total / tokens / Math.LN2, 5);
      expect(found.details["natsPerToken"]).toBeCloseTo(total / tokens, 5);
      expect(found.details["perplexity"]).toBeCloseTo(Math.exp(total / tokens), 2);
    }
  });

  test("a tokenizer whose template begins texts scores what comes after that token", async () => {
    const found = await perplexity(network(), begun, documents, work());
    const nats = documents.reduce((sum, text) => sum - logOf([2, ...idsOf(text)], 1), 0);
    expect(found.value).toBeCloseTo(nats / tokens / Math.LN2, 5);
  });

  test("has an interval over documents that holds the true value about 95 times in 100", async () => {
    // Documents drawn at random; the truth is the score of all of them together.
    let state = 5;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const draw = () =>
      Array.from({ length: 2 + Math.floor(random() * 10) }, () => letters[5 + Math.floor(random() ** 2 * 26)]).join("");
    const all = Array.from({ length: 4000 }, draw);
    const model = network();
    const truth = (await perplexity(model, plain, all, work({ batchTokens: 8192 }))).value;
    let held = 0;
    for (let round = 0; round < 100; round++) {
      const { low, high } = await perplexity(model, plain, all.slice(round * 40, round * 40 + 40), work({ batchTokens: 8192 }));
      if (low !== null && high !== null && low <= truth && truth <= high) held += 1;
    }
    expect(held).toBeGreaterThan(87);
    expect(held).toBeLessThan(100);
  });

  test("of a template of two tokens neither is scored", async () => {
    const twice = await openTokenizer(join(folder, "twice"), { before: [2, 1] });
    const found = await perplexity(network(), twice, ["abc"], work());
    expect(found.details["tokens"]).toBe(3);
    expect(found.value).toBeCloseTo(-logOf([1, ...idsOf("abc")], 1) / 3 / Math.LN2, 5);
  });

  test("of one document has no interval", async () => {
    expect(await perplexity(network(), plain, ["abc"], work())).toMatchObject({
      low: null,
      high: null,
      interval: null,
      n: 1,
      correct: null,
    });
  });
});

describe("greedy answers", () => {
  /** After each of these letters the next one is certain. */
  function chain(text: string, end: number): Float32Array {
    const scores = new Float32Array(letters.length ** 2);
    const ids = idsOf(text);
    ids.forEach((id, at) => {
      scores[id * letters.length + (ids[at + 1] ?? end)] = 9;
    });
    return scores;
  }
  const settings = { maxNewTokens: 32, stop: ["\n"] };

  test("end at the token that ends texts", async () => {
    const model = network(64, chain("qwerty", 1));
    const { answers } = await greedyAnswers(model, plain, ["q", "a wer", "y"], { settings, work: work({ batchTokens: 8 }) });
    expect(answers).toEqual(["werty", "ty", ""]);
  });

  test("end at a stop text, which is left out, and at the limit of tokens", async () => {
    const model = network(64, chain("qw\n", 5));
    expect((await greedyAnswers(model, plain, ["q"], { settings, work: work() })).answers).toEqual(["w"]);
    const loop = network(64, chain("ab", idsOf("a")[0] ?? 0));
    const short = { maxNewTokens: 5, stop: [] };
    expect((await greedyAnswers(loop, plain, ["a"], { settings: short, work: work() })).answers).toEqual(["babab"]);
  });

  test("a prompt too long for itself and its answer loses its beginning", async () => {
    const model = network(16, chain("qwerty", 1));
    const found = await greedyAnswers(model, plain, [`${"a".repeat(500)}q`], {
      settings: { maxNewTokens: 6, stop: [] },
      work: work(),
    });
    expect(found).toEqual({ answers: ["werty"], truncated: 1 });
  });

  test("end where the model is full", async () => {
    const model = network(4, chain("qwerty", 1));
    // It can read the token that begins, the prompt and two more, and then say a third.
    expect((await greedyAnswers(model, plain, ["q"], { settings, work: work() })).answers).toEqual(["wer"]);
  });

  test("exact match counts answers that equal a right one in the compared form", async () => {
    const model = network(64, chain("qwerty", 1));
    const examples = [
      { input: "q", answers: ["nothing", " WERTY "] },
      { input: "w", answers: ["werty"] },
    ];
    const found = (compare: "exact" | "case") =>
      exactMatch(model, plain, examples, { settings: { ...settings, prompt: "{input}", compare }, work: work() });
    expect((await found("case")).value).toBe(0.5);
    expect((await found("exact")).value).toBe(0);
  });
});

test.each([
  ["exact", "  The  Cat. ", "The Cat."],
  ["case", "  The  Cat. ", "the cat."],
  ["case", "ﬁne", "fine"],
  ["squad", "  The  Cat's ,hat!", "cats hat"],
  ["squad", "$1,000", "1000"],
] as const)("answers are compared as %s: %s is %s", (how, text, wanted) => {
  expect(normaliseAnswer(text, how)).toBe(wanted);
});

test("the first of the highest scores counts", () => {
  expect([...topLabels(Float32Array.of(1, 1, 0, 0, 2, 2), 3)]).toEqual([0, 1]);
});
