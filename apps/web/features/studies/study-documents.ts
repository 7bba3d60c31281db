import { graphql } from "../../gql/index.ts";

export const StudyLineFragment = graphql(`
  fragment StudyLine on Study {
    id
    namespace
    name
    state
    isStopping
    method
    budget
    trialCount
    endReason
    secondsLeft
    createdAt
    finishedAt
    best { id index value low high params { name value } }
  }
`);

export const StudyDetailFragment = graphql(`
  fragment StudyDetail on Study {
    ...StudyLine
    aggregate
    sampler
    seed
    parallel
    engineVersion
    startedAt
    space { name low high log }
    suite { namespace name title }
    tasks { task { id name title lowerIsBetter } }
    parents { role ref version { ...VersionName } }
    trials {
      id index state source value low high seconds
      params { name value }
      scores { taskName value }
      failure { code message }
    }
    average: trials(role: AVERAGE) { id value }
    tuned: trials(role: TASK_ARITHMETIC) { id value params { name value } }
    bestVersion { ...VersionName }
    slices { name lengthScale points { at mean deviation } }
    needs { statistic { id state run { id title state progress } } }
    phases { measureSeconds suggestSeconds mergeSeconds evaluateSeconds otherSeconds }
    verdict { mean comparisons { baseline title mean difference low high sentence } }
    failure { code message path }
  }
`);

export const StudyDocument = graphql(`
  query Study($id: ID!) {
    study(id: $id) { ...StudyDetail }
  }
`);

/** A ping: what has changed is asked for once, however many changes there were. */
export const StudyChangedDocument = graphql(`
  subscription StudyChanged($id: ID!) {
    studyChanged(id: $id) { id state }
  }
`);

export const StudiesDocument = graphql(`
  query Studies($state: StudyState, $first: Int, $after: String) {
    studies(state: $state, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { ...StudyLine parents { role ref } tasks { task { id } } } }
    }
  }
`);

export const StopStudyDocument = graphql(`
  mutation StopStudy($input: StopStudyInput!) {
    stopStudy(input: $input) {
      __typename
      ... on StopStudySuccess { study { ...StudyDetail } }
      ... on RefusedError { message faults { message } }
    }
  }
`);

export const ResumeStudyDocument = graphql(`
  mutation ResumeStudy($input: ResumeStudyInput!) {
    resumeStudy(input: $input) {
      __typename
      ... on ResumeStudySuccess { study { ...StudyDetail } }
      ... on RefusedError { message faults { message } }
    }
  }
`);
