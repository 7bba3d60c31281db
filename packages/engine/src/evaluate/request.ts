import type { EvaluationKind } from "./kinds.ts";
import type { Progress } from "./score.ts";

/** Where answers come from instead of this program's own networks. */
export type ExternalSource =
  | { readonly command: readonly string[]; readonly environment?: Readonly<Record<string, string>> }
  | EndpointSource;

/** A server that speaks the OpenAI protocol for completions, such as vLLM or llama.cpp. */
export interface EndpointSource {
  /** Up to and with /v1. */
  readonly endpoint: string;
  /** The name of the model there; default: the folder of the request. */
  readonly model?: string;
  readonly key?: string;
  readonly timeoutSeconds?: number;
}

export interface EvaluationRequest {
  readonly kind: EvaluationKind;
  /** Hugging Face folder of the model and its tokenizer. */
  readonly model: string;
  /** Folder whose head tensors stand in for the model's own. */
  readonly head?: string;
  /** Names of the classes, in the order of the head's outputs; the choices of a ranking. */
  readonly labels?: readonly string[];
  /** File of the split; only an external command can do without. */
  readonly data?: string;
  /** What the kind leaves open; see `settingsSchemas`. */
  readonly settings?: unknown;
  /** Needed by `external`; an endpoint can also answer `multiple-choice`, `choice-ranking` and `exact-match`. */
  readonly source?: ExternalSource;
  /** Tokens, padding included, that go through the model at once. */
  readonly batchTokens?: number;
  /** Memory that the model may need; default: what the machine has free. */
  readonly memoryLimitBytes?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}
