import { graphql } from "../../gql/index.ts";

export const LeaderboardDocument = graphql(`
  query Leaderboard(
    $namespace: String!
    $suite: String!
    $purpose: SplitPurpose
    $filter: LeaderboardFilter
    $sort: LeaderboardSort
    $first: Int
    $offset: Int
  ) {
    leaderboard(namespace: $namespace, suite: $suite, purpose: $purpose) {
      purpose
      exampleCount
      unit
      kinds
      methods
      namespaces
      rowCount(filter: $filter)
      suite { id namespace name title }
      tasks { id name title metric splits { purpose } expert { ...VersionName } }
      rows(filter: $filter, sort: $sort, first: $first, offset: $offset) {
        id
        rank
        reference
        isKept
        isPlainAverage
        tunedOn
        tunedOnReasons { ancestor sentence }
        title
        kind
        method
        mean
        low
        high
        normalised { value low high }
        worst { taskName value ofExpert }
        parents { ref role coefficient kind namespace name number strand }
        version { ...VersionName aliases }
        scores { taskName value low high n ofExpert }
      }
      verdict {
        gainKept
        bestTitle
        secondTitle
        overAverage { value low high }
        leadOfFirst { value low high }
      }
    }
  }
`);
