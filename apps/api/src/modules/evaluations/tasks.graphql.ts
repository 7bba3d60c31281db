import { SplitPurpose } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { mutation } from "../../graphql/mutation.ts";
import { plain } from "../../graphql/plain-text.ts";
import { FileInput } from "../models/model-mutations.graphql.ts";
import { createSuite } from "./create-suite.ts";
import { createTask } from "./create-task.ts";

export const SplitPurposeEnum = builder.enumType("SplitPurpose", { values: Object.values(SplitPurpose) });

const TaskRef = builder.prismaNode("Task", {
  id: { field: "id" },
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    title: t.exposeString("title"),
    labels: t.exposeStringList("labels"),
    metric: t.exposeString("metric"),
    splits: t.relation("splits", { query: { orderBy: { name: "asc" } } }),
    expert: t.relation("expert", { nullable: true, description: "The version whose label head is used" }),
  }),
});

builder.prismaObject("Split", {
  fields: (t) => ({
    name: t.exposeString("name"),
    purpose: t.expose("purpose", { type: SplitPurposeEnum }),
    exampleCount: t.exposeInt("exampleCount"),
  }),
});

const SuiteRef = builder.prismaNode("Suite", {
  id: { field: "id" },
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    title: t.exposeString("title"),
    tasks: t.field({
      type: [TaskRef],
      select: (_args, _context, nested) => ({ tasks: { orderBy: { position: "asc" }, select: { task: nested() } } }),
      resolve: ({ tasks }) => tasks.map(({ task }) => task),
    }),
  }),
});

const TaskConnection = connectionOf(TaskRef, "Task");
const SuiteConnection = connectionOf(SuiteRef, "Suite");

builder.queryFields((t) => ({
  tasks: t.prismaConnection(
    {
      type: "Task",
      cursor: "id",
      args: { namespace: t.arg.string() },
      totalCount: (_root, { namespace }, { deps }) =>
        deps.db.task.count({ where: namespace ? { namespace: plain(namespace) } : {} }),
      resolve: (query, _root, { namespace }, { deps }) =>
        deps.db.task.findMany({ ...query, where: namespace ? { namespace: plain(namespace) } : {}, orderBy: { id: "asc" } }),
    },
    TaskConnection,
  ),
  suites: t.prismaConnection(
    {
      type: "Suite",
      cursor: "id",
      totalCount: (_root, _args, { deps }) => deps.db.suite.count(),
      resolve: (query, _root, _args, { deps }) => deps.db.suite.findMany({ ...query, orderBy: { id: "asc" } }),
    },
    SuiteConnection,
  ),
}));

const SplitInput = builder.inputType("SplitInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    purpose: t.field({ type: SplitPurposeEnum, required: true }),
    file: t.field({ type: FileInput, required: true }),
  }),
});

const CreateTaskInput = builder.inputType("CreateTaskInput", {
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    title: t.string({ required: true }),
    labels: t.stringList({ required: true }),
    splits: t.field({ type: [SplitInput], required: true }),
    expert: t.string({
      required: true,
      description: "ref of the version that carries the label head (classifier.weight, classifier.bias)",
    }),
  }),
});

const CreateTaskSuccess = builder.objectRef<{ taskId: string; created: boolean }>("CreateTaskSuccess").implement({
  fields: (t) => ({
    task: t.prismaField({
      type: "Task",
      resolve: (query, { taskId }, _args, { deps }) => deps.db.task.findUniqueOrThrow({ ...query, where: { id: taskId } }),
    }),
    created: t.exposeBoolean("created"),
  }),
});

mutation("createTask", {
  input: CreateTaskInput,
  success: CreateTaskSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { task, created } = await createTask(deps, actor, input);
    return { taskId: task.id, created };
  },
});

const CreateSuiteInput = builder.inputType("CreateSuiteInput", {
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    title: t.string({ required: true }),
    tasks: t.stringList({ required: true, description: "Names of tasks in the same namespace, or namespace/name" }),
  }),
});

const CreateSuiteSuccess = builder.objectRef<{ suiteId: string }>("CreateSuiteSuccess").implement({
  fields: (t) => ({
    suite: t.prismaField({
      type: "Suite",
      resolve: (query, { suiteId }, _args, { deps }) => deps.db.suite.findUniqueOrThrow({ ...query, where: { id: suiteId } }),
    }),
  }),
});

mutation("createSuite", {
  input: CreateSuiteInput,
  success: CreateSuiteSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => ({ suiteId: (await createSuite(deps, actor, input)).id }),
});
