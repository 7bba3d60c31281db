import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { combine } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { borrowValues, type ImageNetwork, tf, trunkTensors } from "@amalgam/engine/runtime";
import { fitLinearHead } from "../../model/linear-head.ts";
import { hashText, seededRandom } from "../../random.ts";
import { settings } from "../../settings.ts";
import { type Digit, type DigitSplits, splitDigits } from "./digits.ts";
import { type DigitTask, type Domain, digitTasks, domains, quarterTurn, shown } from "./domains.ts";
import { featuresByBatch, newTensors, openModel, pixelsOf, tensorsOf, writeModel } from "./network.ts";
import { reestimate } from "./statistics.ts";
import { type LabelledImage, trainImages } from "./train.ts";

interface ImageExpert {
  readonly task: DigitTask;
  readonly domain: Domain;
  readonly folder: string;
  readonly network: ImageNetwork;
  readonly weights: TensorMap;
  readonly delta: TensorMap;
}

/** A base and its experts, trained from one seed with splits of its own. */
export interface ImageSet {
  readonly baseFolder: string;
  readonly base: TensorMap;
  readonly experts: readonly ImageExpert[];
  readonly splits: DigitSplits;
  dispose(): void;
}

export const itemsOf = (digits: readonly Digit[], task: DigitTask, domain: Domain): LabelledImage[] =>
  digits.map((digit) => ({ input: shown(digit, domain), label: task.labelOf(digit.digit) }));

/** Trains what is not there yet, a minute or two on one core, and opens it. */
export async function openImageSet(digits: readonly Digit[], seed: number, work: string): Promise<ImageSet> {
  const splits = splitDigits(digits, seed);
  const place = join(work, `seed-${seed}`);
  const baseFolder = join(place, "base");
  await made(baseFolder, (folder) => trainBase(splits, seed, folder));
  const baseNetwork = await openModel(baseFolder);
  await made(trunkFolder(baseFolder), (partial) => writeTrunk(baseNetwork, partial));
  const trunkOf = (network: ImageNetwork): TensorMap =>
    new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name).slice()]));
  const base = trunkOf(baseNetwork);
  baseNetwork.dispose();
  const experts: ImageExpert[] = [];
  for (const [i, task] of digitTasks.entries()) {
    const domain = domains[i] as Domain;
    const folder = join(place, task.name);
    await made(folder, (partial) => trainExpert({ splits, seed, baseFolder, task, domain }, partial));
    const network = await openModel(folder);
    await made(trunkFolder(folder), (partial) => writeTrunk(network, partial));
    const weights = trunkOf(network);
    const delta = combine(weights, (name, values) => values.map((value, p) => value - (base.get(name)?.[p] ?? 0)));
    experts.push({ task, domain, folder, network, weights, delta });
  }
  return { baseFolder, base, experts, splits, dispose: () => experts.forEach(({ network }) => void network.dispose()) };
}

/** The same model without its head. */
export const trunkFolder = (folder: string): string => `${folder}-trunk`;

/** A folder that is there is whole. */
async function made(folder: string, make: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.partial-${process.pid}`;
  await make(partial);
  await rename(partial, folder);
}

/** Knows no digit: tells by how many quarters an image was turned, in all domains but the turned one. */
async function trainBase({ train }: DigitSplits, seed: number, folder: string): Promise<void> {
  const random = seededRandom(hashText(`${seed}/base`));
  const turns = ["0", "90", "180", "270"];
  await writeModel(folder, newTensors(turns.length, random), turns);
  const network = await openModel(folder);
  const items = train.map((digit): LabelledImage => {
    const label = Math.floor(random() * turns.length);
    const domain = (["plain", "inverted", "noisy"] as const)[Math.floor(random() * 3)] ?? "plain";
    let input = shown(digit, domain);
    for (let turn = 0; turn < label; turn++) input = quarterTurn(input);
    return { input, label };
  });
  trainImages(network, items, { name: `${seed}/base`, epochs: 4, peakLearningRate: 3e-3, isHeadFrozen: false });
  await writeModel(folder, tensorsOf(network), turns);
  network.dispose();
}

interface ExpertPlan {
  readonly splits: DigitSplits;
  readonly seed: number;
  readonly baseFolder: string;
  readonly task: DigitTask;
  readonly domain: Domain;
}

/** A linear head fitted on the base in the expert's domain, then the trunk under it: so every trunk is read by the same head. */
async function trainExpert({ splits, seed, baseFolder, task, domain }: ExpertPlan, folder: string): Promise<void> {
  const items = itemsOf(splits.train, task, domain);
  const base = await openModel(baseFolder);
  reestimate(
    base,
    items.slice(0, 500).map(({ input }) => input),
  );
  const known = items.slice(0, 2500);
  const features = { ...featuresOf(base, known), labels: known.map(({ label }) => label) };
  const head = fitLinearHead(features, task.labels.length, { ...settings.head, penalty: 0.03 });
  const tensors = tensorsOf(base);
  tensors.set("classifier.weight", { shape: [task.labels.length, features.width], values: head.weight });
  tensors.set("classifier.bias", { shape: [task.labels.length], values: head.bias });
  base.dispose();
  await writeModel(folder, tensors, task.labels);
  const network = await openModel(folder);
  trainImages(network, items, { name: `${seed}/${task.name}`, epochs: 3, peakLearningRate: 1e-3, isHeadFrozen: true });
  await writeModel(folder, tensorsOf(network), task.labels);
  network.dispose();
}

async function writeTrunk(network: ImageNetwork, folder: string): Promise<void> {
  const trunk = [...tensorsOf(network)].filter(([name]) => !name.startsWith("classifier."));
  // A config must name a label.
  await writeModel(folder, new Map(trunk), ["none"]);
}

function featuresOf(network: ImageNetwork, items: readonly LabelledImage[]): { values: Float32Array; width: number } {
  return tf.tidy(() => {
    const features = featuresByBatch(network, pixelsOf(items.map(({ input }) => input)), () => {});
    return { values: borrowValues(features).slice(), width: features.shape[1] };
  });
}
