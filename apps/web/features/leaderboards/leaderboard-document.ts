import { graphql } from "../../gql/index.ts";

export const LeaderboardDocument = graphql(`
  query Leaderboard($namespace: String!, $suite: String!) {
    leaderboard(namespace: $namespace, suite: $suite) {
      purpose
      exampleCount
      suite { id namespace name title }
      tasks { id name title expert { ...VersionName } }
      rows {
        rank
        reference
        title
        method
        mean
        low
        high
        version { ...Mixture aliases parameterCount }
        scores { task { id } value low high n evaluation { id state run { id } } }
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
