import { describeMethods, type MethodDescription, methodOf, type StatisticsNeed } from "@amalgam/engine/merge";
import { builder } from "../../graphql/builder.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { SplitPurposeEnum } from "../evaluations/tasks.graphql.ts";
import { formatRef } from "../models/version-ref.ts";
import { StatisticEstimatorEnum } from "../statistics/statistic-mutations.graphql.ts";
import { StatisticKindEnum } from "../statistics/statistics.graphql.ts";
import { type CheckedStatistic, checkMerge, type MergeCheck } from "./check-merge.ts";
import { beyondRegistry } from "./unsupported.ts";

const descriptions = describeMethods();

/** A new method of the engine shows up here, and in the printed schema, by itself. */
const MergeMethodIdEnum = builder.enumType("MergeMethodId", {
  description: "One value per method of the engine, derived from its list.",
  values: Object.fromEntries(
    descriptions.map(({ id, summary }) => [id.toUpperCase(), { value: id, description: summary }]),
  ) as Record<string, { value: string; description: string }>,
});

const MergeMethodBaseEnum = builder.enumType("MergeMethodBase", {
  description: "Whether a recipe of the method must, may or must not name a base.",
  values: {
    REQUIRED: { value: "required" },
    OPTIONAL: { value: "optional" },
    NONE: { value: "none" },
  } as const,
});

const StatisticsNeedRef = builder.objectRef<StatisticsNeed>("StatisticsNeed").implement({
  description: "What must have been measured of the models",
  fields: (t) => ({
    kind: t.field({ type: StatisticKindEnum, resolve: ({ kind }) => (kind === "gram" ? "GRAM" : "FISHER") }),
    ofBase: t.boolean({ description: "Whether the base is measured as well", resolve: ({ of }) => of === "parents+base" }),
    isScaled: t.boolean({ description: "Whether it is taken at scaled models", resolve: ({ at }) => at === "scaled" }),
  }),
});

export const MergeMethodRef = builder.objectRef<MethodDescription>("MergeMethod").implement({
  fields: (t) => ({
    id: t.field({ type: MergeMethodIdEnum, resolve: ({ id }) => id }),
    name: t.string({ description: "As written in a recipe", resolve: ({ id }) => id }),
    title: t.exposeString("title"),
    version: t.exposeInt("version", { description: "Raised when the output changes for any input" }),
    summary: t.exposeString("summary"),
    source: t.exposeString("source", { description: "The paper or code that defines the method" }),
    family: t.exposeString("family", { description: "What the method works with, e.g. sphere; lists group by it" }),
    minParents: t.exposeInt("minParents"),
    maxParents: t.exposeInt("maxParents", { nullable: true, description: "Null: no limit but that of recipes" }),
    base: t.field({ type: MergeMethodBaseEnum, resolve: ({ base }) => base }),
    needsBase: t.exposeBoolean("needsBase", { description: "Whether `base` is REQUIRED" }),
    perParentWeight: t.boolean({ resolve: ({ perParentWeight }) => perParentWeight !== null }),
    defaultWeight: t.float({ nullable: true, resolve: ({ perParentWeight }) => perParentWeight?.default ?? null }),
    weightDescription: t.string({ nullable: true, resolve: ({ perParentWeight }) => perParentWeight?.description ?? null }),
    acceptsDelta: t.exposeBoolean("acceptsDelta", { description: "Whether a parent may be a task vector" }),
    outputsDelta: t.exposeBoolean("outputsDelta", { description: "Whether the result is a task vector" }),
    statistics: t.field({ type: StatisticsNeedRef, nullable: true, resolve: ({ statistics }) => statistics }),
    parametersSchema: t.field({
      type: "JSON",
      description: "JSON Schema of `parameters` in a recipe",
      resolve: ({ parametersSchema }) => parametersSchema,
    }),
    parentParametersSchema: t.field({
      type: "JSON",
      description: "JSON Schema of what a recipe may say for each parent, beside `model`",
      resolve: ({ parentParametersSchema }) => parentParametersSchema,
    }),
    isAvailable: t.boolean({
      description: "Whether requestMerge can do it; the others work on local files only",
      resolve: ({ id }) => beyondRegistry(methodOf({ method: id })) === null,
    }),
    laws: t.stringList({ resolve: ({ laws }) => [...laws] }),
  }),
});

/** How a merge or a study has those statistics measured that its recipe does not name. */
export const MergeStatisticsInput = builder.inputType("MergeStatisticsInput", {
  description: "How statistics are measured that the method needs and the recipe does not name",
  fields: (t) => ({
    tasks: t.field({
      type: t.listRef("String", { required: false }),
      description: "By parent, namespace/name; null: the task whose expert it is",
    }),
    baseTask: t.string({ description: "Where the base is measured, for methods that need it" }),
    lambdas: t.floatList({ description: "Of scaled models: where each parent is measured; default its own λ" }),
    grid: t.int({ description: "Of scaled models: so many λ, evenly spaced from base to model" }),
    purpose: t.field({ type: SplitPurposeEnum, description: "SEARCH or TRAIN; default SEARCH" }),
    estimator: t.field({ type: StatisticEstimatorEnum }),
    draws: t.int(),
    seed: t.int(),
    examples: t.int({ description: "Of each task; default 128" }),
  }),
});

const CheckedStatisticRef = builder.objectRef<CheckedStatistic>("CheckedStatistic").implement({
  description: "A statistic that a merge uses",
  fields: (t) => ({
    key: t.string({ resolve: ({ wanted }) => wanted.key }),
    parent: t.exposeInt("parent", { nullable: true, description: "Of the parent, counted from 0; null: of the base" }),
    ref: t.string({ description: "Of the version that it is of", resolve: ({ wanted }) => formatRef(wanted.version) }),
    kind: t.field({ type: StatisticKindEnum, resolve: ({ wanted }) => (wanted.about.kind === "gram" ? "GRAM" : "FISHER") }),
    lambda: t.float({ resolve: ({ wanted }) => wanted.about.lambda }),
    examples: t.int({ resolve: ({ wanted }) => wanted.about.examples }),
    isMeasured: t.exposeBoolean("isMeasured", { description: "Whether it is there already" }),
    seconds: t.exposeFloat("seconds", { description: "What measuring it will take: an estimate; 0 when it is there" }),
  }),
});

const MergeCheckRef = builder.objectRef<MergeCheck>("MergeCheck").implement({
  fields: (t) => ({
    ok: t.exposeBoolean("ok"),
    faults: t.field({ type: [FaultRef], resolve: ({ faults }) => [...faults] }),
    notes: t.stringList({ resolve: ({ notes }) => [...notes] }),
    identity: t.exposeString("identity", { nullable: true, description: "Identity of the merge; null while there are faults" }),
    tensorCount: t.exposeInt("tensorCount"),
    readBytes: t.field({ type: "BigInt", resolve: ({ readBytes }) => BigInt(readBytes) }),
    writeBytes: t.field({ type: "BigInt", resolve: ({ writeBytes }) => BigInt(writeBytes) }),
    peakMemoryBytes: t.field({ type: "BigInt", resolve: ({ peakMemoryBytes }) => BigInt(Math.round(peakMemoryBytes)) }),
    seconds: t.exposeFloat("seconds", { description: "A forecast" }),
    statistics: t.field({
      type: [CheckedStatisticRef],
      description: "What has been measured of the models, and what is still to be measured",
      resolve: ({ statistics }) => [...statistics],
    }),
    existing: t.prismaField({
      type: "ModelVersion",
      nullable: true,
      description: "An earlier result with the same identity",
      resolve: (query, { existingId }, _args, { deps }) =>
        existingId ? deps.db.modelVersion.findUnique({ ...query, where: { id: existingId } }) : null,
    }),
  }),
});

builder.queryFields((t) => ({
  mergeMethods: t.field({ type: [MergeMethodRef], resolve: () => [...descriptions] }),
  checkMerge: t.field({
    type: MergeCheckRef,
    description: "Pre-flight: reads headers only. The same checks as requestMerge.",
    args: { recipe: t.arg({ type: "JSON", required: true }), statistics: t.arg({ type: MergeStatisticsInput }) },
    complexity: { field: 50 },
    resolve: (_root, { recipe, statistics }, { deps, actor }) => checkMerge(deps, actor, recipe, statistics),
  }),
}));
