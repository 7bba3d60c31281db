import { readJson } from "../runtime/checkpoint-tensors.ts";
import { readJsonLines } from "./json-lines.ts";
import { type EvaluationKind, kindFacts } from "./kinds.ts";
import { readAnswerExamples, readChoiceExamples, readDocuments, readExamples } from "./read-examples.ts";
import { openTensorSplit } from "./tensor-split.ts";

export interface SplitFile {
  readonly file: string;
  /** What the file is, whatever its name ends in. */
  readonly format: "jsonl" | "safetensors" | "json";
  readonly labels: readonly string[];
}

/** Reads a split as an evaluation of this kind would and counts its examples. Throws an Error that names file and line, or tensor. */
export async function checkSplit(kind: EvaluationKind, { file, format, labels }: SplitFile): Promise<number> {
  const { formats } = kindFacts[kind];
  if (!formats.includes(format)) throw new Error(`${file}: a split of ${kind} is a .${formats.join(" or .")} file.`);
  if (kind === "external") return countExternal(file, format);
  if (kind === "image-classification") return countRows(file, "images", labels);
  if (kind === "table-classification") return countRows(file, "features", labels);
  if (kind === "multiple-choice") return readChoiceExamples(file).length;
  if (kind === "exact-match") return readAnswerExamples(file).length;
  return (kind === "perplexity" ? readDocuments(file) : readExamples(file, labels)).length;
}

async function countRows(file: string, tensor: "images" | "features", labels: readonly string[]): Promise<number> {
  const split = await openTensorSplit(file, { tensor, rank: tensor === "images" ? 4 : 2, labelCount: labels.length });
  await split.close();
  return split.n;
}

/** What an external evaluator reads is its own affair; only lines can be counted. */
async function countExternal(file: string, format: SplitFile["format"]): Promise<number> {
  if (format === "jsonl") return readJsonLines(file, "an example").length;
  if (format === "json") await readJson(file);
  return 0;
}
