import { type EvaluationKind, evaluationKinds } from "@amalgam/engine/scores";
import { TaskKind } from "../../generated/prisma/client.ts";

/** The engine's word for a kind of task: IMAGE_CLASSIFICATION is image-classification. */
export function kindName(kind: TaskKind): EvaluationKind {
  const found = evaluationKinds.find((each) => taskKind(each) === kind);
  if (found === undefined) throw new Error(`The engine knows no evaluation of kind ${kind}.`);
  return found;
}

const taskKind = (name: EvaluationKind): TaskKind => TaskKind[name.toUpperCase().replaceAll("-", "_") as TaskKind];

const headKinds: ReadonlySet<EvaluationKind> = new Set(["classification", "image-classification", "table-classification"]);

/** Whether a task of this kind has a label head of its own, which is not merged; elsewhere its expert is only what others are measured against. */
export const hasHead = (kind: EvaluationKind): boolean => headKinds.has(kind);
