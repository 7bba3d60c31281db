import { describeMethods, type MethodDescription, methodOf } from "@amalgam/engine/merge";
import { builder } from "../../graphql/builder.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { mutation } from "../../graphql/mutation.ts";
import { checkMerge, type MergeCheck } from "./check-merge.ts";
import { requestMerge } from "./request-merge.ts";
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

const MergeMethodRef = builder.objectRef<MethodDescription>("MergeMethod").implement({
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
    args: { recipe: t.arg({ type: "JSON", required: true }) },
    complexity: { field: 50 },
    resolve: (_root, { recipe }, { deps, actor }) => checkMerge(deps, actor, recipe),
  }),
}));

const RequestMergeInput = builder.inputType("RequestMergeInput", {
  description:
    "`recipe` is the native recipe with parents and base given as refs; the result becomes the next version of namespace/name.",
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    recipe: t.field({ type: "JSON", required: true }),
    aliases: t.stringList(),
  }),
});

const RequestMergeSuccess = builder
  .objectRef<{ runId: string; versionId: string; created: boolean }>("RequestMergeSuccess")
  .implement({
    fields: (t) => ({
      run: t.prismaField({
        type: "Run",
        resolve: (query, { runId }, _args, { deps }) => deps.db.run.findUniqueOrThrow({ ...query, where: { id: runId } }),
      }),
      version: t.prismaField({
        type: "ModelVersion",
        nullable: true,
        resolve: (query, { versionId }, _args, { deps }) =>
          deps.db.modelVersion.findUnique({ ...query, where: { id: versionId } }),
      }),
      created: t.exposeBoolean("created", { description: "False when the same identity was merged before" }),
    }),
  });

mutation("requestMerge", {
  input: RequestMergeInput,
  success: RequestMergeSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { run, version, created } = await requestMerge(deps, actor, input);
    return { runId: run.id, versionId: version.id, created };
  },
});
