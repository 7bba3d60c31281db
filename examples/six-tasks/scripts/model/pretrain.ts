import { existsSync } from "node:fs";
import {
  type BertModel,
  contrastiveLoss,
  createBert,
  createTrainer,
  maskedLanguageLoss,
  padBatch,
  parseBertConfig,
  restoreTrainerState,
  saveTrainerState,
  type Trainer,
  weightedSum,
} from "@amalgam/engine/runtime";
import { createProgress } from "../progress.ts";
import { gaussian, hashText, type Random, seededRandom } from "../random.ts";
import type { Settings } from "../settings.ts";
import { type EncodedCorpus, tokenFrequencies } from "./corpus.ts";
import { drawBatch, type PretrainingBatch } from "./pretraining-batch.ts";

interface PretrainOptions {
  settings: Settings;
  corpora: readonly EncodedCorpus[];
  /** A start for each row of the word embedding, where there is one. */
  wordVectors: readonly (Float32Array | undefined)[];
  /** The trainer's state lies here; a run that was killed goes on from it. */
  statePath: string;
}

const saveEveryMs = 60_000;

/**
 * Trains the base without any label. Three losses on one forward pass: hidden words from their context (BERT's), a few words of a
 * text from its pooled [CLS] vector through the same vocabulary head, and which passage stood next to which. The last two give
 * the pooler, which BERT classifiers read, a meaning.
 */
export async function pretrain({ settings, corpora, wordVectors, statePath }: PretrainOptions): Promise<BertModel> {
  const { base, seed, tokenizer } = settings;
  const model = createBert({ config: bertConfig(settings), head: "masked-language", seed });
  initialiseEmbeddings(model, wordVectors, settings);
  const shape = {
    ...base,
    frequencies: tokenFrequencies(corpora, tokenizer.vocabularySize),
    vocabularySize: tokenizer.vocabularySize,
  };
  for (const [index, phase] of base.phases.entries()) {
    const trainer = createTrainer(model.parameters, {
      peakLearningRate: base.peakLearningRate,
      warmupSteps: base.warmupSteps,
      totalSteps: phase.scheduledSteps,
      weightDecay: base.weightDecay,
      clipNorm: 1,
    });
    if (existsSync(statePath)) await restoreTrainerState(statePath, trainer);
    const showProgress = createProgress("base", phase.untilStep, trainer.stepCount);
    let savedAt = Date.now();
    while (trainer.stepCount < phase.untilStep) {
      // The draw depends on the step alone, so a resumed run sees the batches an unbroken one would.
      const random = seededRandom(hashText(`${seed}/base/${trainer.stepCount}`));
      const report = trainStep(model, trainer, drawBatch(drawCorpus(corpora, base.corpusShares, random), shape, random), base);
      showProgress(report.step, report.loss);
      if (Date.now() - savedAt < saveEveryMs && trainer.stepCount < phase.untilStep) continue;
      await saveTrainerState(statePath, trainer);
      savedAt = Date.now();
    }
    if (index < base.phases.length - 1) console.log(`base: from step ${phase.untilStep} on the rate falls faster`);
  }
  return model;
}

function trainStep(model: BertModel, trainer: Trainer, drawn: PretrainingBatch, base: Settings["base"]) {
  const batch = padBatch(drawn.sequences);
  const masked = {
    positions: Int32Array.from(drawn.masked, ({ row, column }) => row * batch.length + column),
    labels: Int32Array.from(drawn.masked, ({ id }) => id),
  };
  const words = {
    positions: Int32Array.from(drawn.words, ({ row }) => row),
    labels: Int32Array.from(drawn.words, ({ id }) => id),
  };
  return trainer.step(() => {
    const encoded = model.encode(batch);
    // The pooled vectors take the place of the hidden ones: same head, one row a text.
    const fromPooled = { ...encoded, hidden: encoded.pooled };
    return weightedSum([
      [base.lossWeights.masked, maskedLanguageLoss(model, encoded, masked)],
      [base.lossWeights.words, maskedLanguageLoss(model, fromPooled, words)],
      [base.lossWeights.pairs, contrastiveLoss(encoded.pooled, { temperature: base.temperature })],
    ]);
  });
}

function bertConfig({ model, tokenizer }: Settings) {
  return parseBertConfig(
    { ...model, vocab_size: tokenizer.vocabularySize, model_type: "bert", position_embedding_type: "absolute" },
    "settings.ts",
  );
}

function initialiseEmbeddings(
  model: BertModel,
  rows: PretrainOptions["wordVectors"],
  { model: { hidden_size }, embeddingScale, seed }: Settings,
): void {
  const embedding = model.parameters.values("bert.embeddings.word_embeddings.weight");
  const random = seededRandom(hashText(`${seed}/embeddings`));
  for (const [id, row] of rows.entries()) {
    for (let d = 0; d < hidden_size; d++)
      embedding[id * hidden_size + d] = embeddingScale * (row ? (row[d] ?? 0) : gaussian(random));
  }
}

function drawCorpus(corpora: readonly EncodedCorpus[], shares: Readonly<Record<string, number>>, random: Random): EncodedCorpus {
  const total = corpora.reduce((sum, { name }) => sum + (shares[name] ?? 0), 0);
  let u = random() * total;
  for (const corpus of corpora) {
    u -= shares[corpus.name] ?? 0;
    if (u < 0) return corpus;
  }
  const [first] = corpora;
  if (!first) throw new Error("The corpus is empty: run the data stage first.");
  return first;
}
