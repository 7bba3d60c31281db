import type { Study } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { MergeStatisticsInput } from "../merges/merges.graphql.ts";
import { JudgementRef } from "./judgements.graphql.ts";
import { requestJudgedMerge } from "./request-judged-merge.ts";

const RequestMergeInput = builder.inputType("RequestMergeInput", {
  description:
    "`recipe` is the native recipe with parents and base given as refs; the result becomes the next version of namespace/name.",
  fields: (t) => ({
    namespace: t.string({ required: true }),
    name: t.string({ required: true }),
    recipe: t.field({ type: "JSON", required: true }),
    aliases: t.stringList(),
    statistics: t.field({ type: MergeStatisticsInput }),
    suite: t.string({
      description:
        "namespace/name, or the name alone: when the merge is done, it is judged there against its parents, their average and tuned task arithmetic",
    }),
  }),
});

interface Requested {
  readonly runId: string;
  readonly versionId: string;
  readonly created: boolean;
  readonly judgement: Study | null;
}

const RequestMergeSuccess = builder.objectRef<Requested>("RequestMergeSuccess").implement({
  fields: (t) => ({
    run: t.prismaField({
      type: "Run",
      resolve: (query, { runId }, _args, { deps }) => deps.db.run.findUniqueOrThrow({ ...query, where: { id: runId } }),
    }),
    version: t.prismaField({
      type: "ModelVersion",
      nullable: true,
      resolve: (query, { versionId }, _args, { deps }) => deps.db.modelVersion.findUnique({ ...query, where: { id: versionId } }),
    }),
    created: t.exposeBoolean("created", { description: "False when the same identity was merged before" }),
    judgement: t.field({
      type: JudgementRef,
      nullable: true,
      description: "When a suite was named",
      resolve: ({ judgement }) => judgement,
    }),
  }),
});

mutation("requestMerge", {
  input: RequestMergeInput,
  success: RequestMergeSuccess,
  subject: ({ namespace, name }) => `${namespace}/${name}`,
  resolve: async (deps, actor, input) => {
    const { run, version, created, judgement } = await requestJudgedMerge(deps, actor, input);
    return { runId: run.id, versionId: version.id, created, judgement };
  },
});
