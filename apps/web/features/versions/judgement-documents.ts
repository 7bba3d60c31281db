import { graphql } from "../../gql/index.ts";

export const JudgementFragment = graphql(`
  fragment Judgement on MergeJudgement {
    id
    state
    trialsDone
    trialsExpected
    suite { id namespace name title }
    failure { message }
    verdict { mean comparisons { baseline title mean difference low high sentence } }
  }
`);

export const JudgementsDocument = graphql(`
  query Judgements($ref: String!) {
    version(ref: $ref) { ...VersionName judgements { ...Judgement } }
    suites(first: 50) { edges { node { id namespace name title } } }
  }
`);

export const JudgeMergeDocument = graphql(`
  mutation JudgeMerge($input: JudgeMergeInput!) {
    judgeMerge(input: $input) {
      __typename
      ... on JudgeMergeSuccess { judgement { id } }
      ... on RefusedError { message faults { message } }
    }
  }
`);
