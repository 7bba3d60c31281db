import type { HeadKind, Network } from "./network.ts";
import type { TensorValues } from "./parameters.ts";

/** A checkpoint as an architecture gets it: nothing in it is code. */
export interface CheckpointSource {
  /** Parsed `config.json`, unchecked. */
  readonly config: unknown;
  /** How messages name the config: its path. */
  readonly configFile: string;
  /** How messages name the folder. */
  readonly folder: string;
  /** Names of all tensors of the checkpoint. */
  readonly names: ReadonlySet<string>;
  /** Reads tensors, widened to F32, by their names in the checkpoint. */
  read(names: Iterable<string>): Promise<ReadonlyMap<string, TensorValues>>;
}

export interface OpenOptions {
  /** What the last layer says; must be one of the architecture's heads. */
  readonly head: HeadKind;
  /** The checkpoint whose head tensors are used; default: the same. */
  readonly headFrom?: CheckpointSource;
  /** Number of labels, where the caller knows it; a head of another size is refused. */
  readonly labels?: number;
}

/** A family of networks that this program can run: from named tensors and a config to logits. */
export interface Architecture {
  /** `model_type` of the `config.json` files that it opens. */
  readonly modelTypes: readonly string[];
  readonly heads: readonly HeadKind[];
  /** Names of the tensors that belong to the head: they stay with a task and are not merged. */
  isHeadTensor(name: string): boolean;
  /** Throws an Error that names the config's key, or the folder and the tensor, at fault. */
  open(source: CheckpointSource, options: OpenOptions): Promise<Network>;
}
