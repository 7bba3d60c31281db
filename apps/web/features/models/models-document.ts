import { graphql } from "../../gql/index.ts";

export const ModelsDocument = graphql(`
  query Models($namespace: String, $kind: VersionKind, $search: String, $first: Int, $after: String) {
    viewer { namespaces }
    models(namespace: $namespace, kind: $kind, search: $search, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          id
          namespace
          name
          description
          createdAt
          versions(first: 1) { totalCount }
          latest { ...MixtureLine sizeBytes parameterCount dtype licence aliases createdAt }
        }
      }
    }
  }
`);

export const ModelDocument = graphql(`
  query Model($namespace: String!, $name: String!, $after: String) {
    model(namespace: $namespace, name: $name) {
      id
      namespace
      name
      description
      createdAt
      strand
      versions(first: 50, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { ...MixtureLine sizeBytes parameterCount dtype licence aliases createdAt digest card } }
      }
    }
  }
`);
