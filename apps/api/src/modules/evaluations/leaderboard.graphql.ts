import { builder } from "../../graphql/builder.ts";
import { inTurns } from "../../graphql/in-turns.ts";
import { plain } from "../../graphql/plain-text.ts";
import { LineageRoleEnum } from "../lineage/lineage.graphql.ts";
import { VersionKindEnum } from "../models/enums.graphql.ts";
import { fault, refuseAll } from "../refuse.ts";
import { type BoardLoads, loadsOf, type RowView } from "./board-loads.graphql.ts";
import { EstimateRef } from "./compare.graphql.ts";
import type { Verdict } from "./judge-board.ts";
import type { Interval, Parent, Score, Worst } from "./leaderboard.ts";
import { findRows, type RowFilter, viewRows } from "./leaderboard-view.ts";
import { verdictOf } from "./load-board.ts";
import { type LeaderboardView, readLeaderboard } from "./read-leaderboard.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";
import { reasonsOf, type TunedOnReason } from "./tuned-on-reasons.ts";

type ScoreView = Score & { readonly task: number; readonly loads: BoardLoads };

const ScoreRef = builder.objectRef<ScoreView>("LeaderboardScore").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { task, loads }, _args, _context, info) => loads.task(query, task, info),
    }),
    evaluation: t.prismaField({
      type: "Evaluation",
      nullable: true,
      resolve: (query, { evaluationId, loads }, _args, _context, info) => loads.evaluation(query, evaluationId, info),
    }),
    taskName: t.string({ resolve: ({ task, loads }) => loads.board.tasks[task]?.name ?? "" }),
    value: t.exposeFloat("value", { nullable: true }),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
    n: t.exposeInt("n", { nullable: true }),
    ofExpert: t.float({
      nullable: true,
      description: "The score by that of the task's own expert on the same split; turned round where less is better",
      resolve: ({ task, loads, evaluationId }) => loads.ratioOf(evaluationId, task),
    }),
  }),
});

const WorstRef = builder.objectRef<Worst & { readonly loads: BoardLoads }>("WorstTask").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { task, loads }, _args, _context, info) => loads.task(query, task, info),
    }),
    taskName: t.string({ resolve: ({ task, loads }) => loads.board.tasks[task]?.name ?? "" }),
    value: t.exposeFloat("value"),
    ofExpert: t.exposeFloat("ofExpert", { nullable: true }),
  }),
});

const ParentRef = builder.objectRef<Parent>("LeaderboardParent").implement({
  fields: (t) => ({
    ref: t.exposeString("ref"),
    role: t.expose("role", { type: LineageRoleEnum }),
    coefficient: t.exposeFloat("coefficient", { nullable: true }),
    kind: t.expose("kind", { type: VersionKindEnum }),
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    number: t.exposeInt("number"),
    strand: t.exposeInt("strand", { nullable: true, description: "Its colour, 1 to 8" }),
  }),
});

export const TunedOnReasonRef = builder.objectRef<TunedOnReason>("TunedOnReason").implement({
  fields: (t) => ({
    taskNames: t.exposeStringList("taskNames"),
    by: t.exposeString("by", { description: "What tuned, such as the name of a study; empty when nobody said" }),
    ancestor: t.exposeString("ancestor", {
      nullable: true,
      description: "The nearest ancestor that was tuned; null when the version itself was",
    }),
    sentence: t.exposeString("sentence"),
  }),
});

const RowRef = builder.objectRef<RowView>("LeaderboardRow").implement({
  fields: (t) => ({
    id: t.string({ description: "The digest of the version, or EXPERTS", resolve: ({ row }) => row.id }),
    rank: t.int({
      nullable: true,
      description:
        "1 + the number of rows above whose lead is beyond doubt (95 % interval of the paired difference above zero), never " +
        "less than the rank of a row above. Null for references, for rows without a score on every task, and for rows tuned " +
        "on a split that they report or made from such.",
      resolve: async ({ row, loads }) => (row.isRanked ? ((await loads.ranks()).get(row.id) ?? null) : null),
    }),
    reference: t.string({
      nullable: true,
      description: "BASE, EXPERTS (each expert on its own task) or null for other rows",
      resolve: ({ row }) => row.reference,
    }),
    isKept: t.boolean({
      description: "Not asked for, but what the others are measured against: a parent of theirs, or the plain average",
      resolve: ({ isKept }) => isKept,
    }),
    isPlainAverage: t.boolean({ resolve: ({ row }) => row.isPlainAverage }),
    tunedOn: t.stringList({
      description: "Names of the tasks whose reported split the version, or one that it descends from, was tuned on",
      resolve: ({ row, loads }) => loads.board.tasks.flatMap(({ name }, i) => (row.tunedOn[i] ? [name] : [])),
    }),
    tunedOnReasons: t.field({
      type: [TunedOnReasonRef],
      description: "Why the row is marked: itself tuned, or made from what was",
      resolve: ({ row, loads }) => reasonsOf(loads.board.tasks, row.tunedOn, loads.purpose),
    }),
    version: t.prismaField({
      type: "ModelVersion",
      nullable: true,
      resolve: (query, { row, loads }, _args, _context, info) =>
        row.versionId === null ? null : loads.version(query, row.versionId, info),
    }),
    title: t.string({ resolve: ({ row }) => row.title }),
    kind: t.field({ type: VersionKindEnum, nullable: true, resolve: ({ row }) => row.kind }),
    method: t.string({ nullable: true, resolve: ({ row }) => row.method }),
    parents: t.field({
      type: [ParentRef],
      description: "Direct parents in recipe order, the base included",
      resolve: ({ row }) => [...row.parents],
    }),
    scores: t.field({
      type: [ScoreRef],
      resolve: ({ row, loads }) => row.scores.flatMap((score, task) => (score ? [{ ...score, task, loads }] : [])),
    }),
    mean: t.float({
      nullable: true,
      description: "Unweighted mean over tasks; null without a score on every task, and when the tasks have different units",
      resolve: ({ row }) => row.mean,
    }),
    low: t.float({ nullable: true, resolve: ({ row }) => row.low }),
    high: t.float({ nullable: true, resolve: ({ row }) => row.high }),
    normalised: t.field({
      type: EstimateRef,
      nullable: true,
      description:
        "Mean over tasks of score / score of the task's own expert on the same split; 95 % interval by the delta method over " +
        "the paired examples. Null when an expert or its score is missing.",
      resolve: async ({ row, loads }) => (row.normalisedMean === null ? null : ((await loads.normalised()).get(row.id) ?? null)),
    }),
    worst: t.field({
      type: WorstRef,
      nullable: true,
      description: "The task where least is left of its expert; without experts, the lowest score",
      resolve: ({ row, loads }) => row.worst && { ...row.worst, loads },
    }),
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

const FilterInput = builder.inputType("LeaderboardFilter", {
  description: "What a row must be; references are always shown. Ranks are those of the whole leaderboard.",
  fields: (t) => ({
    kinds: t.field({ type: [VersionKindEnum] }),
    methods: t.stringList(),
    namespaces: t.stringList(),
    text: t.string({ description: "Words that must all occur in the ref, the kind or the method" }),
  }),
});

const SortKeyEnum = builder.enumType("LeaderboardSortKey", {
  values: ["RANK", "NAME", "KIND", "METHOD", "MEAN", "NORMALISED_MEAN", "WORST", "TASK"] as const,
});

const SortInput = builder.inputType("LeaderboardSort", {
  description: "Best first, or from A to Z. Equals stay in the order of the ranking; rows without the value come last.",
  fields: (t) => ({
    by: t.field({ type: SortKeyEnum, required: true }),
    task: t.string({ description: "For TASK: its name" }),
    reversed: t.boolean({ defaultValue: false }),
  }),
});

const mostRows = 1000;
const textLimit = 200;
/** Rows that are answered before other requests get their turn. */
const rowsAtOnce = 8;

const checkFilter = ({ text, methods, namespaces, kinds }: RowFilter): RowFilter => ({
  kinds,
  methods: methods?.map(plain),
  namespaces: namespaces?.map(plain),
  text: text?.slice(0, textLimit),
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
    unit: t.string({
      nullable: true,
      description: "share, bits_per_token, …; null when the tasks differ: such scores have no mean and no rank",
      resolve: ({ board }) => board.unit,
    }),
    kinds: t.field({
      type: [VersionKindEnum],
      description: "Kinds of the rows there are, for a filter",
      resolve: ({ board }) => distinct(board.rows.flatMap(({ kind, reference }) => (reference ? [] : (kind ?? [])))),
    }),
    methods: t.stringList({ resolve: ({ board }) => distinct(board.rows.flatMap(({ method }) => method ?? [])) }),
    namespaces: t.stringList({
      resolve: ({ board }) => distinct(board.rows.flatMap(({ namespace, reference }) => (reference ? [] : (namespace ?? [])))),
    }),
    rowCount: t.int({
      description: "Rows that pass the filter, references not counted",
      args: { filter: t.arg({ type: FilterInput }) },
      resolve: ({ board }, { filter }) => findRows(board, checkFilter(filter ?? {}), { by: "RANK" }).length,
    }),
    rows: t.field({
      type: [RowRef],
      description:
        "A page of the rows that pass the filter; then parents and the plain average where the page lacks them; then references",
      args: {
        filter: t.arg({ type: FilterInput }),
        sort: t.arg({ type: SortInput }),
        first: t.arg.int({ defaultValue: 200, description: `At most ${mostRows}` }),
        offset: t.arg.int({ defaultValue: 0 }),
      },
      complexity: ({ first }) => ({ field: 1, multiplier: Math.max(10, Math.ceil((first ?? 200) / 20)) }),
      resolve: ({ board, purpose }, args, { deps }) => {
        const { filter, sort } = args;
        const [first, offset] = [args.first ?? 200, args.offset ?? 0];
        const task = sort?.by === "TASK" ? board.tasks.findIndex(({ name }) => name === sort.task) : 0;
        refuseAll([
          ...(first >= 1 && first <= mostRows
            ? []
            : [fault("OUT_OF_RANGE", `first must be 1 to ${mostRows}, not ${first}.`, ["first"])]),
          ...(offset >= 0 ? [] : [fault("OUT_OF_RANGE", `offset must be 0 or more, not ${offset}.`, ["offset"])]),
          ...(task >= 0
            ? []
            : [
                fault("NOT_FOUND", `The suite has no task ${JSON.stringify(sort?.task?.slice(0, 100) ?? null)} to sort by.`, [
                  "sort",
                  "task",
                ]),
              ]),
        ]);
        const found = findRows(board, checkFilter(filter ?? {}), { by: sort?.by ?? "RANK", task, reversed: sort?.reversed });
        const view = viewRows(board, found, { first, offset });
        const loads = loadsOf(
          deps,
          { board, purpose },
          view.map(({ row }) => row),
        );
        return inTurns(
          view.map(({ row, isKept }) => ({ row, isKept, loads })),
          rowsAtOnce,
        );
      },
    }),
    verdict: t.field({ type: VerdictRef, nullable: true, resolve: ({ board }, _args, { deps }) => verdictOf(deps, board) }),
  }),
});

const distinct = <T extends string>(values: readonly T[]): T[] => [...new Set(values)].sort();

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
