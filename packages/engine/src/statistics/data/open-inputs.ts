import { availableMemory, checkMemory, forecastMemory, type MemoryWords } from "../../evaluate/memory-forecast.ts";
import { openTensorSplit, type TensorSplit } from "../../evaluate/tensor-split.ts";
import {
  borrowValues,
  checkTokenizer,
  ensureBackend,
  type HeadKind,
  hasClassifier,
  type ImageNetwork,
  type ImagePreparation,
  loadImagePreparation,
  loadTokenizer,
  type Network,
  openNetwork,
  runnableHeads,
  tf,
  toPixels,
} from "../../runtime/index.ts";
import type { StatisticExample } from "../collate.ts";
import type { MaskChoice } from "./mask-tokens.ts";
import { headFor, lineForm, type StatisticInput } from "./statistic-input.ts";
import { textInput } from "./text-input.ts";

export interface StatisticRequest {
  /** Hugging Face folder of the model and its tokenizer. */
  readonly model: string;
  /** Folder whose head tensors stand in for the model's own. */
  readonly head?: string;
  /** Number of labels, where the caller knows it. */
  readonly labels?: number;
  /** A JSON Lines file of texts, by its path or its bytes; or the path of a safetensors file of images or rows of features. */
  readonly data: string | Uint8Array;
  /** Takes the first examples only. */
  readonly limit?: number;
  /** Numbers held beside each weight, in units of its own four bytes: two for f64 sums, one for the result. */
  readonly sumsPerWeight?: number;
  readonly memoryLimitBytes?: number;
  /** Plain texts for a model without a classification head are masked so, where its architecture has a masked-language head. */
  readonly masks?: MaskChoice;
}

export interface OpenInputs {
  readonly network: Network;
  readonly input: StatisticInput;
  /** Texts that lost their end, or their beginning, to fit. */
  readonly truncated: number;
}

/**
 * Opens a model and the examples to measure it on; the caller disposes the network. Lines with `label` ask a classification head, lines with `choices` or `text` a language
 * head where the architecture has one (a masked one for `text` when `masks` says so), lines with `input` and `target` an encoder-decoder.
 * @throws Error that names the folder, tensor, line or example at fault
 */
export async function openInputs(request: StatisticRequest): Promise<OpenInputs> {
  const { model, head: headFrom, data, labels, sumsPerWeight = 0 } = request;
  const rowFile = typeof data === "string" && data.endsWith(".safetensors") ? data : null;
  const form = rowFile === null ? lineForm(data) : "labelled";
  const heads = await runnableHeads(model);
  if (form === "labelled" && heads.includes("masked-language") && !(await hasClassifier(headFrom ?? model)))
    throw new Error(
      `${headFrom ?? model} has no classification head, which lines with labels are for; name a folder that has one as head, or give texts alone.`,
    );
  const isMasked = request.masks !== undefined && form === "texts" && !(await hasClassifier(headFrom ?? model));
  const head: HeadKind = headFor(form, heads, model, isMasked);
  const forecast = await forecastMemory(headFrom === undefined ? [model] : [headFrom, model], { rows: 2048 });
  const weightBytes = forecast.weightBytes * (1 + sumsPerWeight);
  checkMemory(model, { ...forecast, weightBytes }, request.memoryLimitBytes ?? availableMemory(), measuring(sumsPerWeight));
  await ensureBackend();
  const network = await openNetwork(model, {
    head,
    ...(headFrom === undefined ? {} : { headFrom }),
    ...(labels === undefined || head !== "classification" ? {} : { labels }),
  });
  try {
    if (rowFile !== null) return { network, input: await rowInput(network, request, rowFile), truncated: 0 };
    if (network.input !== "tokens" && network.input !== "pairs")
      throw new Error(`${model}: ${network.architecture} takes ${network.input}, from a safetensors file.`);
    const tokenizer = await loadTokenizer(model);
    checkTokenizer(tokenizer, network, model);
    return { network, ...(await textInput(network, tokenizer, request, data, form)) };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

const measuring = (sumsPerWeight: number): MemoryWords => ({
  doing: "measuring this model",
  weights: sumsPerWeight > 3 ? "weights, base, task vector and sums" : sumsPerWeight > 0 ? "weights and sums" : "weights",
  advice:
    sumsPerWeight > 3 ? "λ = 1 alone needs neither base nor task vector; else use another machine." : "Use another machine.",
});

async function rowInput(network: Network, { model, limit }: StatisticRequest, file: string): Promise<StatisticInput> {
  if (network.input !== "images" && network.input !== "features")
    throw new Error(`${model}: ${network.architecture} takes texts, from JSON Lines; ${file} is a safetensors file.`);
  const wanted =
    network.input === "images" ? ({ tensor: "images", rank: 4 } as const) : ({ tensor: "features", rank: 2 } as const);
  const split = await openTensorSplit(file, { ...wanted, labelCount: network.outputs });
  try {
    const count = Math.min(limit ?? split.n, split.n);
    if (network.input === "features") return { asks: "labels", examples: await featureRows(split, count) };
    return { asks: "labels", examples: await imageExamples(network, split, count, await loadImagePreparation(model), file) };
  } finally {
    await split.close();
  }
}

/** Pixels as the network takes them: prepared, channels last. */
async function imageExamples(
  network: ImageNetwork,
  split: TensorSplit,
  count: number,
  preparation: ImagePreparation | null,
  file: string,
): Promise<StatisticExample[]> {
  const examples: StatisticExample[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const values = await split.read(index, 1);
      const image = { values, isBytes: split.isBytes, shape: [1, ...split.shape] };
      const pixels = toPixels(image, network.imageShape, preparation);
      const [, height, width] = pixels.shape;
      examples.push({ input: borrowValues(pixels).slice(), shape: [height, width], label: split.labels[index] ?? 0 });
      tf.dispose(pixels);
    }
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`${file}: ${error.message}`) : error;
  }
  return examples;
}

async function featureRows(split: TensorSplit, count: number): Promise<StatisticExample[]> {
  const values = await split.read(0, count);
  const width = split.shape[0] ?? 0;
  return Array.from({ length: count }, (_, row) => ({
    input: values.subarray(row * width, (row + 1) * width),
    label: split.labels[row] ?? 0,
  }));
}
