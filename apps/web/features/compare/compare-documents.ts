import { graphql } from "../../gql/index.ts";

export const CompareDocument = graphql(`
  query Compare($first: String!, $second: String!, $namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    compareVersions(first: $first, second: $second, namespace: $namespace, suite: $suite, purpose: $purpose) {
      __typename
      ... on Comparison {
        purpose
        unit
        disagreements
        suite { namespace name title }
        first { ...VersionName }
        second { ...VersionName }
        mean { value low high }
        tasks {
          task { id name title }
          lowerIsBetter
          first { value low high n }
          second { value low high n }
          difference { value low high }
          onlyFirst
          onlySecond
        }
      }
      ... on RefusedError { message faults { message path } }
    }
  }
`);

export const CompareGroupDocument = graphql(`
  query CompareGroup($versions: [String!]!, $namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    compareGroup(versions: $versions, namespace: $namespace, suite: $suite, purpose: $purpose) {
      __typename
      ... on GroupComparison {
        purpose
        unit
        suite { namespace name title }
        members {
          version { ...VersionName }
          overFirst { value low high }
          sharedTasks
          tunedOnReasons { sentence }
        }
        tasks {
          task { id name title }
          lowerIsBetter
          cells { score { value low high n } overFirst { value low high } }
        }
      }
      ... on RefusedError { message faults { message path } }
    }
  }
`);

/** What there is to choose from: the suites, and the versions with scores on one of them. */
export const CompareChoicesDocument = graphql(`
  query CompareChoices($namespace: String!, $suite: String!, $purpose: SplitPurpose!) {
    leaderboard(namespace: $namespace, suite: $suite, purpose: $purpose) {
      suite { namespace name title }
      rows(first: 500) { reference title version { ref } }
    }
  }
`);

export const CompareSuitesDocument = graphql(`
  query CompareSuites {
    suites(first: 50) { edges { node { namespace name title } } }
  }
`);
