import { type TrialRole, TrialState } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { paramsIn } from "./load-study.ts";
import { secondsOf } from "./study-progress.ts";

export const TrialRoleEnum = builder.enumType("TrialRole", {
  description: "What a trial is for",
  values: {
    SEARCH: { description: "The search itself" },
    AVERAGE: { description: "Baseline: the plain average of the parents" },
    SCALE: { description: "The search for the one factor of the baseline task arithmetic" },
    TASK_ARITHMETIC: { description: "Baseline: task arithmetic at the best factor found, scored on the report splits as well" },
  } satisfies Record<TrialRole, { description: string }>,
});

const TrialStateEnum = builder.enumType("TrialState", { values: Object.values(TrialState) });

interface Named {
  readonly name: string;
  readonly value: number;
}

const ParameterRef = builder.objectRef<Named>("TrialParameter").implement({
  fields: (t) => ({
    name: t.exposeString("name", { description: "As in lambda, weight[0] (of the first parent) or t{self_attn}" }),
    value: t.exposeFloat("value"),
  }),
});

builder.prismaObject("TrialScore", {
  description: "The score of a trial on one split",
  fields: (t) => ({
    split: t.relation("split"),
    taskName: t.string({
      select: { split: { select: { task: { select: { name: true } } } } },
      resolve: ({ split }) => split.task.name,
    }),
    value: t.exposeFloat("value"),
    n: t.exposeInt("n", { nullable: true }),
    low: t.exposeFloat("low", { nullable: true }),
    high: t.exposeFloat("high", { nullable: true }),
    seconds: t.exposeFloat("seconds"),
  }),
});

export const TrialRef = builder.prismaNode("Trial", {
  id: { field: "id" },
  description: "One set of numbers, merged and scored; its weights are deleted afterwards.",
  fields: (t) => ({
    role: t.expose("role", { type: TrialRoleEnum }),
    index: t.exposeInt("index", { description: "In the order of asking, from 0, among those of its role" }),
    state: t.expose("state", { type: TrialStateEnum }),
    params: t.field({
      type: [ParameterRef],
      select: { params: true },
      resolve: (trial) => Object.entries(paramsIn(trial)).map(([name, value]) => ({ name, value })),
    }),
    source: t.exposeString("source", { description: "anchor, design, model or random; fixed for a baseline" }),
    value: t.exposeFloat("value", { nullable: true, description: "What the study maximises, on the search splits" }),
    low: t.exposeFloat("low", { nullable: true, description: "95 % interval of the value" }),
    high: t.exposeFloat("high", { nullable: true }),
    scores: t.relation("scores", { query: { orderBy: { splitId: "asc" } } }),
    failure: t.field({
      type: FaultRef,
      nullable: true,
      select: { errorCode: true, errorMessage: true },
      resolve: ({ errorCode: code, errorMessage: message }) => (code ? { code, message: message ?? "", path: [] } : null),
    }),
    identity: t.exposeString("identity", { nullable: true, description: "Identity of its merge" }),
    suggestSeconds: t.exposeFloat("suggestSeconds", { nullable: true }),
    mergeSeconds: t.exposeFloat("mergeSeconds", { nullable: true }),
    evaluateSeconds: t.exposeFloat("evaluateSeconds", { nullable: true }),
    seconds: t.float({ nullable: true, select: { startedAt: true, finishedAt: true }, resolve: secondsOf }),
    attempts: t.exposeInt("attempts"),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
  }),
});
