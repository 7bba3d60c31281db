import type { EvaluationRequest } from "./request.ts";

export function dataOf({ data, kind }: EvaluationRequest): string {
  if (data === undefined) throw new Error(`An evaluation by ${kind} needs a split.`);
  return data;
}

export function labelsOf({ labels, kind }: EvaluationRequest): readonly string[] {
  if (labels === undefined || labels.length < 2) throw new Error(`An evaluation by ${kind} needs at least two labels.`);
  return labels;
}
