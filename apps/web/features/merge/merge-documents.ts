import { graphql } from "../../gql/index.ts";

export const WorkbenchDocument = graphql(`
  query Workbench {
    viewer { namespaces }
    mergeMethods { ...MethodForm }
    versions(state: READY, first: 100) {
      edges { node { ...Choice } }
    }
    suites(first: 50) { edges { node { id namespace name title } } }
    tasks(first: 100) { edges { node { id namespace name title kind splits { purpose exampleCount } } } }
  }
`);

export const MethodFormFragment = graphql(`
  fragment MethodForm on MergeMethod {
    id
    name
    title
    family
    summary
    source
    isAvailable
    base
    minParents
    maxParents
    parametersSchema
    parentParametersSchema
    statistics { kind ofBase isScaled }
    laws
  }
`);

export const ChoiceFragment = graphql(`
  fragment Choice on ModelVersion {
    ...VersionName
    dtype
    architecture
    parameterCount
    createdAt
  }
`);

export const CheckMergeDocument = graphql(`
  query CheckMerge($recipe: JSON!, $statistics: MergeStatisticsInput) {
    checkMerge(recipe: $recipe, statistics: $statistics) {
      ok
      faults { code message path }
      notes
      identity
      tensorCount
      readBytes
      writeBytes
      peakMemoryBytes
      seconds
      existing { ...VersionName }
      statistics { key ref kind lambda examples isMeasured seconds }
    }
  }
`);

export const RequestMergeDocument = graphql(`
  mutation RequestMerge($input: RequestMergeInput!) {
    requestMerge(input: $input) {
      __typename
      ... on RequestMergeSuccess { created run { id } version { ...VersionName } }
      ... on RefusedError { message faults { code message path } }
    }
  }
`);
