import type { Prisma, StatisticKind } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { connectionOf } from "../../graphql/connection.ts";
import { encodeGlobalId } from "../../graphql/global-id.ts";
import { plain } from "../../graphql/plain-text.ts";
import { findByRef } from "../models/version-ref.ts";
import { RunStateEnum } from "../runs/runs.graphql.ts";
import { statisticFileName } from "./statistic-file.ts";
import { aboutOf } from "./wanted-statistic.ts";

export const StatisticKindEnum = builder.enumType("StatisticKind", {
  values: {
    FISHER: { description: "Diagonal Fisher information of every tensor below the head" },
    GRAM: { description: "Gram matrices of what enters every dense layer" },
  } satisfies Record<StatisticKind, { description: string }>,
});

export const StatisticRef = builder.prismaNode("Statistic", {
  id: { field: "id" },
  description: "What data-driven merging needs to know of a version on data, measured once and kept as a file.",
  fields: (t) => ({
    key: t.exposeString("key", { description: "sha256 of all that decides its numbers; a recipe names it as statistic:<key>" }),
    kind: t.expose("kind", { type: StatisticKindEnum }),
    estimator: t.exposeString("estimator", { description: "exact, sampled or empirical; of Gram matrices gram" }),
    settings: t.field({ type: "JSON", select: { about: true }, resolve: (row) => aboutOf(row).settings }),
    seed: t.int({ nullable: true, select: { about: true }, resolve: (row) => aboutOf(row).seed }),
    version: t.relation("version", { description: "What it is of" }),
    versionDigest: t.exposeString("versionDigest"),
    base: t.relation("base", { nullable: true, description: "At another λ than 1: where λ = 0 lies" }),
    lambda: t.exposeFloat("lambda", { description: "It was taken at base + λ · (version − base); 1 is the version itself" }),
    density: t.float({
      nullable: true,
      description: "Share of the task vector's elements that was kept on the way, the largest; null: all",
      select: { about: true },
      resolve: (row) => {
        const { density } = aboutOf(row).settings;
        return typeof density === "number" ? density : null;
      },
    }),
    head: t.relation("head", { nullable: true, description: "Whose label head was used, if not its own" }),
    split: t.relation("split", { description: "The data" }),
    examples: t.exposeInt("examples", { description: "The first so many of the split" }),
    state: t.expose("state", { type: RunStateEnum }),
    run: t.relation("run", { nullable: true }),
    sha256: t.exposeString("blobSha256", { nullable: true, description: "Digest of its file" }),
    sizeBytes: t.expose("sizeBytes", { type: "BigInt", nullable: true }),
    seconds: t.exposeFloat("seconds", { nullable: true }),
    passes: t.exposeInt("passes", {
      nullable: true,
      description: "Backward passes of one example each; of Gram matrices forward ones",
    }),
    truncated: t.exposeInt("truncated", { nullable: true, description: "Examples whose text did not fit and was cut" }),
    peakMemoryBytes: t.expose("peakMemoryBytes", { type: "BigInt", nullable: true }),
    downloadPath: t.string({
      nullable: true,
      description: "Front-door path of its safetensors file",
      select: { id: true, kind: true, key: true, blobSha256: true },
      resolve: (row) =>
        row.blobSha256 === null ? null : `/files/${encodeGlobalId("Statistic", row.id)}/${statisticFileName(row)}`,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true }),
  }),
});

const StatisticConnection = connectionOf(StatisticRef, "Statistic");

interface Filter {
  readonly version?: string | null | undefined;
  readonly kind?: StatisticKind | null | undefined;
  readonly task?: string | null | undefined;
}

/** Statistics belong to bytes: those of a version are those of its digest, under whatever name they were measured. */
const filter = ({ kind, task }: Filter, digest: string | null): Prisma.StatisticWhereInput => {
  const [namespace = "", name = ""] = plain(task ?? "").split("/");
  return {
    ...(digest === null ? {} : { versionDigest: digest }),
    ...(kind ? { kind } : {}),
    ...(task ? { split: { task: { namespace, name } } } : {}),
  };
};

builder.queryFields((t) => ({
  statistics: t.prismaConnection(
    {
      type: "Statistic",
      cursor: "id",
      description: "The newest first",
      args: {
        version: t.arg.string({ description: "ref of the version that they are of" }),
        kind: t.arg({ type: StatisticKindEnum }),
        task: t.arg.string({ description: "namespace/name" }),
      },
      totalCount: async (_root, args, { deps }) => {
        const digest = await digestOf(args, (ref) => findByRef(deps, ref));
        return digest === undefined ? 0 : deps.db.statistic.count({ where: filter(args, digest) });
      },
      resolve: async (query, _root, args, { deps }) => {
        const digest = await digestOf(args, (ref) => findByRef(deps, ref));
        return digest === undefined
          ? []
          : deps.db.statistic.findMany({ ...query, where: filter(args, digest), orderBy: { id: "desc" } });
      },
    },
    StatisticConnection,
  ),
}));

/** Null: of any version. Undefined: of one that is not there, or has no bytes yet. */
async function digestOf(
  { version }: Filter,
  find: (ref: string) => Promise<{ digest: string | null } | null>,
): Promise<string | null | undefined> {
  return version == null ? null : ((await find(version))?.digest ?? undefined);
}

builder.prismaObject("RunStatistic", { fields: (t) => ({ statistic: t.relation("statistic") }) });
builder.prismaObject("StudyStatistic", { fields: (t) => ({ statistic: t.relation("statistic") }) });
