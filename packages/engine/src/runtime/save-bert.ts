import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BertModel } from "./bert.ts";
import type { BertHead } from "./bert-shapes.ts";
import type { TensorValues } from "./parameters.ts";
import { saveTensors } from "./save-tensors.ts";

const ARCHITECTURES: Readonly<Record<BertHead, string>> = {
  none: "BertModel",
  "masked-language": "BertForMaskedLM",
  classification: "BertForSequenceClassification",
};

export interface SaveBertOptions {
  /** Names of the classes of a classification head, in order. */
  readonly labels?: readonly string[];
  /** `__metadata__` of the safetensors file. Default `{format: "pt"}`, which Hugging Face transformers asks for. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes `config.json` and `model.safetensors` (F32) into a Hugging Face folder, made if need be; other files there stay. */
export async function saveBert(dir: string, model: BertModel, { labels, metadata = {} }: SaveBertOptions = {}): Promise<void> {
  await mkdir(dir, { recursive: true });
  const config = {
    ...model.config,
    architectures: [ARCHITECTURES[model.head]],
    torch_dtype: "float32",
    ...(labels === undefined ? {} : labelMaps(labels)),
  };
  const tensors = model.parameters.names.map((name): [string, TensorValues] => [
    name,
    { shape: model.parameters.shape(name), values: model.parameters.values(name) },
  ]);
  await saveTensors(join(dir, "model.safetensors"), tensors, new Map(Object.entries({ format: "pt", ...metadata })));
  await writeFile(join(dir, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

function labelMaps(labels: readonly string[]): { id2label: Record<string, string>; label2id: Record<string, number> } {
  return {
    id2label: Object.fromEntries(labels.map((label, index) => [String(index), label])),
    label2id: Object.fromEntries(labels.map((label, index) => [label, index])),
  };
}
