import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { SplitPurposeEnum } from "../evaluations/tasks.graphql.ts";
import { usualExamples } from "./measure-options.ts";
import { requestStatistics } from "./request-statistics.ts";
import { StatisticKindEnum } from "./statistics.graphql.ts";

const estimators = {
  EXACT: { description: "The expectation over all labels or choices, by the model's own probabilities" },
  SAMPLED: { description: "Labels, choices or tokens drawn from the model" },
  EMPIRICAL: { description: "The true label, the right choice, the text's own tokens" },
};

export const StatisticEstimatorEnum = builder.enumType("StatisticEstimator", {
  description: "Over what the squared gradient is taken",
  values: estimators,
});

const RequestStatisticsInput = builder.inputType("RequestStatisticsInput", {
  description: "Measures each version on a split of the task; what has been measured already is not measured again.",
  fields: (t) => ({
    versions: t.stringList({ required: true }),
    task: t.string({ required: true, description: "namespace/name" }),
    kind: t.field({ type: StatisticKindEnum, defaultValue: "FISHER" }),
    base: t.string({ description: "ref of the base, for other λ than 1" }),
    lambdas: t.floatList({ description: "Measures base + λ · (version − base) at each; default 1, the version itself" }),
    purpose: t.field({ type: SplitPurposeEnum, defaultValue: "SEARCH", description: "SEARCH or TRAIN; never REPORT" }),
    estimator: t.field({
      type: StatisticEstimatorEnum,
      description: "Of FISHER; default EXACT, for texts without choices EMPIRICAL",
    }),
    draws: t.int({ description: "Of SAMPLED: labels drawn for each example; default 1" }),
    seed: t.int({ description: "Of SAMPLED; default 0" }),
    examples: t.int({ defaultValue: usualExamples, description: "The first so many of the split" }),
  }),
});

const RequestStatisticsSuccess = builder
  .objectRef<{ statisticIds: readonly string[]; runIds: readonly string[]; existing: number }>("RequestStatisticsSuccess")
  .implement({
    fields: (t) => ({
      statistics: t.prismaField({
        type: ["Statistic"],
        resolve: (query, { statisticIds }, _args, { deps }) =>
          deps.db.statistic.findMany({
            ...query,
            where: { id: { in: [...statisticIds] } },
            orderBy: [{ versionId: "asc" }, { lambda: "asc" }],
          }),
      }),
      runs: t.prismaField({
        type: ["Run"],
        description: "All that must end before every statistic is there, those of earlier requests included",
        resolve: (query, { runIds }, _args, { deps }) =>
          deps.db.run.findMany({ ...query, where: { id: { in: [...runIds] } }, orderBy: { id: "asc" } }),
      }),
      existing: t.exposeInt("existing", { description: "Statistics that had been measured already" }),
    }),
  });

mutation("requestStatistics", {
  input: RequestStatisticsInput,
  success: RequestStatisticsSuccess,
  subject: ({ versions, task }) => `${task}: ${versions.join(" ")}`,
  resolve: async (deps, actor, input) => {
    const { statistics, runs } = await requestStatistics(deps, actor, input);
    return {
      statisticIds: statistics.map(({ id }) => id),
      runIds: runs.map(({ id }) => id),
      existing: statistics.filter(({ state }) => state === "SUCCEEDED").length,
    };
  },
});
