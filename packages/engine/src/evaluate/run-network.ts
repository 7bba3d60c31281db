import {
  checkTokenizer,
  ensureBackend,
  type HeadKind,
  loadImagePreparation,
  loadTokenizer,
  type Network,
  openNetwork,
  readHeadLabels,
  runnableHeads,
} from "../runtime/index.ts";
import { classifyRows } from "./classify-rows.ts";
import { classifyTexts } from "./classify-texts.ts";
import { type EvaluationKind, parseSettings } from "./kinds.ts";
import { choose } from "./language/choose.ts";
import { exactMatch } from "./language/exact-match.ts";
import { type LanguageTokenizer, languageTokenizer } from "./language/language-tokenizer.ts";
import { perplexity } from "./language/perplexity.ts";
import type { LanguageNetwork } from "./language/stem-groups.ts";
import { availableMemory, checkMemory, forecastMemory } from "./memory-forecast.ts";
import { rankingExamples } from "./ranking-examples.ts";
import { readAnswerExamples, readChoiceExamples, readDocuments, readExamples } from "./read-examples.ts";
import type { EvaluationRequest } from "./request.ts";
import { dataOf, labelsOf } from "./request-parts.ts";
import type { Finding, Work } from "./score.ts";
import { openTensorSplit } from "./tensor-split.ts";

type Run = (request: EvaluationRequest, work: Work) => Promise<Finding>;

/** Examples are read before the model is: a fault in a line should not cost minutes. */
const runs: Readonly<Record<Exclude<EvaluationKind, "external">, Run>> = {
  classification: async (request, work) => {
    const examples = readExamples(dataOf(request), labelsOf(request));
    return withNetwork(request, work, { heads: ["classification"], takes: ["tokens"] }, async (network) => {
      if (network.input !== "tokens") throw new TypeError("not reached: the input was checked");
      const tokenizer = await loadTokenizer(request.model);
      checkTokenizer(tokenizer, network, request.model);
      return classifyTexts(network, tokenizer, examples, work);
    });
  },
  "image-classification": (request, work) => scoreRows(request, work, { tensor: "images", rank: 4 }),
  "table-classification": (request, work) => scoreRows(request, work, { tensor: "features", rank: 2 }),
  "multiple-choice": async (request, work) => {
    const settings = parseSettings("multiple-choice", request.settings);
    const examples = readChoiceExamples(dataOf(request));
    return withLanguage(request, work, (network, tokenizer) => choose(network, tokenizer, examples, { settings, work }));
  },
  "choice-ranking": async (request, work) => {
    const settings = parseSettings("choice-ranking", request.settings);
    const examples = rankingExamples(dataOf(request), labelsOf(request), settings.prompt);
    return withLanguage(request, work, (network, tokenizer) => choose(network, tokenizer, examples, { settings, work }));
  },
  "exact-match": async (request, work) => {
    const settings = parseSettings("exact-match", request.settings);
    const examples = readAnswerExamples(dataOf(request));
    return withLanguage(request, work, (network, tokenizer) => exactMatch(network, tokenizer, examples, { settings, work }));
  },
  perplexity: async (request, work) => {
    const documents = readDocuments(dataOf(request));
    return withLanguage(request, work, (network, tokenizer) => {
      if (network.input === "pairs")
        throw new Error(
          `${request.model}: perplexity needs a causal model; ${network.architecture} reads one text and writes another.`,
        );
      return perplexity(network, tokenizer, documents, work);
    });
  },
};

/** Scores by running the model in this process. */
export async function runNetwork(request: EvaluationRequest, work: Work): Promise<Finding> {
  if (request.kind === "external") throw new Error("An external evaluation needs a command.");
  return runs[request.kind](request, work);
}

async function scoreRows(
  request: EvaluationRequest,
  work: Work,
  { tensor, rank }: { tensor: "images" | "features"; rank: number },
): Promise<Finding> {
  const split = await openTensorSplit(dataOf(request), { tensor, rank, labelCount: labelsOf(request).length });
  try {
    return await withNetwork(request, work, { heads: ["classification"], takes: [tensor] }, async (network) => {
      if (network.input !== "images" && network.input !== "features") throw new TypeError("not reached: the input was checked");
      const preparation = network.input === "images" ? await loadImagePreparation(request.model) : null;
      return classifyRows(network, split, work, { where: dataOf(request), preparation });
    });
  } finally {
    await split.close();
  }
}

interface Wanted {
  /** The first of these that the architecture has. */
  readonly heads: readonly HeadKind[];
  readonly takes: readonly Network["input"][];
}

const inputNames = { tokens: "texts", pairs: "texts, and writes others", images: "images", features: "rows of numbers" } as const;

async function withNetwork(
  request: EvaluationRequest,
  work: Work,
  { heads, takes }: Wanted,
  score: (network: Network) => Promise<Finding>,
): Promise<Finding> {
  const { model, head: headFrom, labels, kind } = request;
  const runnable = await runnableHeads(model);
  const head = heads.find((each) => runnable.includes(each)) ?? heads[0] ?? "classification";
  const answers = head === "classification" ? 0 : work.batchTokens;
  const folders = headFrom === undefined ? [model] : [headFrom, model];
  const forecast = await forecastMemory(folders, { rows: work.batchTokens, answers });
  checkMemory(model, forecast, request.memoryLimitBytes ?? availableMemory());
  await ensureBackend();
  const isLabelled = head === "classification" && labels !== undefined;
  const network = await openNetwork(model, {
    head,
    ...(headFrom === undefined ? {} : { headFrom }),
    ...(isLabelled ? { labels: labels.length } : {}),
  });
  try {
    if (!takes.includes(network.input))
      throw new Error(
        `${model}: ${network.architecture} takes ${inputNames[network.input]}, which is not what ${kind} is about.`,
      );
    if (isLabelled) await checkLabels(network.outputs, headFrom ?? model, labels);
    return await score(network);
  } finally {
    network.dispose();
  }
}

function withLanguage(
  request: EvaluationRequest,
  work: Work,
  score: (network: LanguageNetwork, tokenizer: LanguageTokenizer) => Promise<Finding>,
): Promise<Finding> {
  const wanted: Wanted = { heads: ["causal-language", "sequence-to-sequence"], takes: ["tokens", "pairs"] };
  return withNetwork(request, work, wanted, async (network) => {
    if (network.input !== "tokens" && network.input !== "pairs") throw new TypeError("not reached: the input was checked");
    const tokenizer = await loadTokenizer(request.model);
    checkTokenizer(tokenizer, network, request.model);
    return score(network, await languageTokenizer(request.model, tokenizer));
  });
}

async function checkLabels(outputs: number, head: string, labels: readonly string[]): Promise<void> {
  if (outputs !== labels.length)
    throw new Error(`${head}: the head tells ${outputs} classes apart; the task has ${labels.length} labels.`);
  const names = await readHeadLabels(head);
  // A head trained on the same labels in another order would be scored wrong without a word.
  if (names === null || names.join("\n") === labels.join("\n") || [...names].sort().join("\n") !== [...labels].sort().join("\n"))
    return;
  throw new Error(`${head}: config.json lists the labels as ${names.join(", ")}; the task as ${labels.join(", ")}.`);
}
