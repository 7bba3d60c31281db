import { z } from "zod";
import { refuse } from "../refuse.ts";
import type { Estimation } from "./wanted-statistic.ts";

/** Enough for a diagonal that a merge weighs by, and seconds to measure on a small model. */
export const usualExamples = 128;
/** How many λ a grid has when nobody says. */
export const usualGrid = 5;
const most = 33;

/** How statistics are measured, whoever asks for them. */
export const measureFields = {
  lambdas: z
    .array(z.number().min(-10, "A λ is −10 to 10.").max(10, "A λ is −10 to 10."))
    .min(1, "Name at least one λ.")
    .max(most, `${most} values of λ at most.`)
    .nullish(),
  purpose: z.enum(["SEARCH", "TRAIN", "REPORT"]).nullish(),
  estimator: z.enum(["EXACT", "SAMPLED", "EMPIRICAL"]).nullish(),
  draws: z.int().min(1, "At least one label is drawn.").max(1000, "1000 labels at most are drawn.").nullish(),
  seed: z
    .int()
    .min(0, "A seed is at least 0.")
    .max(2 ** 31 - 1, "A seed is less than 2³¹.")
    .nullish(),
  examples: z.int().min(1, "At least one example is needed.").max(1_000_000, "A million examples at most.").nullish(),
};

export const gridField = z.int().min(2, "A grid has at least 2 λ.").max(most, `A grid has at most ${most} λ.`).nullish();

const fieldsOnly = z.object(measureFields);
type MeasureFields = z.output<typeof fieldsOnly>;

/** What was asked for as the engine says it. @param path of the fields in the caller's input */
export function estimationOf(
  kind: "fisher" | "gram",
  { estimator, draws, seed }: Pick<MeasureFields, "estimator" | "draws" | "seed">,
  isTexts: boolean,
  path: readonly string[] = [],
): Estimation {
  const said = draws != null ? "draws" : "seed";
  if (kind === "gram") {
    if (estimator != null || draws != null || seed != null)
      refuse("NOT_FISHER", "Gram matrices have no estimator, draws or seed; these belong to Fisher information.", [
        ...path,
        estimator != null ? "estimator" : said,
      ]);
    return { kind: "gram" };
  }
  const chosen = estimator ?? (isTexts ? "EMPIRICAL" : "EXACT");
  if (chosen === "SAMPLED") return { kind: "fisher", estimator: { kind: "sampled", draws: draws ?? 1, seed: seed ?? 0 } };
  if (draws != null || seed != null)
    refuse("NOT_SAMPLED", "draws and seed go with the estimator SAMPLED; the others draw nothing.", [...path, said]);
  return { kind: "fisher", estimator: { kind: chosen === "EXACT" ? "exact" : "empirical" } };
}

/** The split of a purpose that statistics may be measured on. */
export function purposeOf({ purpose }: Pick<MeasureFields, "purpose">, path: readonly string[]): "SEARCH" | "TRAIN" {
  if (purpose === "REPORT")
    refuse(
      "REPORT_SPLIT",
      "Statistics are never measured on a REPORT split: a merge by them would be flattered by its score there.",
      path,
    );
  return purpose ?? "SEARCH";
}
