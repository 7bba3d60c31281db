import { z } from "zod";
import { fault, faultFields, operation, refused, refusedFields } from "./operation.ts";
import { runStates } from "./operations.ts";
import { verdict, verdictFields } from "./verdict.ts";

const studyStates = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type StudyState = (typeof studyStates)[number];
const trialStates = ["QUEUED", "RUNNING", "COMPLETE", "FAILED", "CANCELLED"] as const;
export const aggregates = ["MEAN", "NORMALISED_MEAN", "WORST"] as const;
export const samplers = ["AUTO", "GP", "TURBO", "CMA_ES", "RANDOM", "BAYES_OPT"] as const;

const number = z.number();
const trialFields = `index state source value low high seconds
  params { name value } scores { taskName value } failure { ${faultFields} }`;
const trial = z.object({
  index: number,
  state: z.enum(trialStates),
  source: z.string(),
  value: number.nullable(),
  low: number.nullable(),
  high: number.nullable(),
  seconds: number.nullable(),
  params: z.array(z.object({ name: z.string(), value: number })),
  scores: z.array(z.object({ taskName: z.string(), value: number })),
  failure: fault.nullable(),
});
export type Trial = z.infer<typeof trial>;

const lineFields = `id namespace name state isStopping method budget trialCount endReason secondsLeft
  needs { statistic { state } }
  failure { ${faultFields} } best { index value low high params { name value } }`;
const line = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  state: z.enum(studyStates),
  isStopping: z.boolean(),
  method: z.string(),
  budget: number,
  trialCount: number,
  endReason: z.string().nullable(),
  secondsLeft: number.nullable(),
  needs: z.array(z.object({ statistic: z.object({ state: z.enum(runStates) }) })),
  failure: fault.nullable(),
  best: trial.pick({ index: true, value: true, low: true, high: true, params: true }).nullable(),
});
/** What is looked at again and again while a study runs. */
export type StudyLine = z.infer<typeof line>;

const fullFields = `${lineFields} seed parallel aggregate sampler engineVersion
  tasks { task { namespace name } } parents { role ref }
  bestVersion { ref digest } trials { ${trialFields} }
  phases { measureSeconds suggestSeconds mergeSeconds evaluateSeconds otherSeconds }
  ${verdictFields}`;
const full = line.extend({
  seed: number,
  parallel: number,
  aggregate: z.enum(aggregates),
  sampler: z.string(),
  engineVersion: z.string(),
  tasks: z.array(z.object({ task: z.object({ namespace: z.string(), name: z.string() }) })),
  parents: z.array(z.object({ role: z.enum(["BASE", "PARENT", "FINE_TUNED_FROM"]), ref: z.string() })),
  bestVersion: z.object({ ref: z.string(), digest: z.string().nullable() }).nullable(),
  trials: z.array(trial),
  phases: z.object({
    measureSeconds: number,
    suggestSeconds: number,
    mergeSeconds: number,
    evaluateSeconds: number,
    otherSeconds: number,
  }),
  verdict,
});
export type Study = z.infer<typeof full>;

export interface TuneInput {
  readonly name: string;
  readonly low?: number;
  readonly high?: number;
  readonly log?: boolean;
}

export interface StartStudyInput {
  readonly namespace: string;
  readonly name: string;
  readonly recipe: unknown;
  readonly tune: readonly TuneInput[];
  readonly suite?: string;
  readonly tasks?: readonly string[];
  readonly budget?: number;
  readonly seed?: number;
  readonly parallel?: number;
  readonly patience?: number;
  readonly aggregate?: (typeof aggregates)[number];
  readonly sampler?: (typeof samplers)[number];
  readonly aliases?: readonly string[];
  /** How statistics are measured that the recipe does not name. */
  readonly statistics?: object;
}

export const startStudy = operation<{ input: StartStudyInput }>()(
  `mutation StartStudy($input: StartStudyInput!) {
    startStudy(input: $input) { __typename ... on StartStudySuccess { study { ${lineFields} } } ${refusedFields} }
  }`,
  z.object({
    startStudy: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("StartStudySuccess"), study: line }),
      refused,
    ]),
  }),
);

export const stopStudy = operation<{ input: { id: string } }>()(
  `mutation StopStudy($input: StopStudyInput!) {
    stopStudy(input: $input) { __typename ... on StopStudySuccess { study { ${lineFields} } } ${refusedFields} }
  }`,
  z.object({
    stopStudy: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("StopStudySuccess"), study: line }),
      refused,
    ]),
  }),
);

export const resumeStudy = operation<{ input: { id: string; budget?: number } }>()(
  `mutation ResumeStudy($input: ResumeStudyInput!) {
    resumeStudy(input: $input) { __typename ... on ResumeStudySuccess { study { ${lineFields} } } ${refusedFields} }
  }`,
  z.object({
    resumeStudy: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("ResumeStudySuccess"), study: line }),
      refused,
    ]),
  }),
);

export const studyLine = operation<{ ref: string }>()(
  `query StudyLine($ref: String) { study(ref: $ref) { ${lineFields} } }`,
  z.object({ study: line.nullable() }),
);

export const studyByRef = operation<{ ref: string }>()(
  `query Study($ref: String) { study(ref: $ref) { ${fullFields} } }`,
  z.object({ study: full.nullable() }),
);

export const recentStudies = operation<{ first: number }>()(
  `query Studies($first: Int!) { studies(first: $first) { totalCount edges { node { ${lineFields} } } } }`,
  z.object({ studies: z.object({ totalCount: number, edges: z.array(z.object({ node: line })) }) }),
);
