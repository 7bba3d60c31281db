import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { mutation } from "../../graphql/mutation.ts";
import { plain } from "../../graphql/plain-text.ts";
import { FileInput } from "../models/model-mutations.graphql.ts";
import { registerDataset } from "./register-dataset.ts";

const DatasetRef = builder.prismaNode("Dataset", {
  id: { field: "id" },
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    title: t.exposeString("title"),
    versions: t.relation("versions", { query: { orderBy: { number: "desc" } } }),
  }),
});

builder.prismaNode("DatasetVersion", {
  id: { field: "id" },
  description: "Named files that do not change",
  fields: (t) => ({
    ref: t.string({
      select: { number: true, dataset: { select: { namespace: true, name: true } } },
      resolve: ({ number, dataset }) => `${dataset.namespace}/${dataset.name}@${number}`,
    }),
    number: t.exposeInt("number"),
    digest: t.exposeString("digest", { description: "sha256 of the names and digests of its splits" }),
    licence: t.exposeString("licence", { nullable: true }),
    splits: t.relation("splits", { query: { orderBy: { name: "asc" } } }),
  }),
});

builder.prismaObject("DatasetSplit", {
  fields: (t) => ({
    name: t.exposeString("name"),
    path: t.exposeString("path"),
    sha256: t.exposeString("blobSha256"),
  }),
});

const DatasetConnection = connectionOf(DatasetRef, "Dataset");

builder.queryFields((t) => ({
  datasets: t.prismaConnection(
    {
      type: "Dataset",
      cursor: "id",
      args: { namespace: t.arg.string() },
      totalCount: (_root, { namespace }, { deps }) =>
        deps.db.dataset.count({ where: namespace ? { namespace: plain(namespace) } : {} }),
      resolve: (query, _root, { namespace }, { deps }) =>
        deps.db.dataset.findMany({ ...query, where: namespace ? { namespace: plain(namespace) } : {}, orderBy: { id: "asc" } }),
    },
    DatasetConnection,
  ),
}));

const DatasetSplitInput = builder.inputType("DatasetSplitInput", {
  fields: (t) => ({
    name: t.string({ required: true }),
    file: t.field({ type: FileInput, required: true }),
  }),
});

const RegisterDatasetInput = builder.inputType("RegisterDatasetInput", {
  description: "Files that were uploaded, as the next version of a data set; the same files again answer the version there is.",
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    title: t.string({ required: true }),
    licence: t.string(),
    splits: t.field({ type: [DatasetSplitInput], required: true }),
  }),
});

const RegisterDatasetSuccess = builder.objectRef<{ versionId: string; created: boolean }>("RegisterDatasetSuccess").implement({
  fields: (t) => ({
    version: t.prismaField({
      type: "DatasetVersion",
      resolve: (query, { versionId }, _args, { deps }) =>
        deps.db.datasetVersion.findUniqueOrThrow({ ...query, where: { id: versionId } }),
    }),
    created: t.exposeBoolean("created"),
  }),
});

mutation("registerDataset", {
  input: RegisterDatasetInput,
  success: RegisterDatasetSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { version, created } = await registerDataset(deps, actor, input);
    return { versionId: version.id, created };
  },
});
