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
