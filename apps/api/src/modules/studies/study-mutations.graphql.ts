import { builder } from "../../graphql/builder.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { mutation } from "../../graphql/mutation.ts";
import { MergeStatisticsInput } from "../merges/merges.graphql.ts";
import { resumeStudy } from "./resume-study.ts";
import { startStudy } from "./start-study.ts";
import { stopStudy } from "./stop-study.ts";
import { StudyAggregateEnum } from "./studies.graphql.ts";
import type { SamplerName } from "./study-input.ts";

const StudySamplerEnum = builder.enumType("StudySampler", {
  description: "How the next trial is chosen",
  values: {
    AUTO: { description: "A Gaussian process; above 60 numbers, in a trust region" },
    GP: { description: "A Gaussian process with log expected improvement" },
    TURBO: { description: "Thompson sampling in a trust region" },
    CMA_ES: { description: "Covariance matrix adaptation" },
    RANDOM: { description: "Uniformly at random: what every other one must beat" },
    BAYES_OPT: { description: "The settings of DF-Merge's reference run" },
  } satisfies Record<SamplerName, { description: string }>,
});

const TuneInput = builder.inputType("TuneInput", {
  description:
    "A number to tune: lambda, weight (one for each parent), weight[0], density[*] (one for all parents), t{self_attn} (for tensors with this in their name).",
  fields: (t) => ({
    name: t.string({ required: true }),
    low: t.float({ description: "Default: the usual range of the parameter" }),
    high: t.float(),
    log: t.boolean({ description: "Spaced evenly in its logarithm" }),
    step: t.float({ description: "Only low, low + step, …" }),
  }),
});

export const StartStudyInput = builder.inputType("StartStudyInput", {
  description:
    "The best becomes the next version of namespace/name. Names of tasks and suites without a namespace are looked up in `namespace`.",
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    recipe: t.field({ type: "JSON", required: true, description: "What is tuned starts from what stands here" }),
    tune: t.field({ type: [TuneInput], description: "Default: the method's factor λ, else the parents' weights" }),
    statistics: t.field({
      type: MergeStatisticsInput,
      description: "Measured before the first trial; of scaled models on a grid of 5 λ",
    }),
    suite: t.string({ description: "namespace/name; either this or tasks" }),
    tasks: t.stringList(),
    budget: t.int({ defaultValue: 30 }),
    seed: t.int({ defaultValue: 0 }),
    parallel: t.int({ defaultValue: 1, description: "Trials that are suggested together and may run at the same time" }),
    patience: t.int({ description: "Trials without improvement after which it ends; default max(10, 2 × numbers)" }),
    aggregate: t.field({ type: StudyAggregateEnum, defaultValue: "MEAN" }),
    sampler: t.field({ type: StudySamplerEnum, defaultValue: "AUTO" }),
    aliases: t.stringList(),
  }),
});

const StudySuccess = (name: string) =>
  builder.objectRef<{ studyId: string }>(name).implement({
    fields: (t) => ({
      study: t.prismaField({
        type: "Study",
        resolve: (query, { studyId }, _args, { deps }) => deps.db.study.findUniqueOrThrow({ ...query, where: { id: studyId } }),
      }),
    }),
  });

mutation("startStudy", {
  input: StartStudyInput,
  success: StudySuccess("StartStudySuccess"),
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => ({ studyId: (await startStudy(deps, actor, input)).id }),
});

const StopStudyInput = builder.inputType("StopStudyInput", { fields: (t) => ({ id: t.id({ required: true }) }) });

mutation("stopStudy", {
  description: "Ends the search now; the best so far becomes a version.",
  input: StopStudyInput,
  success: StudySuccess("StopStudySuccess"),
  subject: ({ id }) => String(id),
  resolve: async (deps, actor, { id }) => ({ studyId: (await stopStudy(deps, actor, decodeIdOf("Study", String(id)))).id }),
});

const ResumeStudyInput = builder.inputType("ResumeStudyInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    budget: t.int({ description: "A new budget; needed when the old one is spent" }),
  }),
});

mutation("resumeStudy", {
  description: "Goes on where a study was stopped or failed: the trials are those of one that never was.",
  input: ResumeStudyInput,
  success: StudySuccess("ResumeStudySuccess"),
  subject: ({ id }) => String(id),
  resolve: async (deps, actor, { id, budget }) => {
    const { id: studyId } = await resumeStudy(deps, actor, {
      id: decodeIdOf("Study", String(id)),
      ...(budget == null ? {} : { budget }),
    });
    return { studyId };
  },
});
