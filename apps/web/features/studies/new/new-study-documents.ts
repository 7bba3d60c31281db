import { graphql } from "../../../gql/index.ts";

export const NewStudyDocument = graphql(`
  query NewStudy {
    viewer { namespaces }
    mergeMethods {
      ...MethodForm
      tunables { name perParent isWhole least most low high isLog isUsual }
    }
    versions(state: READY, first: 100) {
      edges { node { ...Choice } }
    }
    suites(first: 50) { edges { node { id namespace name title } } }
    tasks(first: 100) { edges { node { id namespace name title } } }
  }
`);

export const CheckStudyDocument = graphql(`
  query CheckStudy($input: StartStudyInput!) {
    checkStudy(input: $input) {
      ok
      faults { code message path }
      space { name low high log }
      baselines
      taskNames
    }
  }
`);

export const StartStudyDocument = graphql(`
  mutation StartStudy($input: StartStudyInput!) {
    startStudy(input: $input) {
      __typename
      ... on StartStudySuccess { study { id } }
      ... on RefusedError { message faults { code message path } }
    }
  }
`);
