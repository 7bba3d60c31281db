import { builder } from "../../graphql/builder.ts";
import { describeBackends } from "../evaluations/describe-backends.ts";

const CountsRef = builder
  .objectRef<Record<"models" | "versions" | "runs", number> & Record<"storedBytes" | "logicalBytes", bigint>>("Counts")
  .implement({
    fields: (t) => ({
      models: t.exposeInt("models"),
      versions: t.exposeInt("versions"),
      runs: t.exposeInt("runs"),
      storedBytes: t.expose("storedBytes", { type: "BigInt", description: "Bytes in the store: the same bytes count once" }),
      logicalBytes: t.expose("logicalBytes", { type: "BigInt", description: "Sum of the sizes of all files of all versions" }),
    }),
  });

const BackendRef = builder.objectRef<{ name: string; chosen: boolean; reason: string }>("Backend").implement({
  fields: (t) => ({ name: t.exposeString("name"), chosen: t.exposeBoolean("chosen"), reason: t.exposeString("reason") }),
});

const ViewerRef = builder.objectRef<{ name: string }>("Viewer").implement({
  fields: (t) => ({
    name: t.exposeString("name"),
    namespaces: t.stringList({
      resolve: async (_viewer, _args, { deps }) => {
        const rows = await deps.db.model.groupBy({ by: ["namespace"], orderBy: { namespace: "asc" }, take: 200 });
        return rows.map(({ namespace }) => namespace);
      },
    }),
    counts: t.field({
      type: CountsRef,
      resolve: async (_viewer, _args, { deps: { db } }) => {
        const [models, versions, runs, stored, logical] = await Promise.all([
          db.model.count(),
          db.modelVersion.count(),
          db.run.count(),
          db.blob.aggregate({ _sum: { sizeBytes: true } }),
          db.file.aggregate({ _sum: { sizeBytes: true }, where: { blobSha256: { not: null } } }),
        ]);
        return { models, versions, runs, storedBytes: stored._sum.sizeBytes ?? 0n, logicalBytes: logical._sum.sizeBytes ?? 0n };
      },
    }),
    backends: t.field({ type: [BackendRef], resolve: (_viewer, _args, { deps }) => describeBackends(deps) }),
  }),
});

builder.queryField("viewer", (t) => t.field({ type: ViewerRef, resolve: (_root, _args, { actor }) => ({ name: actor.name }) }));
