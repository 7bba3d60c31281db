import { RefusedError } from "@amalgam/engine/merge";
import { meanDifference } from "@amalgam/engine/scores";
import { builder } from "../../graphql/builder.ts";
import { plain } from "../../graphql/plain-text.ts";
import type { LooseInterval } from "./board-differences.ts";
import { type ComparedTask, type Comparison, compareVersions, finite } from "./compare-versions.ts";
import type { Score } from "./leaderboard.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";

export const EstimateRef = builder.objectRef<LooseInterval>("Estimate").implement({
  description: "A number with its 95 % interval; the limits are null where nothing is known about them.",
  fields: (t) => ({
    value: t.exposeFloat("value"),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
  }),
});

export const ComparedScoreRef = builder.objectRef<Score>("ComparedScore").implement({
  fields: (t) => ({
    value: t.exposeFloat("value"),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
    n: t.exposeInt("n"),
  }),
});

const ComparedTaskRef = builder.objectRef<ComparedTask>("ComparedTask").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { taskId }, _args, { deps }) => deps.db.task.findUniqueOrThrow({ ...query, where: { id: taskId } }),
    }),
    lowerIsBetter: t.exposeBoolean("lowerIsBetter"),
    first: t.field({ type: ComparedScoreRef, nullable: true, resolve: ({ first }) => first }),
    second: t.field({ type: ComparedScoreRef, nullable: true, resolve: ({ second }) => second }),
    difference: t.field({
      type: EstimateRef,
      nullable: true,
      description: "Paired where `onlyFirst` is known. Positive speaks for the first, also where less is better.",
      resolve: ({ comparison }) => comparison && finite(meanDifference([comparison])),
    }),
    onlyFirst: t.int({
      nullable: true,
      description: "Examples that only the first has right; null where examples are neither right nor wrong",
      resolve: ({ comparison }) => comparison?.pair?.onlyFirst ?? null,
    }),
    onlySecond: t.int({ nullable: true, resolve: ({ comparison }) => comparison?.pair?.onlySecond ?? null }),
  }),
});

const ComparisonRef = builder.objectRef<Comparison>("Comparison").implement({
  description: "Two versions on the same examples.",
  fields: (t) => ({
    suite: t.prismaField({
      type: "Suite",
      resolve: (query, { suiteId }, _args, { deps }) => deps.db.suite.findUniqueOrThrow({ ...query, where: { id: suiteId } }),
    }),
    purpose: t.field({ type: SplitPurposeEnum, resolve: ({ purpose }) => purpose }),
    first: t.prismaField({
      type: "ModelVersion",
      resolve: (query, { firstId }, _args, { deps }) =>
        deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: firstId } }),
    }),
    second: t.prismaField({
      type: "ModelVersion",
      resolve: (query, { secondId }, _args, { deps }) =>
        deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: secondId } }),
    }),
    tasks: t.field({ type: [ComparedTaskRef], resolve: ({ tasks }) => [...tasks] }),
    mean: t.field({
      type: EstimateRef,
      nullable: true,
      description: "Mean difference over the tasks that both are scored on; null when their units differ",
      resolve: ({ mean }) => mean,
    }),
    unit: t.exposeString("unit", { nullable: true, description: "share, bits_per_token, …; null when the tasks differ" }),
    disagreements: t.int({
      description: "Examples that exactly one of the two has right, over all tasks",
      resolve: ({ tasks }) =>
        tasks.reduce((sum, { comparison }) => sum + (comparison?.pair?.onlyFirst ?? 0) + (comparison?.pair?.onlySecond ?? 0), 0),
    }),
  }),
});

builder.queryField("compareVersions", (t) =>
  t.field({
    type: ComparisonRef,
    description: "First minus second on each task of a suite, paired over the same examples.",
    args: {
      first: t.arg.string({ required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" }),
      second: t.arg.string({ required: true }),
      namespace: t.arg.string({ required: true }),
      suite: t.arg.string({ required: true }),
      purpose: t.arg({ type: SplitPurposeEnum, defaultValue: "REPORT" }),
    },
    complexity: { field: 50 },
    errors: { types: [RefusedError], directResult: true },
    resolve: (_root, { namespace, suite, purpose, ...refs }, { deps, actor }) =>
      compareVersions(deps, actor, {
        ...refs,
        namespace: plain(namespace),
        suite: plain(suite),
        purpose: purpose ?? "REPORT",
      }),
  }),
);
