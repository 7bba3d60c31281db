import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { RunStateEnum } from "../runs/runs.graphql.ts";
import { requestEvaluation } from "./request-evaluation.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";

builder.prismaNode("Evaluation", {
  id: { field: "id" },
  description: "The score of one version on one split of a task.",
  fields: (t) => ({
    version: t.relation("version"),
    task: t.relation("task"),
    split: t.relation("split"),
    state: t.expose("state", { type: RunStateEnum }),
    value: t.exposeFloat("value", { nullable: true }),
    n: t.exposeInt("n", { nullable: true }),
    low: t.exposeFloat("low", { nullable: true, description: "95 % interval: Wilson's of a share; normal of bits per token" }),
    high: t.exposeFloat("high", { nullable: true }),
    seconds: t.exposeFloat("seconds", { nullable: true }),
    examplesPerSecond: t.float({
      nullable: true,
      select: { n: true, seconds: true },
      resolve: ({ n, seconds }) => (n && seconds ? n / seconds : null),
    }),
    peakMemoryBytes: t.expose("peakMemoryBytes", { type: "BigInt", nullable: true }),
    truncated: t.exposeInt("truncated", { nullable: true, description: "Examples whose text did not fit and was cut" }),
    details: t.expose("details", { type: "JSON", nullable: true, description: "Further numbers, such as nats per token" }),
    run: t.relation("run", { nullable: true }),
  }),
});

const RequestEvaluationInput = builder.inputType("RequestEvaluationInput", {
  description: "Evaluates each version on each task of the suite; what is already evaluated is not done again.",
  fields: (t) => ({
    versions: t.stringList({ required: true }),
    namespace: t.string({ required: true }),
    suite: t.string({ required: true }),
    purpose: t.field({ type: SplitPurposeEnum, defaultValue: "REPORT" }),
    tasks: t.stringList({ description: "Only these tasks of the suite, by name" }),
  }),
});

const RequestEvaluationSuccess = builder
  .objectRef<{ runIds: readonly string[]; existing: number }>("RequestEvaluationSuccess")
  .implement({
    fields: (t) => ({
      runs: t.prismaField({
        type: ["Run"],
        resolve: (query, { runIds }, _args, { deps }) =>
          deps.db.run.findMany({ ...query, where: { id: { in: [...runIds] } }, orderBy: { id: "asc" } }),
      }),
      existing: t.exposeInt("existing", { description: "Evaluations that existed already" }),
    }),
  });

mutation("requestEvaluation", {
  input: RequestEvaluationInput,
  success: RequestEvaluationSuccess,
  subject: ({ namespace, suite, versions }) => `${namespace}/${suite}: ${versions.join(" ")}`,
  resolve: async (deps, actor, input) => {
    const { runs, existing } = await requestEvaluation(deps, actor, input);
    return { runIds: runs.map(({ id }) => id), existing };
  },
});
