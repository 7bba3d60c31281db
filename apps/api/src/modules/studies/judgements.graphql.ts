import type { Study } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { encodeGlobalId } from "../../graphql/global-id.ts";
import { mutation } from "../../graphql/mutation.ts";
import { judgeMerge } from "./judge-merge.ts";
import { loadStudy } from "./load-study.ts";
import { baselineCount } from "./next-step.ts";
import { StudyStateEnum } from "./studies.graphql.ts";
import { VerdictRef } from "./study-parts.graphql.ts";
import { readVerdict } from "./verdict.ts";

export const JudgementRef = builder.objectRef<Study>("MergeJudgement").implement({
  description:
    "A merge against what it is measured by: its parents, their plain average and task arithmetic at one tuned factor, on the report splits of a suite.",
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeGlobalId("Study", id) }),
    state: t.field({ type: StudyStateEnum, resolve: ({ state }) => state }),
    suite: t.prismaField({
      type: "Suite",
      nullable: true,
      description: "Null when it was deleted",
      resolve: (query, { suiteId }, _args, { deps }) =>
        suiteId === null ? null : deps.db.suite.findUnique({ ...query, where: { id: suiteId } }),
    }),
    trialsDone: t.int({
      description: "Baselines that were merged and scored, those that tune task arithmetic included",
      resolve: ({ id }, _args, { deps }) =>
        deps.db.trial.count({ where: { studyId: id, state: { in: ["COMPLETE", "FAILED"] } } }),
    }),
    trialsExpected: t.int({
      description: "How many there will be, when all can be merged",
      resolve: async ({ id }, _args, { deps }) => {
        const study = await loadStudy(deps, id);
        return study === null ? 0 : baselineCount(study);
      },
    }),
    verdict: t.field({
      type: VerdictRef,
      nullable: true,
      description: "Once the merge is scored on every task",
      resolve: async ({ id }, _args, { deps }) => {
        const study = await loadStudy(deps, id);
        return study && readVerdict(deps, study);
      },
    }),
    failure: t.field({
      type: FaultRef,
      nullable: true,
      resolve: ({ failureCode: code, failureMessage: message, failurePath: path }) =>
        code ? { code, message: message ?? "", path } : null,
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
  }),
});

builder.prismaObjectFields("ModelVersion", (t) => ({
  judgements: t.field({
    type: [JudgementRef],
    description: "One for each suite it was judged on, the newest first",
    complexity: { field: 10 },
    select: { id: true },
    resolve: async ({ id }, _args, { deps }) => {
      const all = await deps.db.study.findMany({
        where: { kind: "BASELINES", bestVersionId: id },
        orderBy: { id: "desc" },
        take: 50,
      });
      return all.filter(({ suiteId }, i) => all.findIndex((each) => each.suiteId === suiteId) === i);
    },
  }),
}));

const JudgeMergeInput = builder.inputType("JudgeMergeInput", {
  fields: (t) => ({
    version: t.string({ required: true, description: "A merge, also one that is still under way" }),
    suite: t.string({ required: true, description: "namespace/name, or the name alone in the namespace of the version" }),
  }),
});

const JudgeMergeSuccess = builder.objectRef<{ judgement: Study }>("JudgeMergeSuccess").implement({
  fields: (t) => ({ judgement: t.field({ type: JudgementRef, resolve: ({ judgement }) => judgement }) }),
});

mutation("judgeMerge", {
  description:
    "Scores a merge, its parents and the baselines on the report splits of a suite, and tells by paired intervals what merging brought.",
  input: JudgeMergeInput,
  success: JudgeMergeSuccess,
  subject: ({ version, suite }) => `${version} on ${suite}`,
  resolve: async (deps, actor, input) => ({ judgement: await judgeMerge(deps, actor, input) }),
});
