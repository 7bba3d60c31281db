import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { recordTunedOn } from "./record-tuned-on.ts";
import { SplitPurposeEnum } from "./tasks.graphql.ts";

const RecordTunedOnInput = builder.inputType("RecordTunedOnInput", {
  fields: (t) => ({
    version: t.string({ required: true }),
    namespace: t.string({ required: true }),
    suite: t.string({ required: true }),
    purpose: t.field({ type: SplitPurposeEnum, required: true, description: "Which split of each task was looked at" }),
    tasks: t.stringList({ description: "Only these tasks of the suite, by name" }),
    by: t.string({ description: "What did it, in a few words, such as the name of a study" }),
  }),
});

const RecordTunedOnSuccess = builder.objectRef<{ versionId: string; splitCount: number }>("RecordTunedOnSuccess").implement({
  fields: (t) => ({
    version: t.prismaField({
      type: "ModelVersion",
      resolve: (query, { versionId }, _args, { deps }) =>
        deps.db.modelVersion.findUniqueOrThrow({ ...query, where: { id: versionId } }),
    }),
    splitCount: t.exposeInt("splitCount"),
  }),
});

mutation("recordTunedOn", {
  description: "Notes that a version was tuned on these splits: leaderboards that report them mark it and leave it unranked.",
  input: RecordTunedOnInput,
  success: RecordTunedOnSuccess,
  subject: ({ version, namespace, suite, purpose }) => `${version} on ${namespace}/${suite} ${purpose}`,
  resolve: (deps, actor, input) => recordTunedOn(deps, actor, input),
});
