import { graphql } from "../../gql/index.ts";

export const VersionHeadDocument = graphql(`
  query VersionHead($ref: String!) {
    version(ref: $ref) {
      ...VersionName
      aliases
      digest
      architecture
      licence
      dtype
      parameterCount
      sizeBytes
      tensorCount
      createdAt
      rejection { code message path }
      files { path }
      evaluations { id }
      mergeRun { id state progress stage }
      model { id namespace name strand versions(first: 1) { totalCount edges { node { id number } } } }
    }
    statistics(version: $ref, first: 1) { totalCount }
  }
`);

export const VersionOverviewDocument = graphql(`
  query VersionOverview($ref: String!) {
    version(ref: $ref) {
      ...Mixture
      parents { statistics { id } }
      card
      digest
      recipe
      mergeRun { id startedAt finishedAt peakMemoryBytes }
      evaluations { ...EvaluationRow }
      children(first: 6) {
        totalCount
        edges { node { id role coefficient child { ...VersionName } } }
      }
    }
    suites(first: 5) { edges { node { id namespace name title } } }
  }
`);

export const EvaluationRowFragment = graphql(`
  fragment EvaluationRow on Evaluation {
    id
    state
    value
    n
    low
    high
    seconds
    task { id name title }
    split { name purpose exampleCount }
    run { id state }
  }
`);

export const VersionEvaluationsDocument = graphql(`
  query VersionEvaluations($ref: String!) {
    version(ref: $ref) { ...VersionName evaluations { ...EvaluationRow } }
    suites(first: 20) { edges { node { id namespace name title tasks { id } } } }
  }
`);

export const VersionRecipeDocument = graphql(`
  query VersionRecipe($ref: String!) {
    version(ref: $ref) { ...VersionName recipe mergeRun { id identity } }
  }
`);

export const VersionTensorsDocument = graphql(`
  query VersionTensors($ref: String!, $search: String, $first: Int, $after: String) {
    version(ref: $ref) {
      ...VersionName
      tensorCount
      tensors(search: $search, first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { id name dtype shape sizeBytes sha256 norm min max } }
      }
    }
  }
`);

export const VersionFilesDocument = graphql(`
  query VersionFiles($ref: String!) {
    version(ref: $ref) { ...VersionName sizeBytes files { path sha256 sizeBytes downloadPath } }
  }
`);
