import { builder } from "../../graphql/builder.ts";
import { FaultRef } from "../../graphql/faults.ts";
import { MergeMethodRef } from "../merges/merges.graphql.ts";
import { checkStudy, type StudyCheck } from "./check-study.ts";
import { StartStudyInput } from "./study-mutations.graphql.ts";
import { CoordinateRef } from "./study-parts.graphql.ts";
import { type Tunable, tunablesOf, usualNames } from "./tunable.ts";

const StudyCheckRef = builder.objectRef<StudyCheck>("StudyCheck").implement({
  fields: (t) => ({
    ok: t.exposeBoolean("ok"),
    faults: t.field({ type: [FaultRef], description: "Everything that is wrong, at once", resolve: ({ faults }) => [...faults] }),
    space: t.field({ type: [CoordinateRef], description: "What is tuned, one by one", resolve: ({ space }) => [...space] }),
    baselines: t.exposeInt("baselines", { description: "Trials of the baselines, which come on top of the budget" }),
    taskNames: t.exposeStringList("taskNames"),
  }),
});

builder.queryField("checkStudy", (t) =>
  t.field({
    type: StudyCheckRef,
    description: "The same checks as startStudy.",
    args: { input: t.arg({ type: StartStudyInput, required: true }) },
    complexity: { field: 100 },
    resolve: (_root, { input }, { deps, actor }) => checkStudy(deps, actor, input),
  }),
);

type TunableView = Tunable & { readonly isUsual: boolean };

const TunableRef = builder.objectRef<TunableView>("TunableNumber").implement({
  description: "A number of a method that a study can tune",
  fields: (t) => ({
    name: t.exposeString("name"),
    perParent: t.exposeBoolean("perParent", { description: "Each parent has its own" }),
    isWhole: t.exposeBoolean("isWhole"),
    least: t.exposeFloat("least", { description: "What the method allows" }),
    most: t.exposeFloat("most"),
    low: t.float({
      nullable: true,
      description: "What is searched unless told otherwise; null: bounds must be given",
      resolve: ({ bounds }) => bounds?.[0] ?? null,
    }),
    high: t.float({ nullable: true, resolve: ({ bounds }) => bounds?.[1] ?? null }),
    isLog: t.exposeBoolean("isLog"),
    isUsual: t.exposeBoolean("isUsual", { description: "Tuned when a study does not say what" }),
  }),
});

builder.objectField(MergeMethodRef, "tunables", (t) =>
  t.field({
    type: [TunableRef],
    resolve: ({ id }) => {
      const usual = usualNames(id);
      return tunablesOf(id).map((each) => ({ ...each, isUsual: usual.includes(each.name) }));
    },
  }),
);
