import { join } from "node:path";
import { loadTokenizer } from "@amalgam/engine/runtime";
import { readEncodedExamples } from "../../model/examples.ts";
import { settings } from "../../settings.ts";
import { dataStage } from "../../stages/corpus.ts";
import { trainFile, type Workshop } from "../../stages/workshop.ts";
import type { SixTasks } from "../laboratory.ts";
import type { TrainingTask } from "./train-trunk.ts";

/** The training items of every task with the head of its expert. Installs the data packages when they are not there. */
export async function trainingTasks({ laboratory }: SixTasks, folder: string): Promise<TrainingTask[]> {
  const workshop: Workshop = { example: folder, work: join(folder, ".work"), out: join(folder, "fixtures"), settings };
  await dataStage(workshop);
  const tokenizer = await loadTokenizer(join(workshop.out, "base"));
  const encode = (text: string): number[] => tokenizer.encode(text, settings.tokenizer.maxLength);
  return laboratory.experts.map(({ name, network: { parameters } }) => ({
    name,
    head: { weight: parameters.values("classifier.weight").slice(), bias: parameters.values("classifier.bias").slice() },
    train: readEncodedExamples(trainFile(workshop, name), encode),
  }));
}
