import { RunKind, RunState } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { mutation } from "../../graphql/mutation.ts";
import { cancelRun } from "./cancel-run.ts";
import { retryRun } from "./retry-run.ts";
import { watchRun } from "./watch-run.ts";

const RunKindEnum = builder.enumType("RunKind", { values: Object.values(RunKind) });
export const RunStateEnum = builder.enumType("RunState", { values: Object.values(RunState) });

export const RunRef = builder.prismaNode("Run", {
  id: { field: "id" },
  description: "Work done by a worker.",
  fields: (t) => ({
    kind: t.expose("kind", { type: RunKindEnum }),
    state: t.expose("state", { type: RunStateEnum }),
    title: t.exposeString("title"),
    progress: t.exposeFloat("progress", { description: "0 to 1" }),
    stage: t.exposeString("stage", { nullable: true }),
    stages: t.relation("stages", { query: { orderBy: { position: "asc" } } }),
    tensorsDone: t.exposeInt("tensorsDone", { nullable: true }),
    tensorsTotal: t.exposeInt("tensorsTotal", { nullable: true }),
    bytesPerSecond: t.exposeFloat("bytesPerSecond", { nullable: true }),
    secondsLeft: t.exposeFloat("secondsLeft", { nullable: true }),
    peakMemoryBytes: t.expose("peakMemoryBytes", { type: "BigInt", nullable: true }),
    failure: t.field({
      type: FaultRef,
      nullable: true,
      select: { failureCode: true, failureMessage: true, failurePath: true },
      resolve: ({ failureCode: code, failureMessage: message, failurePath: path }) =>
        code ? { code, message: message ?? "", path } : null,
    }),
    recipe: t.field({ type: "JSON", nullable: true, select: { recipe: true }, resolve: ({ recipe }) => recipe }),
    identity: t.exposeString("identity", { nullable: true }),
    version: t.relation("version", { nullable: true, description: "The version that is verified, made, evaluated or measured" }),
    evaluations: t.relation("evaluations", { query: { orderBy: { createdAt: "asc" } } }),
    statistics: t.relation("statistics", { query: { orderBy: { lambda: "asc" } } }),
    needs: t.relation("needs", {
      description: "Statistics that a merge uses; it waits for those that are not measured yet",
      query: { orderBy: { position: "asc" } },
    }),
    attempts: t.exposeInt("attempts"),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
  }),
});

const RunConnection = connectionOf(RunRef, "Run");

builder.prismaObject("RunStage", {
  fields: (t) => ({
    name: t.exposeString("name"),
    startedAt: t.expose("startedAt", { type: "DateTime" }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
  }),
});

type RunFilter = { kind?: RunKind | null | undefined; state?: RunState | null | undefined };
const filter = ({ kind, state }: RunFilter) => ({ ...(kind ? { kind } : {}), ...(state ? { state } : {}) });

builder.queryFields((t) => ({
  runs: t.prismaConnection(
    {
      type: "Run",
      cursor: "id",
      args: { kind: t.arg({ type: RunKindEnum }), state: t.arg({ type: RunStateEnum }) },
      totalCount: (_root, args, { deps }) => deps.db.run.count({ where: filter(args) }),
      resolve: (query, _root, args, { deps }) => deps.db.run.findMany({ ...query, where: filter(args), orderBy: { id: "desc" } }),
    },
    RunConnection,
  ),
  run: t.prismaField({
    type: "Run",
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }, { deps }) =>
      deps.db.run.findUnique({ ...query, where: { id: decodeIdOf("Run", String(id)) } }),
  }),
}));

builder.subscriptionField("runChanged", (t) =>
  t.prismaField({
    type: "Run",
    description: "The run after each change; SSE on /graphql with Accept: text/event-stream.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, { deps, signal }) => watchRun(deps, decodeIdOf("Run", String(id)), signal),
    resolve: (query, id, _args, { deps }) => deps.db.run.findUniqueOrThrow({ ...query, where: { id: id as string } }),
  }),
);

const RunSuccessFields = (name: string) =>
  builder.objectRef<{ runId: string }>(name).implement({
    fields: (t) => ({
      run: t.prismaField({
        type: "Run",
        resolve: (query, { runId }, _args, { deps }) => deps.db.run.findUniqueOrThrow({ ...query, where: { id: runId } }),
      }),
    }),
  });

const CancelRunInput = builder.inputType("CancelRunInput", { fields: (t) => ({ id: t.id({ required: true }) }) });

mutation("cancelRun", {
  input: CancelRunInput,
  success: RunSuccessFields("CancelRunSuccess"),
  subject: ({ id }) => String(id),
  resolve: async (deps, actor, { id }) => ({ runId: (await cancelRun(deps, actor, decodeIdOf("Run", String(id)))).id }),
});

const RetryRunInput = builder.inputType("RetryRunInput", { fields: (t) => ({ id: t.id({ required: true }) }) });

mutation("retryRun", {
  input: RetryRunInput,
  success: RunSuccessFields("RetryRunSuccess"),
  subject: ({ id }) => String(id),
  resolve: async (deps, actor, { id }) => ({ runId: (await retryRun(deps, actor, decodeIdOf("Run", String(id)))).id }),
});
