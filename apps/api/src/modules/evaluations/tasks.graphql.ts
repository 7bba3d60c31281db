import { kindFacts } from "@amalgam/engine/scores";
import { SplitPurpose, type TaskKind } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { mutation } from "../../graphql/mutation.ts";
import { plain } from "../../graphql/plain-text.ts";
import { FileInput } from "../models/model-mutations.graphql.ts";
import { createSuite } from "./create-suite.ts";
import { createTask } from "./create-task.ts";
import { kindName } from "./task-kind.ts";

export const SplitPurposeEnum = builder.enumType("SplitPurpose", { values: Object.values(SplitPurpose) });

const TaskKindEnum = builder.enumType("TaskKind", {
  description: "How a task is scored",
  values: {
    CLASSIFICATION: { description: "Texts, by the label that a classification head scores highest" },
    IMAGE_CLASSIFICATION: { description: "Images in a safetensors file (images, labels)" },
    TABLE_CLASSIFICATION: { description: "Rows of numbers in a safetensors file (features, labels)" },
    MULTIPLE_CHOICE: { description: "Questions with their own choices, by the likelihood of each under a language model" },
    CHOICE_RANKING: { description: "Texts, by the likelihood of each label as a continuation" },
    EXACT_MATCH: { description: "Prompts, by whether the greedy answer equals a right one" },
    PERPLEXITY: { description: "Documents, in bits per token; lower is better" },
    EXTERNAL: { description: "By a command in the server's configuration" },
  } satisfies Record<TaskKind, { description: string }>,
});

const TaskRef = builder.prismaNode("Task", {
  id: { field: "id" },
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    title: t.exposeString("title"),
    kind: t.expose("kind", { type: TaskKindEnum }),
    settings: t.expose("settings", { type: "JSON", description: "What the kind leaves open, defaults included" }),
    labels: t.exposeStringList("labels"),
    metric: t.exposeString("metric", { description: "accuracy, exact_match, bits_per_token or score" }),
    lowerIsBetter: t.boolean({ select: { kind: true }, resolve: ({ kind }) => kindFacts[kindName(kind)].lowerIsBetter }),
    dataset: t.relation("datasetVersion", { nullable: true, description: "Where its splits are registered, if they are" }),
    splits: t.relation("splits", { query: { orderBy: { name: "asc" } } }),
    expert: t.relation("expert", {
      nullable: true,
      description: "The version whose label head is used, and that others are measured against",
    }),
  }),
});

builder.prismaObject("Split", {
  fields: (t) => ({
    task: t.relation("task"),
    name: t.exposeString("name"),
    purpose: t.expose("purpose", { type: SplitPurposeEnum }),
    exampleCount: t.exposeInt("exampleCount"),
    format: t.exposeString("format", { description: "jsonl, safetensors or json" }),
    sha256: t.exposeString("blobSha256", { description: "Digest of its bytes" }),
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
  evaluators: t.stringList({
    description: "Names of the commands in the server's configuration that tasks of kind EXTERNAL may use",
    resolve: (_root, _args, { deps }) => [...deps.evaluators.keys()],
  }),
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
    file: t.field({ type: FileInput, description: "Left out when the task has a data set with a split of this name" }),
  }),
});

const CreateTaskInput = builder.inputType("CreateTaskInput", {
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    title: t.string({ required: true }),
    kind: t.field({ type: TaskKindEnum, defaultValue: "CLASSIFICATION" }),
    settings: t.field({ type: "JSON", description: "What the kind leaves open" }),
    labels: t.stringList({ defaultValue: [], description: "Classes in the order of the head's outputs; choices of a ranking" }),
    dataset: t.string({ description: "namespace/name@number of a registered data set that the splits belong to" }),
    splits: t.field({ type: [SplitInput], required: true }),
    expert: t.string({
      description:
        "ref of the version that carries the label head (classifier.weight, classifier.bias); else each version uses its own",
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
