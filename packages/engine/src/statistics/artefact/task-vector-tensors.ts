import type { TensorValues } from "../../runtime/index.ts";
import type { TaskVectorSummary } from "../task-vectors/summary.ts";
import type { TaskVectorStatistics } from "../task-vectors/task-vector-statistics.ts";

/**
 * Tensors of a file, for every measured tensor of M models: `norms.<tensor>` [M], `cosines.<tensor>` and `top_overlaps.<tensor>` [M, M], `sign_conflicts.<tensor>` [1];
 * and the same for all of them together under the name `*`. What is not defined, because a task vector is zero there, is 0: its norm says so.
 */
export function taskVectorsToTensors({ total, tensors }: TaskVectorStatistics): [string, TensorValues][] {
  return [["*", total] as const, ...tensors].flatMap(([name, summary]) => summaryTensors(name, summary));
}

function summaryTensors(
  name: string,
  { norms, cosines, signConflicts, topOverlaps }: TaskVectorSummary,
): [string, TensorValues][] {
  const models = norms.length;
  const square = (matrix: TaskVectorSummary["cosines"]): TensorValues => ({
    shape: [models, models],
    values: Float32Array.from(matrix.flat(), (value) => value ?? 0),
  });
  return [
    [`norms.${name}`, { shape: [models], values: Float32Array.from(norms) }],
    [`cosines.${name}`, square(cosines)],
    [`top_overlaps.${name}`, square(topOverlaps)],
    [`sign_conflicts.${name}`, { shape: [1], values: Float32Array.of(signConflicts ?? 0) }],
  ];
}
