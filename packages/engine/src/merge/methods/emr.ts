import { z } from "zod";
import { abs, absSum, constant, lessThan, max, mul, number, numeric, select, size, sum } from "../../expr/expr.ts";
import { type BuildInput, defineMethod, type SurveyedTensor } from "../define-method.ts";
import { identicalTasksAreExact, keepsMagnitudes, noChangeGivesZero, oneTaskIsExact, unifiedIsLargest } from "../laws.ts";
import { agreeingWith } from "./election.ts";
import { noCoefficients } from "./parent-settings.ts";

const one = constant(1);

/** The unified vector, and for each task the values that its mask lets through. */
function unify(parents: readonly Pick<BuildInput<unknown, unknown>["parents"][number], "delta">[]) {
  const vectors = parents.map(({ delta }) => delta);
  const sign = select(lessThan(constant(0), sum(vectors)), one, constant(-1));
  const masks = vectors.map((vector) => agreeingWith(sign, vector));
  const largest = masks.map((only, i) => only(abs(vectors[i] ?? one))).reduce(max);
  return { unified: mul(sign, largest), masks };
}

/** γᵢ for each task: how large its task vector is by how large the unified one is behind its mask; 1 for a task that changes nothing. */
function scalersOf(tensors: readonly SurveyedTensor[]): Record<string, number> {
  const all = (name: string): number => tensors.reduce((acc, { numbers }) => acc + (numbers[name] ?? 0), 0);
  const tasks = Object.keys(tensors[0]?.numbers ?? {}).flatMap((name) => /^own\.(\d+)$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(
    tasks.map((i) => {
      const behind = all(`behind.${i}`);
      return [`scaler.${i}`, behind > 0 ? all(`own.${i}`) / behind : 1];
    }),
  );
}

/**
 * One task vector for all tasks, and for each task one bit for every entry and one number, from which its model is restored.
 *   s = 1 where Σᵢ τᵢ > 0, else −1      maskᵢ = 1 where τᵢ·s > 0, else 0      τ_uni = s·maxᵢ maskᵢ·|τᵢ|
 *   γᵢ = Σ mean|τᵢ| / Σ mean|maskᵢ·τ_uni| over the tensors      global: sums over entries instead of means
 * Model of task i: base + γᵢ·maskᵢ·τ_uni, which method emr_task makes. Result: τ_uni under the tensors' names, masks as bits under
 * mask.<i>.<name>, scalers in emr.json.
 * Limits: this is no single model; whoever uses it must know the task. Tensors' means are what the authors' code takes, global is
 * the formula, which keeps Σ|τᵢ|. The heads of tasks stay with their models.
 * Source: EMR-Merging: Tuning-Free High-Performance Model Merging (Huang et al. 2024).
 */
export const emr = defineMethod({
  id: "emr",
  version: 1,
  title: "EMR",
  summary: "One task vector for all tasks, with a mask and a scale for each, from which every task's model is restored.",
  source: "https://arxiv.org/abs/2405.17461",
  family: "multi-part",
  arity: { min: 1, max: null },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "tasks",
  ofModel: ["rescaleOver"],
  params: z.object({
    rescaleOver: z
      .enum(["tensorMeans", "global"])
      .default("tensorMeans")
      .describe("What a scale compares: means of magnitudes added over tensors, or magnitudes added over all entries"),
  }),
  laws: [noChangeGivesZero, oneTaskIsExact, identicalTasksAreExact, unifiedIsLargest, keepsMagnitudes],
  coefficients: noCoefficients,
  survey: {
    rounds: [
      ({ parents, params }) => {
        const { unified, masks } = unify(parents);
        const per = params.rescaleOver === "global" ? number(1) : numeric.max(number(1), size("elements"));
        return {
          numbers: Object.fromEntries(
            parents.flatMap(({ delta }, i) => [
              [`own.${i}`, numeric.div(absSum(delta), per)],
              [`behind.${i}`, numeric.div(absSum(masks[i]?.(unified) ?? delta), per)],
            ]),
          ),
        };
      },
    ],
    conclude(_round, tensors) {
      const scalers = scalersOf(tensors);
      return tensors.map(() => scalers);
    },
  },
  build({ parents }) {
    const { unified, masks } = unify(parents);
    return [
      { prefix: "", value: unified, stored: "float" },
      ...masks.map((only, i) => ({ prefix: `mask.${i}.`, value: only(one), stored: "bits" as const })),
    ];
  },
  files(tensors, parentLabels) {
    const scalers = scalersOf(tensors);
    const tasks = parentLabels.map((name, i) => ({ name, mask: `mask.${i}.`, scaler: scalers[`scaler.${i}`] ?? 1 }));
    return { "emr.json": { tasks } };
  },
});
