import { graphql } from "../../gql/index.ts";

export const StatisticRowFragment = graphql(`
  fragment StatisticRow on Statistic {
    id
    key
    kind
    estimator
    lambda
    density
    examples
    state
    sizeBytes
    seconds
    downloadPath
    split { name purpose sha256 task { id title } }
    base { ref }
    run { id state progress }
  }
`);

export const VersionStatisticsDocument = graphql(`
  query VersionStatistics($ref: String!, $after: String) {
    version(ref: $ref) {
      ...VersionName
      parents { id role parent { id ref } }
    }
    statistics(version: $ref, first: 50, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { ...StatisticRow } }
    }
    tasks(first: 100) {
      edges { node { id namespace name title kind expert { id } splits { purpose exampleCount } } }
    }
  }
`);

export const RequestStatisticsDocument = graphql(`
  mutation RequestStatistics($input: RequestStatisticsInput!) {
    requestStatistics(input: $input) {
      __typename
      ... on RequestStatisticsSuccess { existing statistics { id } runs { id } }
      ... on RefusedError { message faults { code message path } }
    }
  }
`);
