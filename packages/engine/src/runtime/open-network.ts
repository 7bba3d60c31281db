import type { Architecture, CheckpointSource } from "./architecture.ts";
import { architectures } from "./architectures/index.ts";
import { openCheckpoint } from "./checkpoint-source.ts";
import type { HeadKind, Network } from "./network.ts";

export interface OpenNetworkOptions {
  /** Default: the architecture's first head. */
  readonly head?: HeadKind;
  /** Folder whose head tensors are used; default: the model's own. */
  readonly headFrom?: string;
  readonly labels?: number;
}

/** Opens a Hugging Face folder for running. Errors name the folder and the key or tensor at fault; an unknown architecture is refused by its name. */
export async function openNetwork(folder: string, { head, headFrom, labels }: OpenNetworkOptions = {}): Promise<Network> {
  const source = await openCheckpoint(folder);
  const architecture = findArchitecture(source);
  const wanted = head ?? architecture.heads[0];
  if (wanted === undefined || !architecture.heads.includes(wanted)) {
    throw new Error(
      `${source.configFile}: model_type: ${modelTypeOf(source)} has no ${wanted} head here; it runs with ${architecture.heads.join(", ")}.`,
    );
  }
  return architecture.open(source, {
    head: wanted,
    ...(headFrom === undefined || headFrom === folder ? {} : { headFrom: await openCheckpoint(headFrom) }),
    ...(labels === undefined ? {} : { labels }),
  });
}

/** Heads that a folder's architecture can run with, the usual one first; reads config and headers alone. */
export async function runnableHeads(folder: string): Promise<readonly HeadKind[]> {
  return findArchitecture(await openCheckpoint(folder)).heads;
}

/** Whether a folder brings a classification head of its own; reads headers alone. */
export async function hasClassifier(folder: string): Promise<boolean> {
  return [...(await openCheckpoint(folder)).names].some((name) => name.startsWith("classifier."));
}

/** Model types that can be run, in the order of the documentation. */
export function runnableModelTypes(): readonly string[] {
  return architectures.flatMap(({ modelTypes }) => modelTypes);
}

/** Names of the tensors below the head: what is merged, and what statistics are taken of. The head stays with its task. */
export function trunkTensors({ architecture, parameters }: Network): readonly string[] {
  const found = architectures.find(({ modelTypes }) => modelTypes.includes(architecture));
  return parameters.names.filter((name) => found?.isHeadTensor(name) !== true);
}

function findArchitecture(source: CheckpointSource): Architecture {
  const type = modelTypeOf(source);
  const found = architectures.find(({ modelTypes }) => modelTypes.includes(type));
  if (found !== undefined) return found;
  throw new Error(
    `${source.configFile}: model_type: "${type.slice(0, 100)}" is not an architecture that this program runs (${runnableModelTypes().join(", ")}); it can still be merged.`,
  );
}

function modelTypeOf({ config, configFile }: CheckpointSource): string {
  const type = typeof config === "object" && config !== null && "model_type" in config ? config.model_type : undefined;
  if (typeof type !== "string") throw new Error(`${configFile}: model_type: missing, so nothing says how to run this model.`);
  return type;
}
