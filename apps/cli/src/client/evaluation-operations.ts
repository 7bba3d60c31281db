import { z } from "zod";
import { operation, refused, refusedFields } from "./operation.ts";
import { type FileInput, runStates, type SplitPurpose, splitPurposes, versionKinds } from "./operations.ts";

const taskKinds = [
  "CLASSIFICATION",
  "IMAGE_CLASSIFICATION",
  "TABLE_CLASSIFICATION",
  "MULTIPLE_CHOICE",
  "CHOICE_RANKING",
  "EXACT_MATCH",
  "PERPLEXITY",
  "EXTERNAL",
] as const;

export interface CreateTaskInput {
  readonly namespace: string;
  readonly name: string;
  readonly title: string;
  /** Default: CLASSIFICATION. */
  readonly kind?: string;
  readonly settings?: unknown;
  readonly labels: readonly string[];
  readonly dataset?: string;
  /** With a data set, its splits by name alone. */
  readonly splits: readonly { readonly name: string; readonly purpose: SplitPurpose; readonly file?: FileInput }[];
  readonly expert?: string;
}

export const createTask = operation<{ input: CreateTaskInput }>()(
  `mutation CreateTask($input: CreateTaskInput!) {
    createTask(input: $input) { __typename ... on CreateTaskSuccess { created task { id name } } ${refusedFields} }
  }`,
  z.object({
    createTask: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("CreateTaskSuccess"),
        created: z.boolean(),
        task: z.object({ id: z.string(), name: z.string() }),
      }),
      refused,
    ]),
  }),
);

export const tasks = operation<Record<string, never>>()(
  "query Tasks { tasks(first: 100) { edges { node { namespace name title kind splits { purpose exampleCount } } } } }",
  z.object({
    tasks: z.object({
      edges: z.array(
        z.object({
          node: z.object({
            namespace: z.string(),
            name: z.string(),
            title: z.string(),
            kind: z.enum(taskKinds),
            splits: z.array(z.object({ purpose: z.enum(splitPurposes), exampleCount: z.number() })),
          }),
        }),
      ),
    }),
  }),
);

export interface RegisterDatasetInput {
  readonly namespace: string;
  readonly name: string;
  readonly title: string;
  readonly licence?: string;
  readonly splits: readonly { readonly name: string; readonly file: FileInput }[];
}

export const registerDataset = operation<{ input: RegisterDatasetInput }>()(
  `mutation RegisterDataset($input: RegisterDatasetInput!) {
    registerDataset(input: $input) {
      __typename ... on RegisterDatasetSuccess { created version { ref digest } } ${refusedFields}
    }
  }`,
  z.object({
    registerDataset: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("RegisterDatasetSuccess"),
        created: z.boolean(),
        version: z.object({ ref: z.string(), digest: z.string() }),
      }),
      refused,
    ]),
  }),
);

export const datasets = operation<Record<string, never>>()(
  "query Datasets { datasets(first: 100) { edges { node { title versions { ref digest splits { name } } } } } }",
  z.object({
    datasets: z.object({
      edges: z.array(
        z.object({
          node: z.object({
            title: z.string(),
            versions: z.array(z.object({ ref: z.string(), digest: z.string(), splits: z.array(z.object({ name: z.string() })) })),
          }),
        }),
      ),
    }),
  }),
);

export interface CreateSuiteInput {
  readonly namespace: string;
  readonly name: string;
  readonly title: string;
  readonly tasks: readonly string[];
}

export const createSuite = operation<{ input: CreateSuiteInput }>()(
  `mutation CreateSuite($input: CreateSuiteInput!) {
    createSuite(input: $input) { __typename ... on CreateSuiteSuccess { suite { id name } } ${refusedFields} }
  }`,
  z.object({
    createSuite: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("CreateSuiteSuccess"), suite: z.object({ id: z.string(), name: z.string() }) }),
      refused,
    ]),
  }),
);

export interface RequestEvaluationInput {
  readonly versions: readonly string[];
  readonly namespace: string;
  readonly suite: string;
  readonly purpose?: SplitPurpose;
}

export const requestEvaluation = operation<{ input: RequestEvaluationInput }>()(
  `mutation RequestEvaluation($input: RequestEvaluationInput!) {
    requestEvaluation(input: $input) {
      __typename
      ... on RequestEvaluationSuccess { existing runs { id state title } }
      ${refusedFields}
    }
  }`,
  z.object({
    requestEvaluation: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("RequestEvaluationSuccess"),
        existing: z.number(),
        runs: z.array(z.object({ id: z.string(), state: z.enum(runStates), title: z.string() })),
      }),
      refused,
    ]),
  }),
);

/** Scores of a version that are there or on their way, with the runs that make them. */
export const evaluationsOf = operation<{ ref: string }>()(
  `query EvaluationsOf($ref: String!) {
    version(ref: $ref) { evaluations { state split { purpose } run { id state title } } }
  }`,
  z.object({
    version: z
      .object({
        evaluations: z.array(
          z.object({
            state: z.enum(runStates),
            split: z.object({ purpose: z.enum(splitPurposes) }),
            run: z.object({ id: z.string(), state: z.enum(runStates), title: z.string() }).nullable(),
          }),
        ),
      })
      .nullable(),
  }),
);

export const suites = operation<Record<string, never>>()(
  "query Suites { suites(first: 100) { edges { node { namespace name title } } } }",
  z.object({
    suites: z.object({
      edges: z.array(z.object({ node: z.object({ namespace: z.string(), name: z.string(), title: z.string() }) })),
    }),
  }),
);

const number = z.number().nullable();
const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const task = z.object({ name: z.string(), title: z.string() });

const row = z.object({
  rank: number,
  reference: z.string().nullable(),
  title: z.string(),
  method: z.string().nullable(),
  version: z.object({ ref: z.string(), kind: z.enum(versionKinds) }).nullable(),
  scores: z.array(z.object({ task: z.object({ name: z.string() }), value: number, low: number, high: number, n: number })),
  mean: number,
  low: number,
  high: number,
});
export type LeaderboardRow = z.infer<typeof row>;

const board = z.object({
  purpose: z.enum(splitPurposes),
  exampleCount: z.number(),
  suite: z.object({ namespace: z.string(), name: z.string(), title: z.string() }),
  tasks: z.array(task),
  rows: z.array(row),
  verdict: z
    .object({
      overAverage: interval.nullable(),
      leadOfFirst: interval.nullable(),
      gainKept: number,
      bestTitle: z.string().nullable(),
      secondTitle: z.string().nullable(),
    })
    .nullable(),
});
export type Leaderboard = z.infer<typeof board>;

export const leaderboard = operation<{ namespace: string; suite: string; purpose: SplitPurpose }>()(
  `query Leaderboard($namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    leaderboard(namespace: $namespace, suite: $suite, purpose: $purpose) {
      purpose exampleCount
      suite { namespace name title }
      tasks { name title }
      rows {
        rank reference title method
        version { ref kind }
        scores { task { name } value low high n }
        mean low high
      }
      verdict { overAverage { value low high } leadOfFirst { value low high } gainKept bestTitle secondTitle }
    }
  }`,
  z.object({ leaderboard: board.nullable() }),
);
