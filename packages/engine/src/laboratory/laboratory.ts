import type { TensorMap } from "../merge-by-statistics/index.ts";
import { openNetwork, type TextNetwork, trunkTensors } from "../runtime/index.ts";

export interface ExpertFolder {
  /** How tables and messages name it: its task. */
  readonly name: string;
  /** Hugging Face folder of the fine-tuned classifier. */
  readonly model: string;
  /** Number of labels, where it is known. */
  readonly labels?: number;
}

/** One task: its expert's network, into which any trunk can be put, and its task vector. */
export interface Expert {
  readonly name: string;
  readonly network: TextNetwork;
  readonly weights: TensorMap;
  /** Task vector: weights − base. */
  readonly delta: TensorMap;
}

/** A base and its experts with all weights in memory as F32, for merges that are tried by the dozen. */
export interface Laboratory {
  readonly base: TensorMap;
  readonly experts: readonly Expert[];
  dispose(): void;
}

/**
 * Opens text classifiers that come from one base. Heads stay with their experts; everything below them is the trunk.
 * @throws Error for a folder that cannot be run, is no text classifier, or whose tensors are not those of the base
 */
export async function openLaboratory(base: string, folders: readonly ExpertFolder[]): Promise<Laboratory> {
  const experts: Expert[] = [];
  const dispose = (): void => {
    for (const { network } of experts) network.dispose();
  };
  try {
    const [first] = folders;
    if (first === undefined) throw new RangeError("A laboratory needs at least one expert.");
    const trunk = await baseTrunk(base, first.model);
    for (const { name, model, labels } of folders) {
      const network = await openClassifier(model, model, labels);
      const weights = trunkOf(network);
      experts.push({ name, network, weights, delta: difference(weights, trunk, `${model} and ${base}`) });
    }
    return { base: trunk, experts, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function baseTrunk(base: string, headFrom: string): Promise<TensorMap> {
  const network = await openClassifier(base, headFrom);
  const trunk = trunkOf(network);
  network.dispose();
  return trunk;
}

async function openClassifier(folder: string, headFrom: string, labels?: number): Promise<TextNetwork> {
  const network = await openNetwork(folder, { head: "classification", headFrom, ...(labels === undefined ? {} : { labels }) });
  if (network.input === "tokens") return network;
  network.dispose();
  throw new Error(`${folder}: ${network.architecture} reads ${network.input}; only classifiers of texts are taken here.`);
}

function trunkOf(network: TextNetwork): TensorMap {
  return new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name).slice()]));
}

function difference(weights: TensorMap, base: TensorMap, between: string): TensorMap {
  if (weights.size !== base.size) throw new Error(`${between} have ${weights.size} and ${base.size} tensors below their heads.`);
  return combine(weights, (name, values) => {
    const own = base.get(name);
    if (own?.length !== values.length) throw new Error(`${between} do not match at tensor "${name}".`);
    return values.map((value, p) => value - (own[p] as number));
  });
}

/** A map with the same names. */
export function combine(map: TensorMap, change: (name: string, values: Float32Array) => Float32Array): Map<string, Float32Array> {
  return new Map([...map].map(([name, values]) => [name, change(name, values)]));
}

/** Makes a network run with these weights below its head. */
export function putTrunk(network: TextNetwork, trunk: TensorMap): void {
  for (const [name, values] of trunk) {
    network.parameters.values(name).set(values);
    network.parameters.touch(name);
  }
}
