import { join } from "node:path";
import { type BertModel, loadBert, padBatch, type TokenBatch, tf } from "@amalgam/engine/runtime";
import { batchesByLength, readEncodedExamples } from "../model/examples.ts";
import { accuracyOf, type Features, fitLinearHead, type LinearHead } from "../model/linear-head.ts";
import type { Corpus } from "./corpus.ts";
import { readTaskCard, saved, taskFile, trainFile, type Workshop } from "./workshop.ts";

interface SavedHead {
  weight: number[];
  bias: number[];
  penalty: number;
  validation: number;
}

/** A linear head on the frozen base: the penalty that does best on validation items wins. */
export async function headStage(
  workshop: Workshop,
  corpus: Corpus,
  task: string,
  heads = join(workshop.work, "heads"),
): Promise<LinearHead> {
  const { settings, out } = workshop;
  const head = await saved(join(heads, `${task}.json`), async () => {
    const model = await loadBert(join(out, "base"), { head: "none" });
    const train = await featuresOf(model, trainFile(workshop, task), corpus);
    const validation = await featuresOf(model, taskFile(workshop, task, "validation"), corpus);
    model.dispose();
    const classes = readTaskCard(workshop, task).labels.length;
    const fits = settings.head.penalties.map((penalty): SavedHead => {
      const fit = fitLinearHead(train, classes, { ...settings.head, penalty });
      return { weight: [...fit.weight], bias: [...fit.bias], penalty, validation: accuracyOf(fit, validation) };
    });
    const best = fits.reduce((a, b) => (b.validation > a.validation ? b : a));
    console.log(`${task}: head on the frozen base, validation accuracy ${best.validation.toFixed(3)} (penalty ${best.penalty})`);
    return best;
  });
  return { weight: Float32Array.from(head.weight), bias: Float32Array.from(head.bias) };
}

async function featuresOf(model: BertModel, path: string, corpus: Corpus): Promise<Features> {
  const { sequences, labels } = readEncodedExamples(path, corpus.encode);
  const width = model.config.hidden_size;
  const values = new Float32Array(labels.length * width);
  for (const rows of batchesByLength(sequences, 64)) {
    const pooled = await pooledVectors(model, padBatch(rows.map((row) => sequences[row] ?? [])));
    for (const [i, row] of rows.entries()) values.set(pooled.subarray(i * width, (i + 1) * width), row * width);
  }
  return { values, labels, width };
}

async function pooledVectors(model: BertModel, batch: TokenBatch): Promise<Float32Array> {
  const pooled = tf.tidy(() => model.encode(batch).pooled);
  const values = (await pooled.data()) as Float32Array;
  pooled.dispose();
  return values;
}
