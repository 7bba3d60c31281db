import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import {
  type BertModel,
  classificationLoss,
  createTrainer,
  padBatch,
  restoreTrainerState,
  saveTrainerState,
} from "@amalgam/engine/runtime";
import { createProgress } from "../progress.ts";
import { hashText, type Random, seededRandom, shuffled } from "../random.ts";
import type { Settings } from "../settings.ts";
import { batchesByLength, type EncodedExamples } from "./examples.ts";

/** Batches sorted by length come from this many batches' worth of shuffled rows, so an epoch still mixes. */
const pool = 16;
const maskId = 4;
const saveEveryMs = 60_000;

interface ExpertOptions {
  task: string;
  model: BertModel;
  train: EncodedExamples;
  settings: Settings;
  statePath: string;
}

/** Fine-tunes the trunk under a frozen head, so that all experts and their merges can be read by the heads of the base. */
export async function fineTune({ task, model, train, settings, statePath }: ExpertOptions): Promise<void> {
  const { expert, seed } = settings;
  const batches = Array.from({ length: expert.epochs }, (_, epoch) =>
    epochBatches(train, expert.batch, hashText(`${seed}/${task}/${epoch}`)),
  ).flat();
  const trainer = createTrainer(model.parameters, {
    peakLearningRate: expert.peakLearningRate,
    warmupSteps: Math.round(batches.length * expert.warmupShare),
    totalSteps: batches.length,
    weightDecay: expert.weightDecay,
    clipNorm: 1,
    frozen: (name) => name.startsWith("classifier."),
  });
  mkdirSync(dirname(statePath), { recursive: true });
  if (existsSync(statePath)) await restoreTrainerState(statePath, trainer);
  const showProgress = createProgress(task, batches.length, trainer.stepCount);
  let savedAt = Date.now();
  for (const rows of batches.slice(trainer.stepCount)) {
    const random = seededRandom(hashText(`${seed}/${task}/step ${trainer.stepCount}`));
    const batch = padBatch(rows.map((row) => withHiddenWords(train.sequences[row] ?? [], expert.hiddenShare, random)));
    const labels = Int32Array.from(rows, (row) => train.labels[row] ?? 0);
    const report = trainer.step(() => classificationLoss(model, { pooled: model.pooled(batch) }, labels));
    showProgress(report.step, report.loss);
    if (Date.now() - savedAt < saveEveryMs) continue;
    await saveTrainerState(statePath, trainer);
    savedAt = Date.now();
  }
}

function epochBatches(train: EncodedExamples, size: number, seed: number): number[][] {
  const random = seededRandom(seed);
  const order = shuffled(
    train.labels.map((_, i) => i),
    random,
  );
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += pool * size) {
    batches.push(...batchesByLength(train.sequences, size, order.slice(start, start + pool * size)));
  }
  return shuffled(batches, random);
}

/** Some words of a text become [MASK], others each time: the topics of few documents are harder to learn by heart. */
export function withHiddenWords(ids: readonly number[], share: number, random: Random): number[] {
  return ids.map((id, i) => (i > 0 && i < ids.length - 1 && random() < share ? maskId : id));
}
