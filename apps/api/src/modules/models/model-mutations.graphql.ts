import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { createModel } from "./create-model.ts";
import { VersionKindEnum } from "./enums.graphql.ts";
import { registerVersion } from "./register-version.ts";
import { setAlias } from "./set-alias.ts";

export const FileInput = builder.inputType("FileInput", {
  fields: (t) => ({
    path: t.string({ required: true }),
    sha256: t.string({ required: true }),
    sizeBytes: t.field({ type: "BigInt", required: true }),
  }),
});

const CreateModelInput = builder.inputType("CreateModelInput", {
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    description: t.string({ defaultValue: "" }),
  }),
});

const CreateModelSuccess = builder.objectRef<{ modelId: string; created: boolean }>("CreateModelSuccess").implement({
  fields: (t) => ({
    model: t.prismaField({
      type: "Model",
      resolve: (query, { modelId }, _args, { deps }) => deps.db.model.findUniqueOrThrow({ ...query, where: { id: modelId } }),
    }),
    created: t.exposeBoolean("created", { description: "False when it existed already" }),
  }),
});

mutation("createModel", {
  input: CreateModelInput,
  success: CreateModelSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { model, created } = await createModel(deps, actor, input);
    return { modelId: model.id, created };
  },
});

const RegisterVersionInput = builder.inputType("RegisterVersionInput", {
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    kind: t.field({ type: VersionKindEnum, required: true }),
    files: t.field({ type: [FileInput], required: true }),
    base: t.string({ description: "ref of the version this one was fine-tuned from" }),
    licence: t.string(),
    aliases: t.stringList(),
  }),
});

const RegisterVersionSuccess = builder
  .objectRef<{ versionId: string; runId: string | null; created: boolean }>("RegisterVersionSuccess")
  .implement({
    fields: (t) => ({
      version: t.prismaField({
        type: "ModelVersion",
        resolve: (query, { versionId }, _args, { deps }) =>
          deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: versionId } }),
      }),
      run: t.prismaField({
        type: "Run",
        nullable: true,
        resolve: (query, { runId }, _args, { deps }) =>
          runId ? deps.db.run.findUnique({ ...query, where: { id: runId } }) : null,
      }),
      created: t.exposeBoolean("created", { description: "False when the same digest is already a version of this model" }),
    }),
  });

mutation("registerVersion", {
  description: "Registers files (already uploaded) as the next version of a model; verification runs as a job.",
  input: RegisterVersionInput,
  success: RegisterVersionSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { version, run, created } = await registerVersion(deps, actor, input);
    return { versionId: version.id, runId: run?.id ?? null, created };
  },
});

const SetAliasInput = builder.inputType("SetAliasInput", {
  fields: (t) => ({ ref: t.string({ required: true }), alias: t.string({ required: true }) }),
});

const SetAliasSuccess = builder.objectRef<{ versionId: string }>("SetAliasSuccess").implement({
  fields: (t) => ({
    version: t.prismaField({
      type: "ModelVersion",
      resolve: (query, { versionId }, _args, { deps }) =>
        deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: versionId } }),
    }),
  }),
});

mutation("setAlias", {
  input: SetAliasInput,
  success: SetAliasSuccess,
  subject: ({ ref, alias }) => `${ref} as ${alias}`,
  resolve: async (deps, actor, input) => ({ versionId: (await setAlias(deps, actor, input)).id }),
});
