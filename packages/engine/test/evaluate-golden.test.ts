import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EvaluationRequest, evaluate, isCorrect } from "../src/evaluate/index.ts";
import { selectBackend } from "../src/runtime/index.ts";
import { letterTokenizer } from "./language-models.ts";

interface Expected {
  readonly gpt2: Readonly<Record<"documents" | "questions" | "choices" | "prompts" | "answers", string[]>> &
    Readonly<Record<"bySum" | "byTokens", number[]>> & { readonly bitsPerToken: number; readonly newTokens: number };
  readonly t5: Readonly<Record<"texts" | "labels", string[]>> & Readonly<Record<"bySum" | "byTokens", number[]>>;
}

/** Written by scripts/golden/evaluate.py from Hugging Face transformers in float64. */
const expected = JSON.parse(await readFile(join(import.meta.dirname, "golden/evaluate.json"), "utf8")) as Expected;
let root = "";
const at = (name: string) => join(root, name);

beforeAll(async () => {
  await selectBackend("ort");
  root = await mkdtemp(join(tmpdir(), "evaluate-golden-"));
  for (const [name, template] of [
    ["gpt2", {}],
    ["t5", { after: [1] }],
  ] as const) {
    await cp(join(import.meta.dirname, "../src/runtime/golden", name), at(name), { recursive: true });
    await writeFile(join(at(name), "tokenizer.json"), JSON.stringify(letterTokenizer(template)));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function score(request: Omit<EvaluationRequest, "data">, examples: readonly object[]) {
  await writeFile(at("split.jsonl"), examples.map((example) => JSON.stringify(example)).join("\n"));
  return evaluate({ ...request, data: at("split.jsonl") });
}

/** Which answer counts as right for each example: the split is scored once for every answer there is. */
async function guesses(
  request: Omit<EvaluationRequest, "data">,
  count: number,
  withAnswer: (answer: number) => object[],
): Promise<number[]> {
  const found: number[] = withAnswer(0).map(() => -1);
  for (let answer = 0; answer < count; answer++) {
    const { correct } = await score(request, withAnswer(answer));
    found.forEach((_, index) => {
      if (isCorrect(correct ?? new Uint8Array(2), index)) found[index] = answer;
    });
  }
  return found;
}

describe("what GPT-2 and T5 score is what Hugging Face transformers say", () => {
  test("bits per token of GPT-2, over windows", async () => {
    const { documents, bitsPerToken } = expected.gpt2;
    const { value } = await score(
      { kind: "perplexity", model: at("gpt2") },
      documents.map((text) => ({ text })),
    );
    expect(Math.abs(value / bitsPerToken - 1)).toBeLessThan(1e-6);
  });

  test.each([
    ["none", "bySum"],
    ["tokens", "byTokens"],
  ] as const)("choices of GPT-2, divided by %s", async (normalise, key) => {
    const { questions, choices } = expected.gpt2;
    const request = { kind: "multiple-choice", model: at("gpt2"), settings: { normalise, separator: "" } } as const;
    const found = await guesses(request, choices.length, (answer) => questions.map((context) => ({ context, choices, answer })));
    expect(found).toEqual(expected.gpt2[key]);
  });

  test.each([
    ["none", "bySum"],
    ["tokens", "byTokens"],
  ] as const)("labels of T5, divided by %s", async (normalise, key) => {
    const { texts, labels } = expected.t5;
    const request = { kind: "choice-ranking", model: at("t5"), labels, settings: { normalise } } as const;
    const found = await guesses(request, labels.length, (label) => texts.map((text) => ({ text, label })));
    expect(found).toEqual(expected.t5[key]);
  });

  test("greedy answers of GPT-2", async () => {
    const { prompts, answers, newTokens } = expected.gpt2;
    const settings = { maxNewTokens: newTokens, stop: [], compare: "exact" };
    const examples = prompts.map((input, index) => ({ input, target: answers[index] }));
    expect((await score({ kind: "exact-match", model: at("gpt2"), settings }, examples)).value).toBe(1);
  });

  test("the expected choices differ, so that a wrong order would be seen", () => {
    const { gpt2, t5 } = expected;
    for (const list of [gpt2.byTokens, t5.byTokens]) expect(new Set(list).size).toBeGreaterThan(1);
    expect(gpt2.bySum).not.toEqual(gpt2.byTokens);
  });
});
