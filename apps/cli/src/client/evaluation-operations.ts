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

const estimate = z.object({ value: z.number(), low: number, high: number });

const row = z.object({
  rank: number,
  reference: z.string().nullable(),
  isKept: z.boolean(),
  isPlainAverage: z.boolean(),
  tunedOn: z.array(z.string()),
  tunedOnReasons: z.array(z.object({ sentence: z.string() })),
  title: z.string(),
  kind: z.enum(versionKinds).nullable(),
  method: z.string().nullable(),
  parents: z.array(z.object({ ref: z.string() })),
  version: z.object({ ref: z.string() }).nullable(),
  scores: z.array(z.object({ taskName: z.string(), value: number, low: number, high: number, n: number })),
  mean: number,
  low: number,
  high: number,
  normalised: estimate.nullable(),
  worst: z.object({ taskName: z.string(), value: z.number(), ofExpert: number }).nullable(),
});
export type LeaderboardRow = z.infer<typeof row>;

const board = z.object({
  purpose: z.enum(splitPurposes),
  exampleCount: z.number(),
  unit: z.string().nullable(),
  rowCount: z.number(),
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

export const sortKeys = ["RANK", "NAME", "KIND", "METHOD", "MEAN", "NORMALISED_MEAN", "WORST", "TASK"] as const;

export interface LeaderboardFilter {
  readonly kinds?: readonly string[];
  readonly methods?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly text?: string;
}

export interface LeaderboardVariables {
  readonly namespace: string;
  readonly suite: string;
  readonly purpose: SplitPurpose;
  readonly filter?: LeaderboardFilter;
  readonly sort?: { readonly by: (typeof sortKeys)[number]; readonly task?: string; readonly reversed?: boolean };
  readonly first?: number;
  readonly offset?: number;
}

export const leaderboard = operation<LeaderboardVariables>()(
  `query Leaderboard($namespace: String!, $suite: String!, $purpose: SplitPurpose!, $filter: LeaderboardFilter,
      $sort: LeaderboardSort, $first: Int, $offset: Int) {
    leaderboard(namespace: $namespace, suite: $suite, purpose: $purpose) {
      purpose exampleCount unit
      rowCount(filter: $filter)
      suite { namespace name title }
      tasks { name title }
      rows(filter: $filter, sort: $sort, first: $first, offset: $offset) {
        rank reference isKept isPlainAverage tunedOn tunedOnReasons { sentence } title kind method
        parents { ref }
        version { ref }
        scores { taskName value low high n }
        mean low high
        normalised { value low high }
        worst { taskName value ofExpert }
      }
      verdict { overAverage { value low high } leadOfFirst { value low high } gainKept bestTitle secondTitle }
    }
  }`,
  z.object({ leaderboard: board.nullable() }),
);

const comparedScore = z.object({ value: z.number(), low: number, high: number, n: z.number() });

const comparison = z.object({
  __typename: z.literal("Comparison"),
  purpose: z.enum(splitPurposes),
  unit: z.string().nullable(),
  disagreements: z.number(),
  suite: z.object({ namespace: z.string(), name: z.string(), title: z.string() }),
  first: z.object({ ref: z.string() }),
  second: z.object({ ref: z.string() }),
  mean: estimate.nullable(),
  tasks: z.array(
    z.object({
      task: z.object({ name: z.string(), title: z.string() }),
      lowerIsBetter: z.boolean(),
      first: comparedScore.nullable(),
      second: comparedScore.nullable(),
      difference: estimate.nullable(),
      onlyFirst: number,
      onlySecond: number,
    }),
  ),
});
export type Comparison = z.infer<typeof comparison>;

const groupMember = z.object({
  version: z.object({ ref: z.string() }),
  overFirst: estimate.nullable(),
  sharedTasks: z.number(),
  tunedOnReasons: z.array(z.object({ sentence: z.string() })),
});

const groupComparison = z.object({
  __typename: z.literal("GroupComparison"),
  purpose: z.enum(splitPurposes),
  unit: z.string().nullable(),
  suite: z.object({ namespace: z.string(), name: z.string(), title: z.string() }),
  members: z.array(groupMember),
  tasks: z.array(
    z.object({
      task,
      lowerIsBetter: z.boolean(),
      cells: z.array(z.object({ score: comparedScore.nullable(), overFirst: estimate.nullable() })),
    }),
  ),
});
export type GroupComparison = z.infer<typeof groupComparison>;

export const compareGroup = operation<{
  versions: readonly string[];
  namespace: string;
  suite: string;
  purpose: SplitPurpose;
}>()(
  `query CompareGroup($versions: [String!]!, $namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    compareGroup(versions: $versions, namespace: $namespace, suite: $suite, purpose: $purpose) {
      __typename
      ... on GroupComparison {
        purpose unit
        suite { namespace name title }
        members {
          version { ref }
          overFirst { value low high }
          sharedTasks
          tunedOnReasons { sentence }
        }
        tasks {
          task { name title }
          lowerIsBetter
          cells { score { value low high n } overFirst { value low high } }
        }
      }
      ${refusedFields}
    }
  }`,
  z.object({ compareGroup: z.discriminatedUnion("__typename", [groupComparison, refused]) }),
);

export const compareVersions = operation<{
  first: string;
  second: string;
  namespace: string;
  suite: string;
  purpose: SplitPurpose;
}>()(
  `query CompareVersions($first: String!, $second: String!, $namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    compareVersions(first: $first, second: $second, namespace: $namespace, suite: $suite, purpose: $purpose) {
      __typename
      ... on Comparison {
        purpose unit disagreements
        suite { namespace name title }
        first { ref }
        second { ref }
        mean { value low high }
        tasks {
          task { name title }
          lowerIsBetter
          first { value low high n }
          second { value low high n }
          difference { value low high }
          onlyFirst onlySecond
        }
      }
      ${refusedFields}
    }
  }`,
  z.object({ compareVersions: z.discriminatedUnion("__typename", [comparison, refused]) }),
);
