import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { encodeGlobalId } from "../../graphql/global-id.ts";
import { plain } from "../../graphql/plain-text.ts";
import { LineageEdgeConnection, LineageRef } from "../lineage/lineage.graphql.ts";
import { readLineage } from "../lineage/read-lineage.ts";
import { RunRef } from "../runs/runs.graphql.ts";
import { VersionKindEnum, VersionStateEnum } from "./enums.graphql.ts";
import { findByRef, formatRef } from "./version-ref.ts";

const itsMerge = { where: { kind: "MERGE" as const }, take: 1 };

const TensorRef = builder.prismaNode("TensorInfo", {
  id: { field: "id" },
  fields: (t) => ({
    name: t.exposeString("name"),
    dtype: t.exposeString("dtype"),
    shape: t.exposeIntList("shape"),
    sizeBytes: t.expose("sizeBytes", { type: "BigInt" }),
    sha256: t.exposeString("sha256"),
    norm: t.exposeFloat("norm"),
    min: t.exposeFloat("min"),
    max: t.exposeFloat("max"),
  }),
});

const TensorConnection = connectionOf(TensorRef, "TensorInfo");

export const VersionRef = builder.prismaNode("ModelVersion", {
  id: { field: "id" },
  description: "An immutable checkpoint.",
  fields: (t) => ({
    model: t.relation("model"),
    number: t.exposeInt("number"),
    ref: t.string({
      description: "namespace/name@number",
      select: { number: true, model: { select: { namespace: true, name: true } } },
      resolve: formatRef,
    }),
    kind: t.expose("kind", { type: VersionKindEnum }),
    state: t.expose("state", { type: VersionStateEnum }),
    rejection: t.field({
      type: FaultRef,
      nullable: true,
      description: "Why the version was rejected; names the file and tensor.",
      select: { rejectionCode: true, rejectionMessage: true, rejectionPath: true },
      resolve: ({ rejectionCode: code, rejectionMessage: message, rejectionPath: path }) =>
        code ? { code, message: message ?? "", path } : null,
    }),
    aliases: t.stringList({
      select: { aliases: { select: { name: true }, orderBy: { name: "asc" } } },
      resolve: ({ aliases }) => aliases.map(({ name }) => name),
    }),
    digest: t.exposeString("digest", {
      nullable: true,
      description: "sha256 over the sorted (path, sha256) list of the files; null while a merge has not written them yet",
    }),
    architecture: t.exposeString("architecture", { nullable: true }),
    licence: t.exposeString("licence", { nullable: true }),
    card: t.exposeString("card", { nullable: true, description: "README.md as it was uploaded: not to be trusted as HTML" }),
    parameterCount: t.expose("parameterCount", { type: "BigInt" }),
    sizeBytes: t.expose("sizeBytes", { type: "BigInt" }),
    dtype: t.exposeString("dtype", { nullable: true }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    files: t.relation("files", { query: { orderBy: { path: "asc" } } }),
    tensorCount: t.exposeInt("tensorCount"),
    tensors: t.prismaConnection(
      {
        type: "TensorInfo",
        cursor: "id",
        args: { search: t.arg.string({ description: "Part of a tensor name" }) },
        totalCount: ({ id }, { search }, { deps }) => deps.db.tensorInfo.count({ where: tensorsOf(id, search) }),
        resolve: (query, { id }, { search }, { deps }) =>
          deps.db.tensorInfo.findMany({ ...query, where: tensorsOf(id, search), orderBy: [{ name: "asc" }, { id: "asc" }] }),
      },
      TensorConnection,
    ),
    parents: t.relation("parents", { description: "Direct parents, in recipe order.", query: { orderBy: { position: "asc" } } }),
    children: t.relatedConnection(
      "children",
      { cursor: "id", totalCount: true, query: { orderBy: { createdAt: "asc" } } },
      LineageEdgeConnection,
    ),
    lineage: t.field({
      type: LineageRef,
      description: "Everything above and below, in one query, bounded.",
      args: { depth: t.arg.int({ defaultValue: 12 }), limit: t.arg.int({ defaultValue: 300 }) },
      complexity: { field: 20 },
      resolve: ({ id }, { depth, limit }, { deps, actor }) =>
        readLineage(deps, actor, id, { depth: depth ?? 12, limit: limit ?? 300 }),
    }),
    mergeRun: t.field({
      type: RunRef,
      nullable: true,
      select: (_args, _context, nested) => ({ runs: nested(itsMerge) }),
      resolve: ({ runs }) => runs[0] ?? null,
    }),
    recipe: t.field({
      type: "JSON",
      nullable: true,
      select: { runs: { ...itsMerge, select: { recipe: true } } },
      resolve: ({ runs }) => runs[0]?.recipe ?? null,
    }),
    evaluations: t.relation("evaluations", { query: { orderBy: { createdAt: "asc" } } }),
  }),
});

export const VersionConnection = connectionOf(VersionRef, "ModelVersion");

const tensorsOf = (versionId: string, search: string | null | undefined) => ({
  blob: { files: { some: { versionId } } },
  ...(search ? { name: { contains: plain(search) } } : {}),
});

builder.prismaObject("File", {
  fields: (t) => ({
    path: t.exposeString("path"),
    sha256: t.exposeString("sha256"),
    sizeBytes: t.expose("sizeBytes", { type: "BigInt" }),
    downloadPath: t.string({
      description: "Front-door path, e.g. /files/<version>/<path>",
      select: { versionId: true, path: true },
      resolve: ({ versionId, path }) => `/files/${encodeGlobalId("ModelVersion", versionId)}/${path}`,
    }),
  }),
});

builder.queryFields((t) => ({
  version: t.prismaField({
    type: "ModelVersion",
    nullable: true,
    description: "`ref` is namespace/name, namespace/name@3 or namespace/name@alias.",
    args: { ref: t.arg.string({ required: true }) },
    resolve: async (query, _root, { ref }, { deps }) => {
      const found = await findByRef(deps, ref);
      return found && deps.db.modelVersion.findUnique({ ...query, where: { id: found.id } });
    },
  }),
  versions: t.prismaConnection(
    {
      type: "ModelVersion",
      cursor: "id",
      args: { kind: t.arg({ type: VersionKindEnum }), state: t.arg({ type: VersionStateEnum }) },
      totalCount: (_root, args, { deps }) => deps.db.modelVersion.count({ where: filter(args) }),
      resolve: (query, _root, args, { deps }) =>
        deps.db.modelVersion.findMany({ ...query, where: filter(args), orderBy: { id: "desc" } }),
    },
    VersionConnection,
  ),
}));

type VersionFilter = {
  kind?: typeof VersionKindEnum.$inferType | null | undefined;
  state?: typeof VersionStateEnum.$inferType | null | undefined;
};

const filter = ({ kind, state }: VersionFilter) => ({ ...(kind ? { kind } : {}), ...(state ? { state } : {}) });
