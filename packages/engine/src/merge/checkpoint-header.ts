import type { Dtype } from "../tensor/dtype.ts";
import type { Space } from "./define-method.ts";

/** What a plan reads of a checkpoint: no tensor bytes. */
export interface CheckpointHeader {
  /** Name for messages */
  readonly label: string;
  /** config.json, when there is one */
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly space: Space;
  readonly tensors: readonly { readonly name: string; readonly dtype: Dtype; readonly shape: readonly number[] }[];
}
