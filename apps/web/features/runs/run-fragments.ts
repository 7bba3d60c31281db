import { graphql } from "../../gql/index.ts";

export const RunLineFragment = graphql(`
  fragment RunLine on Run {
    id
    kind
    state
    title
    progress
    stage
    tensorsDone
    tensorsTotal
    bytesPerSecond
    secondsLeft
    createdAt
    startedAt
    finishedAt
  }
`);

export const RunDetailFragment = graphql(`
  fragment RunDetail on Run {
    ...RunLine
    stages { name startedAt finishedAt }
    peakMemoryBytes
    failure { code message path }
    identity
    attempts
    version { ...VersionName }
    evaluations { ...EvaluationRow version { ...VersionName } }
    statistics { ...StatisticRow }
    needs { statistic { ...StatisticRow } }
  }
`);

export const RunDocument = graphql(`
  query Run($id: ID!) {
    run(id: $id) { ...RunDetail recipe }
  }
`);

export const RunChangedDocument = graphql(`
  subscription RunChanged($id: ID!) {
    runChanged(id: $id) { ...RunDetail }
  }
`);

export const RunNowDocument = graphql(`
  query RunNow($id: ID!) {
    run(id: $id) { ...RunDetail }
  }
`);

export const RunsDocument = graphql(`
  query Runs($kind: RunKind, $state: RunState, $first: Int, $after: String) {
    runs(kind: $kind, state: $state, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { ...RunLine version { ...VersionName } } }
    }
  }
`);

export const StrandSlotsDocument = graphql(`
  query StrandSlots($namespace: String!) {
    models(namespace: $namespace, first: 100) {
      edges { node { id namespace name strand latest { id kind } } }
    }
  }
`);

export const CancelRunDocument = graphql(`
  mutation CancelRun($input: CancelRunInput!) {
    cancelRun(input: $input) {
      __typename
      ... on CancelRunSuccess { run { ...RunDetail } }
      ... on RefusedError { message faults { message } }
    }
  }
`);

export const RetryRunDocument = graphql(`
  mutation RetryRun($input: RetryRunInput!) {
    retryRun(input: $input) {
      __typename
      ... on RetryRunSuccess { run { ...RunDetail } }
      ... on RefusedError { message faults { message } }
    }
  }
`);
