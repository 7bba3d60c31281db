import { graphql } from "../../gql/index.ts";

export const LineageDocument = graphql(`
  query VersionLineage($ref: String!) {
    version(ref: $ref) {
      ...Mixture
      evaluations { task { id } }
      lineage(depth: 12, limit: 300) {
        truncated
        nodes { ...VersionName }
        edges { id role coefficient position parentDigest statistics { id } parent { id } child { id } }
      }
    }
    suites(first: 5) { edges { node { id namespace name title } } }
  }
`);
