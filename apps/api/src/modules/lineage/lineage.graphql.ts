import { LineageRole } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { StatisticRef } from "../statistics/statistics.graphql.ts";
import type { Lineage } from "./read-lineage.ts";

export const LineageRoleEnum = builder.enumType("LineageRole", { values: Object.values(LineageRole) });

const EdgeRef = builder.prismaNode("LineageEdge", {
  id: { field: "id" },
  fields: (t) => ({
    parent: t.relation("parent"),
    child: t.relation("child"),
    role: t.expose("role", { type: LineageRoleEnum }),
    parentDigest: t.exposeString("parentDigest", { description: "Digest of the parent when the edge was made" }),
    coefficient: t.exposeFloat("coefficient", { nullable: true }),
    position: t.exposeInt("position"),
    statistics: t.field({
      type: [StatisticRef],
      description: "What had been measured of the parent and was used by the merge",
      select: (_args, _context, nested) => ({
        statistics: { orderBy: { position: "asc" }, select: { statistic: nested() } },
      }),
      resolve: ({ statistics }) => statistics.map(({ statistic }) => statistic),
    }),
  }),
});

export const LineageEdgeConnection = connectionOf(EdgeRef, "LineageEdge");

export const LineageRef = builder.objectRef<Lineage>("Lineage").implement({
  fields: (t) => ({
    nodes: t.prismaField({
      type: ["ModelVersion"],
      resolve: (query, { versionIds }, _args, { deps }) =>
        deps.db.modelVersion.findMany({ ...query, where: { id: { in: [...versionIds] } }, orderBy: { id: "asc" } }),
    }),
    edges: t.prismaField({
      type: ["LineageEdge"],
      resolve: (query, { edgeIds }, _args, { deps }) =>
        deps.db.lineageEdge.findMany({
          ...query,
          where: { id: { in: [...edgeIds] } },
          orderBy: [{ childId: "asc" }, { position: "asc" }],
        }),
    }),
    truncated: t.exposeBoolean("truncated", { description: "True when depth or limit cut something off" }),
  }),
});
