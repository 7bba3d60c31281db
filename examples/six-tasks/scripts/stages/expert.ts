import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadBert, saveBert } from "@amalgam/engine/runtime";
import { readEncodedExamples } from "../model/examples.ts";
import { fineTune } from "../model/expert.ts";
import type { LinearHead } from "../model/linear-head.ts";
import { copyTokenizer } from "./checkpoint.ts";
import type { Corpus } from "./corpus.ts";
import { readTaskCard, trainFile, type Workshop } from "./workshop.ts";

/** @param states where the state of an unfinished training lies */
export async function expertStage(
  workshop: Workshop,
  corpus: Corpus,
  task: string,
  head: LinearHead,
  states = join(workshop.work, "experts"),
): Promise<void> {
  const { settings, out } = workshop;
  const folder = join(out, task);
  if (existsSync(join(folder, "model.safetensors"))) return;
  const { labels } = readTaskCard(workshop, task);
  const model = await loadBert(join(out, "base"), { head: "classification", labels: labels.length, seed: settings.seed });
  model.parameters.values("classifier.weight").set(head.weight);
  model.parameters.values("classifier.bias").set(head.bias);
  for (const name of ["classifier.weight", "classifier.bias"]) model.parameters.touch(name);
  const train = readEncodedExamples(trainFile(workshop, task), corpus.encode);
  await fineTune({ task, model, train, settings, statePath: join(states, `${task}.state`) });
  copyTokenizer(corpus.tokenizerDir, folder);
  await saveBert(folder, model, { labels });
  model.dispose();
}
