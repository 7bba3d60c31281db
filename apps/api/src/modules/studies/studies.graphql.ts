import { type StudyAggregate, StudyState } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { plain } from "../../graphql/plain-text.ts";
import { loadStudy, recipeOf, type StudyView, samplerOf, searchedSpace } from "./load-study.ts";
import { CoordinateRef, PhasesRef, SliceRef, VerdictRef } from "./study-parts.graphql.ts";
import { phasesOf, secondsLeft } from "./study-progress.ts";
import { slicesOf } from "./study-slices.ts";
import { TrialRef, TrialRoleEnum } from "./trials.graphql.ts";
import { readVerdict } from "./verdict.ts";
import { watchStudy } from "./watch-study.ts";

export const StudyStateEnum = builder.enumType("StudyState", { values: Object.values(StudyState) });
export const StudyAggregateEnum = builder.enumType("StudyAggregate", {
  description: "How the scores of several tasks become the one value that is maximised",
  values: {
    MEAN: { description: "Their mean" },
    NORMALISED_MEAN: { description: "The mean of each score by that of the task's own expert" },
    WORST: { description: "The least of them" },
  } satisfies Record<StudyAggregate, { description: string }>,
});

/** Loaded once for all fields that look at the whole study. */
const views = new WeakMap<object, Promise<StudyView | null>>();

const StudyRef = builder.prismaNode("Study", {
  id: { field: "id" },
  description: "A search for the numbers of a recipe that score best on the search splits of tasks.",
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name", { description: "Also of the model that the best becomes a version of" }),
    state: t.expose("state", { type: StudyStateEnum }),
    isStopping: t.boolean({
      select: { state: true, stopRequestedAt: true },
      resolve: ({ state, stopRequestedAt }) => state === "RUNNING" && stopRequestedAt !== null,
    }),
    recipe: t.field({ type: "JSON", select: { recipe: true }, resolve: ({ recipe }) => recipe }),
    method: t.string({ select: { recipe: true }, resolve: (study) => recipeOf(study).method }),
    space: t.field({ type: [CoordinateRef], select: { space: true }, resolve: (study) => [...searchedSpace(study)] }),
    sampler: t.string({
      description: "gp, turbo, cmaes or random",
      select: { sampler: true },
      resolve: (study) => samplerOf(study).kind,
    }),
    aggregate: t.expose("aggregate", { type: StudyAggregateEnum }),
    seed: t.exposeInt("seed"),
    budget: t.exposeInt("budget", { description: "Most trials of the search; baselines are not counted" }),
    parallel: t.exposeInt("parallel"),
    engineVersion: t.exposeString("engineVersion"),
    suite: t.relation("suite", { nullable: true }),
    parents: t.relation("parents", { query: { orderBy: { position: "asc" } } }),
    tasks: t.relation("tasks", { query: { orderBy: { position: "asc" } } }),
    trials: t.relation("trials", {
      description: "In the order of asking",
      args: { role: t.arg({ type: TrialRoleEnum, defaultValue: "SEARCH" }) },
      query: ({ role }) => ({ where: { role: role ?? "SEARCH" }, orderBy: { index: "asc" } }),
    }),
    needs: t.relation("needs", {
      description: "Statistics that its trials use; none runs before all of them have been measured",
      query: { orderBy: { position: "asc" } },
    }),
    trialCount: t.int({
      description: "Search trials that have ended",
      select: { _count: { select: { trials: { where: { role: "SEARCH", state: { in: ["COMPLETE", "FAILED"] } } } } } },
      resolve: ({ _count }) => _count.trials,
    }),
    best: t.field({
      type: TrialRef,
      nullable: true,
      description: "The search trial with the greatest value so far, the earliest of equal ones",
      select: (_args, _context, nested) => ({
        trials: {
          ...(nested() as object),
          where: { role: "SEARCH", state: "COMPLETE" },
          orderBy: [{ value: "desc" }, { index: "asc" }],
          take: 1,
        },
      }),
      resolve: ({ trials }) => trials[0] ?? null,
    }),
    bestVersion: t.relation("bestVersion", { nullable: true, description: "The best as a version, once the search has ended" }),
    secondsLeft: t.float({
      nullable: true,
      description: "At the pace so far, if the whole budget is used",
      select: { state: true },
      resolve: async (study, _args, { deps }) =>
        study.state === "RUNNING" ? whole(await viewOf(study, deps), secondsLeft, null) : null,
    }),
    phases: t.field({
      type: PhasesRef,
      resolve: async (study, _args, { deps }) => whole(await viewOf(study, deps), phasesOf, phasesOf(null)),
    }),
    slices: t.field({
      type: [SliceRef],
      complexity: { field: 20 },
      resolve: async (study, _args, { deps }) => [...whole(await viewOf(study, deps), slicesOf, [])],
    }),
    verdict: t.field({
      type: VerdictRef,
      nullable: true,
      description: "On the report splits, once the best is scored there",
      resolve: async (study, _args, { deps }) => {
        const view = await viewOf(study, deps);
        return view && readVerdict(deps, view);
      },
    }),
    endReason: t.exposeString("endReason", {
      nullable: true,
      description: "Why the search ended: budget, noImprovement, nothingExpected or stopped",
    }),
    failure: t.field({
      type: FaultRef,
      nullable: true,
      select: { failureCode: true, failureMessage: true, failurePath: true },
      resolve: ({ failureCode: code, failureMessage: message, failurePath: path }) =>
        code ? { code, message: message ?? "", path } : null,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
  }),
});

function viewOf(study: { readonly id: string }, deps: Parameters<typeof loadStudy>[0]): Promise<StudyView | null> {
  const known = views.get(study) ?? loadStudy(deps, study.id);
  views.set(study, known);
  return known;
}

const whole = <T>(view: StudyView | null, of: (view: StudyView) => T, otherwise: T): T => (view === null ? otherwise : of(view));

/** Judgements of merges are no studies to whoever asks for studies. */
const searches = (state: StudyState | null | undefined) => ({ kind: "SEARCH" as const, ...(state ? { state } : {}) });

const StudyConnection = connectionOf(StudyRef, "Study");

builder.queryFields((t) => ({
  studies: t.prismaConnection(
    {
      type: "Study",
      cursor: "id",
      args: { state: t.arg({ type: StudyStateEnum }) },
      totalCount: (_root, { state }, { deps }) => deps.db.study.count({ where: searches(state) }),
      resolve: (query, _root, { state }, { deps }) =>
        deps.db.study.findMany({ ...query, where: searches(state), orderBy: { id: "desc" } }),
    },
    StudyConnection,
  ),
  study: t.prismaField({
    type: "Study",
    nullable: true,
    description: "By id or by namespace/name",
    args: { id: t.arg.id(), ref: t.arg.string() },
    resolve: (query, _root, { id, ref }, { deps }) => {
      if (id != null) return deps.db.study.findUnique({ ...query, where: { id: decodeIdOf("Study", String(id)) } });
      const [namespace = "", name = ""] = plain(ref ?? "").split("/");
      return deps.db.study.findUnique({ ...query, where: { namespace_name: { namespace, name } } });
    },
  }),
}));

builder.subscriptionField("studyChanged", (t) =>
  t.prismaField({
    type: "Study",
    description: "The study after each change; SSE on /graphql with Accept: text/event-stream.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, { deps, signal }) => watchStudy(deps, decodeIdOf("Study", String(id)), signal),
    resolve: (query, id, _args, { deps }) => deps.db.study.findUniqueOrThrow({ ...query, where: { id: id as string } }),
  }),
);
