import { graphql } from "../../gql/index.ts";

export const HomeDocument = graphql(`
  query Home {
    viewer { namespaces counts { models versions runs } }
    active: runs(first: 4, state: RUNNING) { totalCount edges { node { ...RunLine } } }
    queued: runs(first: 4, state: QUEUED) { totalCount edges { node { ...RunLine } } }
    recent: runs(first: 4) { edges { node { ...RunLine } } }
    versions(first: 6) {
      totalCount
      edges { node { ...Mixture createdAt sizeBytes aliases parameterCount } }
    }
    merged: versions(first: 1, kind: MERGED, state: READY) {
      totalCount
      edges { node { ...Mixture createdAt sizeBytes aliases parameterCount } }
    }
    suites(first: 1) { edges { node { id namespace name title tasks { id } } } }
  }
`);

/** The version of the leaderboard's best merge, with what it is made of. */
export const BestMergeDocument = graphql(`
  query BestMerge($ref: String!) {
    version(ref: $ref) { ...Mixture createdAt sizeBytes aliases parameterCount }
  }
`);
