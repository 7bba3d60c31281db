import { z } from "zod";
import { bigInt, operation, refused, refusedFields } from "./operation.ts";
import { runStates } from "./operations.ts";

const kinds = ["FISHER", "GRAM"] as const;
export const statisticEstimators = ["EXACT", "SAMPLED", "EMPIRICAL"] as const;

export interface RequestStatisticsInput {
  readonly versions: readonly string[];
  readonly task: string;
  readonly kind: (typeof kinds)[number];
  readonly base?: string;
  readonly lambdas?: readonly number[];
  readonly purpose?: "SEARCH" | "TRAIN";
  readonly estimator?: (typeof statisticEstimators)[number];
  readonly draws?: number;
  readonly seed?: number;
  readonly examples?: number;
}

const fields = `key kind estimator lambda examples state version { ref } base { ref }
  split { name purpose task { namespace name } } seconds sha256 sizeBytes downloadPath`;

const statistic = z.object({
  key: z.string(),
  kind: z.enum(kinds),
  estimator: z.string(),
  lambda: z.number(),
  examples: z.number(),
  state: z.enum(runStates),
  version: z.object({ ref: z.string() }),
  base: z.object({ ref: z.string() }).nullable(),
  split: z.object({
    name: z.string(),
    purpose: z.enum(["TRAIN", "SEARCH", "REPORT"]),
    task: z.object({ namespace: z.string(), name: z.string() }),
  }),
  seconds: z.number().nullable(),
  sha256: z.string().nullable(),
  sizeBytes: bigInt.nullable(),
  downloadPath: z.string().nullable(),
});
export type RemoteStatistic = z.infer<typeof statistic>;

export const requestStatistics = operation<{ input: RequestStatisticsInput }>()(
  `mutation RequestStatistics($input: RequestStatisticsInput!) {
    requestStatistics(input: $input) {
      __typename
      ... on RequestStatisticsSuccess { existing statistics { ${fields} } runs { id title } }
      ${refusedFields}
    }
  }`,
  z.object({
    requestStatistics: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("RequestStatisticsSuccess"),
        existing: z.number(),
        statistics: z.array(statistic),
        runs: z.array(z.object({ id: z.string(), title: z.string() })),
      }),
      refused,
    ]),
  }),
);

export const statisticsOf = operation<{ version: string; after: string | null }>()(
  `query StatisticsOf($version: String!, $after: String) {
    version(ref: $version) { ref }
    statistics(version: $version, first: 100, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { ${fields} } }
    }
  }`,
  z.object({
    version: z.object({ ref: z.string() }).nullable(),
    statistics: z.object({
      totalCount: z.number(),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      edges: z.array(z.object({ node: statistic })),
    }),
  }),
);
