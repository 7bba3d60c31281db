import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { loadBert, loadTokenizer } from "@amalgam/engine/runtime";
import type { LinearHead } from "../../model/linear-head.ts";
import { settings } from "../../settings.ts";
import { baseStage } from "../../stages/base.ts";
import { type Corpus, corpusStage, dataStage } from "../../stages/corpus.ts";
import { expertStage } from "../../stages/expert.ts";
import { headStage } from "../../stages/head.ts";
import type { Workshop } from "../../stages/workshop.ts";
import { type Condition, weakBase } from "./conditions.ts";

/** Trains six experts from a condition's base, unless they are there. @returns their folder, with `base` and a folder for each task */
export async function trainedSet(condition: Condition, set: number, folder: string): Promise<string> {
  const common: Workshop = { example: folder, work: join(folder, ".work"), out: join(folder, "fixtures"), settings };
  await dataStage(common);
  const bases = await basesOf(condition, common);
  const place = join(common.work, "benchmark/sets", `${condition.id}-${set}`);
  if (!existsSync(join(place, "base"))) cpSync(join(bases.out, "base"), join(place, "base"), { recursive: true });
  const corpus = await readingOnly(join(place, "base"));
  for (const task of settings.tasks) {
    if (existsSync(join(place, task, "model.safetensors"))) continue;
    const head = await headOf(condition, bases, corpus, task);
    // Data lie in the common work folder, the state of a training beside its set.
    const own = { ...settings, seed: 1000 + set, expert: condition.expert };
    await expertStage({ ...common, out: place, settings: own }, corpus, task, head, join(place, "states"));
  }
  return place;
}

/** Where the base of a condition lies, and what was made on the way to it. */
async function basesOf({ base }: Condition, common: Workshop): Promise<Workshop> {
  if (base === "good") return common;
  const out = join(common.work, "benchmark/sets/weak-base");
  const weak: Workshop = { ...common, out, settings: { ...settings, base: weakBase } };
  if (existsSync(join(out, "base/model.safetensors"))) return weak;
  await baseStage({ ...weak, work: join(common.work, "benchmark/sets/weak-work") }, await corpusStage(common));
  return weak;
}

/** Heads of the good base are those of the published experts; the weak base gets its own. */
async function headOf({ base }: Condition, bases: Workshop, corpus: Corpus, task: string): Promise<LinearHead> {
  if (base === "weak") return headStage(bases, corpus, task, join(bases.work, "benchmark/sets/weak-work/heads"));
  const expert = await loadBert(join(bases.out, task), { head: "classification" });
  const [weight, bias] = ["classifier.weight", "classifier.bias"].map((name) => expert.parameters.values(name).slice());
  expert.dispose();
  return { weight: weight ?? new Float32Array(0), bias: bias ?? new Float32Array(0) };
}

/** The tokenizer without the texts that it was made from. */
async function readingOnly(tokenizerDir: string): Promise<Corpus> {
  const tokenizer = await loadTokenizer(tokenizerDir);
  const encode = (text: string): number[] => tokenizer.encode(text, settings.tokenizer.maxLength);
  return { documents: [], wordCounts: new Map(), vocabulary: [], tokenizerDir, encode };
}
