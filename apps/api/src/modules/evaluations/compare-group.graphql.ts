import { RefusedError } from "@amalgam/engine/merge";
import { builder } from "../../graphql/builder.ts";
import { plain } from "../../graphql/plain-text.ts";
import { ComparedScoreRef, EstimateRef } from "./compare.graphql.ts";
import { compareGroup, type Group, type GroupCell, type GroupMember, mostCompared } from "./compare-group.ts";
import { TunedOnReasonRef } from "./leaderboard.graphql.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";

const CellRef = builder.objectRef<GroupCell>("GroupCell").implement({
  fields: (t) => ({
    score: t.field({ type: ComparedScoreRef, nullable: true, resolve: ({ score }) => score }),
    overFirst: t.field({
      type: EstimateRef,
      nullable: true,
      description: "This minus the first version, paired where examples are right or wrong. Positive speaks for this one.",
      resolve: ({ overFirst }) => overFirst,
    }),
  }),
});

const MemberRef = builder.objectRef<GroupMember>("GroupMember").implement({
  fields: (t) => ({
    version: t.prismaField({
      type: "ModelVersion",
      resolve: (query, { versionId }, _args, { deps }) =>
        deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: versionId } }),
    }),
    overFirst: t.field({
      type: EstimateRef,
      nullable: true,
      description: "Mean of this minus the first over the tasks that both are scored on; null for the first",
      resolve: ({ overFirst }) => overFirst,
    }),
    sharedTasks: t.exposeInt("sharedTasks", { description: "Tasks that this and the first are both scored on" }),
    tunedOnReasons: t.field({
      type: [TunedOnReasonRef],
      description: "Why its scores here flatter it",
      resolve: ({ tunedOnReasons }) => [...tunedOnReasons],
    }),
  }),
});

const GroupTaskRef = builder.objectRef<Group["tasks"][number]>("GroupTask").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { taskId }, _args, { deps }) => deps.db.task.findUniqueOrThrow({ ...query, where: { id: taskId } }),
    }),
    lowerIsBetter: t.exposeBoolean("lowerIsBetter"),
    cells: t.field({ type: [CellRef], description: "One for each version, in their order", resolve: ({ cells }) => [...cells] }),
  }),
});

const GroupRef = builder.objectRef<Group>("GroupComparison").implement({
  description: "Two to six versions on the same examples, each against the first.",
  fields: (t) => ({
    suite: t.prismaField({
      type: "Suite",
      resolve: (query, { suiteId }, _args, { deps }) => deps.db.suite.findUniqueOrThrow({ ...query, where: { id: suiteId } }),
    }),
    purpose: t.field({ type: SplitPurposeEnum, resolve: ({ purpose }) => purpose }),
    unit: t.exposeString("unit", { nullable: true, description: "share, bits_per_token, …; null when the tasks differ" }),
    members: t.field({ type: [MemberRef], resolve: ({ members }) => [...members] }),
    tasks: t.field({ type: [GroupTaskRef], resolve: ({ tasks }) => [...tasks] }),
  }),
});

builder.queryField("compareGroup", (t) =>
  t.field({
    type: GroupRef,
    description: `2 to ${mostCompared} versions on each task of a suite, each against the first, paired over the same examples.`,
    args: {
      versions: t.arg.stringList({ required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" }),
      namespace: t.arg.string({ required: true }),
      suite: t.arg.string({ required: true }),
      purpose: t.arg({ type: SplitPurposeEnum, defaultValue: "REPORT" }),
    },
    complexity: { field: 100 },
    errors: { types: [RefusedError], directResult: true },
    resolve: (_root, { versions, namespace, suite, purpose }, { deps, actor }) =>
      compareGroup(deps, actor, {
        refs: versions,
        namespace: plain(namespace),
        suite: plain(suite),
        purpose: purpose ?? "REPORT",
      }),
  }),
);
