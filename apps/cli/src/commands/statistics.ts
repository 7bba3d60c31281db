import { stat } from "node:fs/promises";
import path from "node:path";
import type { FisherEstimator } from "@amalgam/engine/statistics";
import { defineCommand, type ParsedArgs } from "citty";
import { isRef } from "../client/refs.ts";
import { refusal, UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { asRefusal, labelsOf, locate } from "../local/evaluate-here.ts";
import { measureAlong, rayOf } from "../local/measure-ray.ts";
import {
  type Live,
  type Measured,
  type MeasureOptions,
  measureFisher,
  measureGram,
  measureRouters,
} from "../local/measure-statistics.ts";
import { relateModels } from "../local/relate-models.ts";
import { byteSize, jsonOption, serverOptions, wholeNumber } from "../options.ts";
import { formatCount, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { measuredJson, renderMeasured, renderRouters, renderTaskVectors, taskVectorsJson } from "../terminal/statistics.ts";
import { styleFor } from "../terminal/style.ts";
import { measureOnServer, showStatistics } from "./statistics-on-server.ts";

const actions = ["fisher", "gram", "router", "task-vectors"] as const;
const estimators = ["exact", "sampled", "empirical"] as const;

const args = {
  action: {
    type: "positional",
    required: true,
    description: "fisher, gram, router or task-vectors; a version alone shows what the server has measured of it",
  },
  model: {
    type: "positional",
    required: false,
    description: "A model's folder, or a version to be pulled; of task-vectors the base; with --task refs separated by commas",
  },
  models: { type: "positional", required: false, valueHint: "…", description: "Of task-vectors: the models" },
  data: {
    type: "string",
    valueHint: "file",
    description: "JSON Lines of text (and label), context and choices, or input and target; safetensors of images or features",
  },
  head: { type: "string", valueHint: "dir", description: "Folder whose label head is used; default the model's own" },
  labels: {
    type: "string",
    valueHint: "a,b,…",
    description: "Labels, or @file with one a line: a head of another size is refused",
  },
  estimator: { type: "string", valueHint: "name", description: "Of fisher: exact (default), sampled or empirical" },
  draws: { type: "string", valueHint: "n", description: "Of sampled: labels drawn for each example; default 1" },
  seed: { type: "string", valueHint: "n", description: "Of sampled; default 0" },
  likelihood: {
    type: "string",
    valueHint: "sum|mean",
    description: "Of texts and choices: over tokens; default sum for texts, mean for choices",
  },
  "mask-share": {
    type: "string",
    valueHint: "share",
    description: "Of texts for a masked-language head (BERT, RoBERTa): share of tokens that are masked; default 0.15",
  },
  "mask-seed": { type: "string", valueHint: "n", description: "Of the same: which tokens; default 0" },
  density: {
    type: "string",
    valueHint: "share",
    description: "Of task-vectors: share of elements that count as largest; default 0.2",
  },
  examples: { type: "string", valueHint: "n", description: "Take the first n examples; on the server default 128" },
  batch: { type: "string", valueHint: "n", description: "Examples that go through the model at once; default 32" },
  backend: { type: "string", valueHint: "name", description: "Where to compute; see amalgam backends" },
  "memory-limit": { type: "string", valueHint: "bytes", description: "Memory that the work may need; default what is free" },
  out: {
    type: "string",
    valueHint: "file",
    description: "safetensors file to write; fisher and gram need it here. With --task a folder for several",
  },
  task: { type: "string", valueHint: "ns/name", description: "On the server: the task whose examples it is measured on" },
  split: { type: "string", valueHint: "search|train", description: "On the server: which split of the task; default search" },
  base: { type: "string", valueHint: "dir|ref", description: "Of fisher: base of the λ that are not 1" },
  lambda: {
    type: "string",
    valueHint: "a,b,…",
    description: "Of fisher: measures base + λ · (model − base) at each λ; several here go into files FILE.lambda-λ.safetensors",
  },
  ...serverOptions,
  ...jsonOption,
} as const;

type Given = ParsedArgs<typeof args>;

export const statistics = defineCommand({
  meta: {
    name: "statistics",
    description: "Measure a model on data: Fisher information, Gram matrices, routers; or relate task vectors",
  },
  args,
  async run({ args: given }) {
    const action = actions.find((each) => each === given.action);
    if (action === undefined && isRef(given.action)) return ofVersion(given);
    if (action === undefined) throw new UsageError(`statistics takes ${actions.join(", ")}, not ${printable(given.action, 40)}.`);
    if (given.model === undefined) throw new UsageError("MODEL is missing.");
    if (given.task !== undefined) return onServer(action, given.model, given);
    checkStray(given, serverOnly, "goes with --task");
    if (action === "task-vectors") return relateTaskVectors(given);
    if (given.models !== undefined) throw new UsageError(`statistics ${action} takes one model.`);
    const options = await optionsOf(action, given);
    const estimator = estimatorOf(given);
    const likelihood = likelihoodOf(given.likelihood);
    const style = styleFor(process.stdout);
    const ray = await rayOf(given.base, given.lambda);
    if (ray !== null && action !== "fisher") throw new UsageError("--base and --lambda go with statistics fisher.");
    if (ray !== null) return showAll(await run((live) => measureAlong(options, { estimator, likelihood }, ray, live)), given);
    if (action === "fisher") return show(await run((live) => measureFisher(options, { estimator, likelihood }, live)), given);
    if (action === "gram") return show(await run((live) => measureGram(options, live)), given);
    const { routers, ...measured } = await run((live) => measureRouters(options, live));
    if (given.json === true) return printJson({ ...measuredJson(measured), routers: routersJson(routers) });
    print(`${renderMeasured(measured, style)}\n\n${renderRouters(routers, style)}`);
  },
});

/** Without an action: what the server has, or Fisher information of a task of the server. */
function ofVersion(given: Given): Promise<void> {
  if (given.model !== undefined) throw new UsageError(`statistics takes ${actions.join(", ")} first, then the model.`);
  if (given.task !== undefined) return onServer("fisher", given.action, given);
  if (given.data !== undefined)
    throw new UsageError(`Say what to measure: amalgam statistics fisher ${printable(given.action, 80)}.`);
  return showStatistics(given.action, given);
}

async function onServer(action: (typeof actions)[number], models: string, given: Given): Promise<void> {
  if (action !== "fisher" && action !== "gram") throw new UsageError(`The server measures fisher and gram, not ${action}.`);
  checkStray(given, localOnly, "does not go with --task: the server has models and data");
  if (given.estimator !== undefined) estimatorOf(given);
  return measureOnServer(action === "fisher" ? "FISHER" : "GRAM", models, given);
}

const localOnly = [
  "data",
  "head",
  "labels",
  "likelihood",
  "mask-share",
  "mask-seed",
  "density",
  "batch",
  "backend",
  "memory-limit",
] as const;
const serverOnly = ["split"] as const;

function checkStray(given: Given, names: readonly (keyof Given & string)[], why: string): void {
  const stray = names.find((name) => given[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} ${why}.`);
}

const routersJson = (routers: Awaited<ReturnType<typeof measureRouters>>["routers"]) =>
  [...routers].map(([name, { tokens, chosenShare, meanProbability }]) => ({
    ...{ name, tokens, chosenShare: [...chosenShare], meanProbability: [...meanProbability] },
  }));

function show(measured: Measured, given: Given): void {
  if (given.json === true) printJson(measuredJson(measured));
  else print(renderMeasured(measured, styleFor(process.stdout)));
}

function showAll(measured: readonly Measured[], given: Given): void {
  const [only, ...others] = measured;
  if (only !== undefined && others.length === 0) show(only, given);
  else if (given.json === true) printJson({ statistics: measured.map(measuredJson) });
  else print(measured.map((each) => renderMeasured(each, styleFor(process.stdout))).join("\n\n"));
}

async function run<T>(work: (live: Live) => Promise<T>): Promise<T> {
  const progress = startProgress("Measuring", { unit: "none" });
  try {
    return await interruptible(
      (signal) =>
        work({
          signal,
          onProgress: ({ done, total }) =>
            progress.update({ done, total, note: `${formatCount(done)} of ${formatCount(total)}` }),
        }).catch((error: unknown) => {
          throw signal.aborted ? error : asRefusal(error, "STATISTIC_REFUSED");
        }),
      "Cancelled.",
    );
  } finally {
    progress.finish();
  }
}

async function optionsOf(action: string, given: Given): Promise<MeasureOptions> {
  if (given.data === undefined) throw new UsageError(`statistics ${action} needs --data.`);
  if (given.out === undefined && action !== "router") throw new UsageError(`statistics ${action} needs --out.`);
  const out = await outOf(given.out);
  return {
    ...{ model: await locate(given.model ?? "", "model"), data: given.data, out, backend: given.backend },
    head: given.head === undefined ? undefined : await locate(given.head, "head"),
    labels: (await labelsOf(given.labels))?.length,
    limit: wholeNumber(given.examples, "--examples", { min: 1 }),
    batch: wholeNumber(given.batch, "--batch", { min: 1, max: 2 ** 16 }),
    memoryLimitBytes: byteSize(given["memory-limit"], "--memory-limit"),
    masks: masksOf(given),
  };
}

/** Where to write: told before minutes of work that it is nowhere. */
async function outOf(text: string | undefined): Promise<string | null> {
  if (text === undefined) return null;
  const out = path.resolve(text);
  if ((await stat(path.dirname(out)).catch(() => null)) === null)
    throw refusal("FILE_ENOENT", `There is no folder ${printable(path.dirname(out))} to write into.`, [out]);
  return out;
}

function estimatorOf({ estimator: text = "exact", draws, seed }: Given): FisherEstimator {
  const kind = estimators.find((each) => each === text);
  if (kind === undefined) throw new UsageError(`--estimator takes ${estimators.join(", ")}, not ${printable(text, 40)}.`);
  if (kind !== "sampled" && (draws !== undefined || seed !== undefined))
    throw new UsageError("--draws and --seed go with --estimator sampled.");
  if (kind !== "sampled") return { kind };
  return {
    kind,
    draws: wholeNumber(draws, "--draws", { min: 1, max: 1000 }) ?? 1,
    seed: wholeNumber(seed, "--seed", { max: 2 ** 31 - 1 }) ?? 0,
  };
}

/** Undefined when nothing was said of masks. */
function masksOf(given: Given): MeasureOptions["masks"] {
  const [text, seed] = [given["mask-share"], wholeNumber(given["mask-seed"], "--mask-seed", { max: 2 ** 31 - 1 })];
  const share = text === undefined ? undefined : Number(text);
  if (share !== undefined && !(share > 0 && share <= 1))
    throw new UsageError(`--mask-share takes a share above 0 and at most 1, not ${printable(text ?? "", 40)}.`);
  if (share === undefined && seed === undefined) return undefined;
  return { ...(share === undefined ? {} : { share }), ...(seed === undefined ? {} : { seed }) };
}

function likelihoodOf(text: string | undefined): "sum" | "mean" | undefined {
  if (text === undefined || text === "sum" || text === "mean") return text;
  throw new UsageError(`--likelihood takes sum or mean, not ${printable(text, 40)}.`);
}

async function relateTaskVectors(given: Given): Promise<void> {
  const [, base = "", ...models] = given._;
  if (models.length === 0) throw new UsageError("statistics task-vectors needs a base and at least one model.");
  const density = given.density === undefined ? 0.2 : Number(given.density);
  if (!(density > 0 && density <= 1))
    throw new UsageError(`--density takes a share above 0 and at most 1, not ${printable(given.density ?? "", 40)}.`);
  const out = await outOf(given.out);
  const located = await Promise.all([base, ...models].map((each, index) => locate(each, index === 0 ? "base" : "model")));
  const [from = "", ...paths] = located;
  const { key, ...found } = await run((live) => relateModels(from, paths, { density, out }, live));
  if (given.json === true) printJson({ ...taskVectorsJson(found, models), key, file: out });
  else print(renderTaskVectors(found, models, styleFor(process.stdout)));
}
