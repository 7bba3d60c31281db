import type { TaskKind } from "../../generated/prisma/client.ts";

/** What the examples of a task ask of a network, as the engine's statistics name it, and whether its expert lends its label head. */
interface Measurable {
  readonly asks: "labels" | "choices" | "tokens";
  readonly hasHead: boolean;
}

const labels = { asks: "labels", hasHead: true } as const;

/** Null: nothing can be measured on examples of this kind. */
export const measurableOf: Readonly<Record<TaskKind, Measurable | null>> = {
  CLASSIFICATION: labels,
  IMAGE_CLASSIFICATION: labels,
  TABLE_CLASSIFICATION: labels,
  MULTIPLE_CHOICE: { asks: "choices", hasHead: false },
  PERPLEXITY: { asks: "tokens", hasHead: false },
  EXACT_MATCH: { asks: "tokens", hasHead: false },
  // Its labels are continuations, which the examples do not hold.
  CHOICE_RANKING: null,
  EXTERNAL: null,
};
