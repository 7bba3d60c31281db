import { join } from "node:path";
import { BertModel, createBert } from "./bert.ts";
import { type BertConfig, parseBertConfig } from "./bert-config.ts";
import { type BertHead, bertShapes } from "./bert-shapes.ts";
import { readCheckpointTensors, readJson } from "./checkpoint-tensors.ts";
import { Parameters, type TensorValues } from "./parameters.ts";

export interface LoadBertOptions {
  /** Default "none": the trunk alone. */
  readonly head?: BertHead;
  /** Folder whose `classifier.*` makes the head; default: the model's own folder. */
  readonly headFrom?: string;
  /** Number of classes; default: what the head's tensors say. Required for a fresh head. */
  readonly labels?: number;
  /** Given: tensors of the head that no folder has start at random from this seed. Not given: a missing tensor is an error. */
  readonly seed?: number;
}

const isHeadTensor = (name: string): boolean => name.startsWith("classifier.") || name.startsWith("cls.");

/** Loads a BERT from Hugging Face folders. Errors name the folder, and the tensor or key at fault. */
export async function loadBert(
  dir: string,
  { head = "none", headFrom = dir, labels, seed }: LoadBertOptions = {},
): Promise<BertModel> {
  const configFile = join(dir, "config.json");
  const config = parseBertConfig(await readJson(configFile), configFile);
  const trunk = await readModelTensors(dir, (name) => !isHeadTensor(name));
  const own = head === "none" ? new Map<string, TensorValues>() : await readModelTensors(headFrom, isHeadTensor);
  const classes = labels ?? own.get("classifier.weight")?.shape[0] ?? 0;
  if (head === "classification" && classes < 1) throw new Error(`${headFrom} has no tensor "classifier.weight".`);
  const shapes = bertShapes(config, head, classes);
  const entries = [...shapes].map(([name, shape]) => {
    const folder = isHeadTensor(name) ? headFrom : dir;
    const found = (isHeadTensor(name) ? own : trunk).get(name);
    if (found !== undefined) checkShape(`${folder}: tensor "${name}"`, found.shape, shape, configFile);
    return [name, found, folder] as const;
  });
  return assemble(config, head, classes, entries, seed);
}

function assemble(
  config: BertConfig,
  head: BertHead,
  labels: number,
  entries: readonly (readonly [name: string, found: TensorValues | undefined, folder: string])[],
  seed: number | undefined,
): BertModel {
  const missing = entries.find(([name, found]) => found === undefined && (seed === undefined || !isHeadTensor(name)));
  if (missing !== undefined) throw new Error(`${missing[2]} has no tensor "${missing[0]}".`);
  const tensors = new Map(entries.flatMap(([name, found]) => (found === undefined ? [] : [[name, found] as const])));
  if (seed !== undefined) return createBert({ config, head, labels, seed, tensors });
  return new BertModel(config, head, new Parameters(tensors));
}

/** Tensors by their names in a model with a head: a bare BertModel, saved without the `bert.` prefix, gets it. */
async function readModelTensors(dir: string, wanted: (name: string) => boolean): Promise<Map<string, TensorValues>> {
  const { tensors, metadata } = await readCheckpointTensors(dir, wanted);
  if (metadata.get("amalgam.space") === "delta") {
    throw new Error(`${dir} holds a task vector (differences of weights), which cannot be run as a model.`);
  }
  const isBare = tensors.has("embeddings.word_embeddings.weight");
  return new Map([...tensors].map(([name, tensor]) => [isBare ? `bert.${name}` : name, tensor]));
}

function checkShape(tensor: string, found: readonly number[], wanted: readonly number[], configFile: string): void {
  if (found.join() === wanted.join()) return;
  throw new Error(`${tensor} has shape [${found.join(", ")}]; ${configFile} asks for [${wanted.join(", ")}].`);
}
