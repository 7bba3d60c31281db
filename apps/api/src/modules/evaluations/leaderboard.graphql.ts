import { builder } from "../../graphql/builder.ts";
import type { Interval, Row, Verdict } from "./leaderboard.ts";
import { type LeaderboardView, readLeaderboard } from "./read-leaderboard.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";

interface ScoreView {
  readonly taskId: string;
  readonly evaluationId: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const ScoreRef = builder.objectRef<ScoreView>("LeaderboardScore").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { taskId }, _args, { deps }) => deps.db.task.findUniqueOrThrow({ ...query, where: { id: taskId } }),
    }),
    evaluation: t.prismaField({
      type: "Evaluation",
      nullable: true,
      resolve: (query, { evaluationId }, _args, { deps }) =>
        deps.db.evaluation.findUnique({ ...query, where: { id: evaluationId } }),
    }),
    value: t.exposeFloat("value", { nullable: true }),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
    n: t.exposeInt("n", { nullable: true }),
  }),
});

const RowRef = builder.objectRef<Row & { readonly taskIds: readonly string[] }>("LeaderboardRow").implement({
  fields: (t) => ({
    rank: t.exposeInt("rank", {
      nullable: true,
      description: "Shared by rows a paired test cannot tell apart; null for references.",
    }),
    reference: t.exposeString("reference", {
      nullable: true,
      description: "BASE, EXPERTS (each expert on its own task) or null for ranked rows",
    }),
    version: t.prismaField({
      type: "ModelVersion",
      nullable: true,
      resolve: (query, { versionId }, _args, { deps }) =>
        versionId ? deps.db.modelVersion.findUnique({ ...query, where: { id: versionId } }) : null,
    }),
    title: t.exposeString("title"),
    method: t.exposeString("method", { nullable: true }),
    scores: t.field({
      type: [ScoreRef],
      resolve: ({ scores, taskIds }) => scores.map((score, i) => ({ ...score, taskId: taskIds[i] ?? "" })),
    }),
    mean: t.exposeFloat("mean", { nullable: true }),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
  }),
});

const IntervalRef = builder.objectRef<Interval>("Interval").implement({
  fields: (t) => ({ value: t.exposeFloat("value"), low: t.exposeFloat("low"), high: t.exposeFloat("high") }),
});

const VerdictRef = builder.objectRef<Verdict>("Verdict").implement({
  fields: (t) => ({
    overAverage: t.field({
      type: IntervalRef,
      nullable: true,
      description: "Best merge minus the plain average; null when that is the best",
      resolve: ({ overAverage }) => overAverage,
    }),
    leadOfFirst: t.field({ type: IntervalRef, nullable: true, resolve: ({ leadOfFirst }) => leadOfFirst }),
    gainKept: t.exposeFloat("gainKept", {
      nullable: true,
      description: "Share of the experts' gain over the base that the best merge keeps",
    }),
    bestTitle: t.exposeString("bestTitle", { nullable: true }),
    secondTitle: t.exposeString("secondTitle", { nullable: true }),
  }),
});

const LeaderboardRef = builder.objectRef<LeaderboardView>("Leaderboard").implement({
  fields: (t) => ({
    suite: t.prismaField({
      type: "Suite",
      resolve: (query, { suite }, _args, { deps }) => deps.db.suite.findUniqueOrThrow({ ...query, where: { id: suite.id } }),
    }),
    tasks: t.prismaField({
      type: ["Task"],
      resolve: async (query, { suite }, _args, { deps }) => {
        const ids = suite.tasks.map(({ id }) => id);
        const tasks = await deps.db.task.findMany({ ...query, where: { id: { in: ids } } });
        return tasks.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
      },
    }),
    purpose: t.field({ type: SplitPurposeEnum, resolve: ({ purpose }) => purpose }),
    exampleCount: t.exposeInt("exampleCount"),
    rows: t.field({
      type: [RowRef],
      resolve: ({ rows, suite }) => rows.map((row) => ({ ...row, taskIds: suite.tasks.map(({ id }) => id) })),
    }),
    verdict: t.field({ type: VerdictRef, nullable: true, resolve: ({ verdict }) => verdict }),
  }),
});

builder.queryField("leaderboard", (t) =>
  t.field({
    type: LeaderboardRef,
    nullable: true,
    args: {
      namespace: t.arg.string({ required: true }),
      suite: t.arg.string({ required: true }),
      purpose: t.arg({ type: SplitPurposeEnum, defaultValue: "REPORT" }),
    },
    complexity: { field: 50 },
    resolve: (_root, { namespace, suite, purpose }, { deps, actor }) =>
      readLeaderboard(deps, actor, { namespace, suite, purpose: purpose ?? "REPORT" }),
  }),
);
