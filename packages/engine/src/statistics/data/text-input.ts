import { beginning, continuationsOf, sourceOf } from "../../evaluate/language/continuations.ts";
import { type LanguageTokenizer, languageTokenizer } from "../../evaluate/language/language-tokenizer.ts";
import { readAnswerExamples, readChoiceExamples, readDocuments, readExamples } from "../../evaluate/read-examples.ts";
import type { PairNetwork, TextNetwork, TextTokenizer } from "../../runtime/index.ts";
import { continuation, type TokenExample } from "../token-example.ts";
import { maskTokenOf } from "./mask-token-of.ts";
import { type MaskChoice, maskTokens } from "./mask-tokens.ts";
import type { StatisticRequest } from "./open-inputs.ts";
import type { LineForm, StatisticInput } from "./statistic-input.ts";

interface TextInput {
  readonly input: StatisticInput;
  readonly truncated: number;
}

/** Tokenises lines for what the network's head is asked. */
export async function textInput(
  network: TextNetwork | PairNetwork,
  tokenizer: TextTokenizer,
  { model, limit, masks }: StatisticRequest,
  data: string | Uint8Array,
  form: LineForm,
): Promise<TextInput> {
  if (network.head === "classification") return labelled(network, tokenizer, data, form, limit);
  if (network.head === "masked-language") return hiddenTokens(network, tokenizer, { model, data, limit, masks });
  const language = await languageTokenizer(model, tokenizer);
  if (form === "choices") return choices(network, language, data, limit);
  if (network.input === "pairs") return answers(network, language, data, limit);
  return texts(network, language, data, limit);
}

function labelled(
  network: TextNetwork | PairNetwork,
  tokenizer: TextTokenizer,
  data: string | Uint8Array,
  form: LineForm,
  limit: number | undefined,
): TextInput {
  const names = Array.from({ length: network.outputs }, (_, label) => `${label}`);
  const lines = form === "labelled" ? readExamples(data, names) : readDocuments(data).map((text) => ({ text }));
  let truncated = 0;
  const examples = lines.slice(0, limit).map((line) => {
    const { ids, isCut } = tokenizer.fit(line.text, network.maxLength);
    if (isCut) truncated += 1;
    return { input: ids, ...("label" in line ? { label: line.label } : {}) };
  });
  return { input: { asks: "labels", examples }, truncated };
}

async function hiddenTokens(
  { maxLength }: TextNetwork | PairNetwork,
  tokenizer: TextTokenizer,
  {
    model,
    data,
    limit,
    masks = { share: 0.15, seed: 0 },
  }: { model: string; data: string | Uint8Array; limit: number | undefined; masks: MaskChoice | undefined },
): Promise<TextInput> {
  const [before, after] = [tokenizer.before.length, tokenizer.after.length];
  const maskId = await maskTokenOf(model, tokenizer);
  let truncated = 0;
  const examples = readDocuments(data)
    .slice(0, limit)
    .map((text, index) => {
      const { ids, isCut } = tokenizer.fit(text, maxLength);
      if (isCut) truncated += 1;
      return maskTokens(ids, { ...masks, before, after, maskId, index });
    });
  return { input: { asks: "tokens", examples, masks }, truncated };
}

function choices(
  network: TextNetwork | PairNetwork,
  tokenizer: LanguageTokenizer,
  data: string | Uint8Array,
  limit: number | undefined,
): TextInput {
  let truncated = 0;
  const questions = readChoiceExamples(data)
    .slice(0, limit)
    .map(({ context, choices: own, answer }, index) => {
      const where = `Example ${index + 1}: `;
      const found = continuationsOf(network, tokenizer, { prompt: context, choices: own, separator: " ", where });
      if (found.some(({ isCut }) => isCut)) truncated += 1;
      return { answer, choices: found.map(({ tokens, from, source }) => continuation(tokens, from, source)) };
    });
  return { input: { asks: "choices", questions }, truncated };
}

/** The first of an example's answers is its target. */
function answers(
  network: PairNetwork,
  tokenizer: LanguageTokenizer,
  data: string | Uint8Array,
  limit: number | undefined,
): TextInput {
  let truncated = 0;
  const [end] = tokenizer.ends;
  const examples = readAnswerExamples(data)
    .slice(0, limit)
    .map(({ input, answers: [answer = ""] }) => {
      const { source, isCut } = sourceOf(tokenizer, input, network.maxLength);
      const target = [...tokenizer.encodePlain(answer), ...(end === undefined ? [] : [end])];
      if (isCut || target.length > network.maxLength) truncated += 1;
      return continuation([network.startToken, ...target.slice(0, network.maxLength)], 1, source);
    });
  return { input: { asks: "tokens", examples }, truncated };
}

function texts(
  network: TextNetwork,
  tokenizer: LanguageTokenizer,
  data: string | Uint8Array,
  limit: number | undefined,
): TextInput {
  let truncated = 0;
  const before = beginning(tokenizer);
  const examples = readDocuments(data)
    .slice(0, limit)
    .map((text, index): TokenExample => {
      const all = [...before, ...tokenizer.encodePlain(text)];
      // The last token is asked for and not shown, so one more than the model's length fits.
      const tokens = all.slice(0, network.maxLength + 1);
      if (tokens.length < all.length) truncated += 1;
      if (tokens.length < 2)
        throw new Error(`Example ${index + 1} has ${tokens.length} tokens; one that follows another is needed.`);
      return continuation(tokens, Math.max(1, before.length));
    });
  return { input: { asks: "tokens", examples }, truncated };
}
