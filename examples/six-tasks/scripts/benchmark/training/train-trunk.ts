import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import {
  type BertModel,
  createTrainer,
  loadBert,
  padBatch,
  restoreTrainerState,
  saveTrainerState,
  tf,
} from "@amalgam/engine/runtime";
import { batchesByLength, type EncodedExamples } from "../../model/examples.ts";
import { withHiddenWords } from "../../model/expert.ts";
import type { LinearHead } from "../../model/linear-head.ts";
import { createProgress } from "../../progress.ts";
import { hashText, seededRandom, shuffled } from "../../random.ts";
import type { Settings } from "../../settings.ts";

export interface TrainingTask {
  readonly name: string;
  readonly head: LinearHead;
  readonly train: EncodedExamples;
}

export interface TrunkTraining {
  /** How progress names it; with the seed it decides order and hidden words. */
  readonly label: string;
  readonly seed: number;
  /** Folder of the base. */
  readonly base: string;
  readonly tasks: readonly TrainingTask[];
  readonly expert: Settings["expert"];
  /** Saved every minute, so a run that was cut goes on. */
  readonly statePath: string;
}

interface Step {
  readonly task: TrainingTask;
  readonly rows: readonly number[];
}

/** Batches sorted by length come from this many batches' worth of shuffled rows, so an epoch still mixes. */
const POOL = 16;
const SAVE_EVERY_MS = 60_000;

/** Fine-tunes the trunk under the frozen heads of one task, or of several at once: every step has a batch of one task, tasks in random order. */
export async function trainTrunk(training: TrunkTraining): Promise<Map<string, Float32Array>> {
  const { label, seed, base, expert, statePath } = training;
  const model = await loadBert(base, { head: "none" });
  const steps = Array.from({ length: expert.epochs }, (_, epoch) => epochOf(training, epoch)).flat();
  const trainer = createTrainer(model.parameters, {
    peakLearningRate: expert.peakLearningRate,
    warmupSteps: Math.round(steps.length * expert.warmupShare),
    totalSteps: steps.length,
    weightDecay: expert.weightDecay,
    clipNorm: 1,
  });
  mkdirSync(dirname(statePath), { recursive: true });
  if (existsSync(statePath)) await restoreTrainerState(statePath, trainer);
  const showProgress = createProgress(label, steps.length, trainer.stepCount);
  let savedAt = Date.now();
  for (const { task, rows } of steps.slice(trainer.stepCount)) {
    const random = seededRandom(hashText(`${seed}/${label}/step ${trainer.stepCount}`));
    const sequences = rows.map((row) => withHiddenWords(task.train.sequences[row] ?? [], expert.hiddenShare, random));
    const labels = Int32Array.from(rows, (row) => task.train.labels[row] ?? 0);
    const report = trainer.step(() => lossUnder(task.head, model, sequences, labels));
    showProgress(report.step, report.loss);
    if (Date.now() - savedAt < SAVE_EVERY_MS) continue;
    await saveTrainerState(statePath, trainer);
    savedAt = Date.now();
  }
  const trunk = new Map(model.parameters.names.map((name) => [name, model.parameters.values(name).slice()]));
  model.dispose();
  return trunk;
}

function epochOf({ label, seed, tasks, expert }: TrunkTraining, epoch: number): Step[] {
  const random = seededRandom(hashText(`${seed}/${label}/${epoch}`));
  const steps = tasks.flatMap((task): Step[] => {
    const order = shuffled([...task.train.labels.keys()], random);
    const size = POOL * expert.batch;
    const pools = Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
    return pools.flatMap((pool) => batchesByLength(task.train.sequences, expert.batch, pool).map((rows) => ({ task, rows })));
  });
  return shuffled(steps, random);
}

/** Mean cross-entropy, in nats. */
function lossUnder(head: LinearHead, model: BertModel, sequences: readonly number[][], labels: Int32Array): tf.Scalar {
  const pooled = model.pooled(padBatch(sequences));
  const classes = head.bias.length;
  const weight = tf.tensor2d(head.weight, [classes, head.weight.length / classes]);
  const logits = tf.add(tf.matMul(pooled, weight, false, true), tf.tensor1d(head.bias));
  const targets = tf.oneHot(tf.tensor1d(labels, "int32"), classes, 1, 0, "float32");
  return tf.neg(tf.div(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), labels.length));
}
