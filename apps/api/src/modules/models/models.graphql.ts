import type { Prisma } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { plain } from "../../graphql/plain-text.ts";
import { VersionKindEnum } from "./enums.graphql.ts";
import { VersionConnection, VersionRef } from "./versions.graphql.ts";

const ModelRef = builder.prismaNode("Model", {
  id: { field: "id" },
  description: "A named family of checkpoints.",
  fields: (t) => ({
    namespace: t.exposeString("namespace"),
    name: t.exposeString("name"),
    description: t.exposeString("description"),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    strand: t.exposeInt("strand", {
      nullable: true,
      description: "Strand colour slot 1..8 within the namespace; null for bases and when the eight are taken.",
    }),
    latest: t.field({
      type: VersionRef,
      nullable: true,
      description: "The newest version that is ready",
      select: (_args, _context, nested) => ({
        versions: nested({ where: { state: "READY" }, orderBy: { number: "desc" }, take: 1 }),
      }),
      resolve: ({ versions }) => versions[0] ?? null,
    }),
    versions: t.relatedConnection(
      "versions",
      { cursor: "id", totalCount: true, query: { orderBy: { number: "desc" } } },
      VersionConnection,
    ),
  }),
});

const ModelConnection = connectionOf(ModelRef, "Model");

builder.queryFields((t) => ({
  models: t.prismaConnection(
    {
      type: "Model",
      cursor: "id",
      args: {
        namespace: t.arg.string(),
        kind: t.arg({ type: VersionKindEnum }),
        search: t.arg.string({ description: "Part of a name or description" }),
      },
      totalCount: (_root, args, { deps }) => deps.db.model.count({ where: whereOf(args) }),
      resolve: (query, _root, args, { deps }) =>
        deps.db.model.findMany({ ...query, where: whereOf(args), orderBy: [{ createdAt: "asc" }, { id: "asc" }] }),
    },
    ModelConnection,
  ),
  model: t.prismaField({
    type: "Model",
    nullable: true,
    args: { namespace: t.arg.string({ required: true }), name: t.arg.string({ required: true }) },
    resolve: (query, _root, { namespace, name }, { deps }) =>
      deps.db.model.findFirst({ ...query, where: { namespace: plain(namespace), name: plain(name) } }),
  }),
}));

interface ModelFilter {
  readonly namespace?: string | null | undefined;
  readonly kind?: "BASE" | "FINE_TUNED" | "TASK_VECTOR" | "ADAPTER" | "MERGED" | null | undefined;
  readonly search?: string | null | undefined;
}

function whereOf({ namespace, kind, search }: ModelFilter): Prisma.ModelWhereInput {
  const contains = { contains: plain(search ?? ""), mode: "insensitive" as const };
  return {
    ...(namespace ? { namespace: plain(namespace) } : {}),
    ...(kind ? { versions: { some: { kind } } } : {}),
    ...(search ? { OR: [{ name: contains }, { description: contains }] } : {}),
  };
}
