import { graphql } from "../../gql/index.ts";

export const VersionNameFragment = graphql(`
  fragment VersionName on ModelVersion {
    id
    ref
    number
    kind
    state
    model { id namespace name strand }
  }
`);

/** What a merge is made of, two levels deep: a parent that is itself a merge shows its own bands. */
export const MixtureFragment = graphql(`
  fragment Mixture on ModelVersion {
    ...VersionName
    parents {
      id
      role
      coefficient
      position
      parentDigest
      parent {
        ...VersionName
        parents {
          id
          role
          coefficient
          parent { ...VersionName }
        }
      }
    }
  }
`);

/** The same, one level deep, for long lists: a level more would cost the API ten times as much. */
export const MixtureLineFragment = graphql(`
  fragment MixtureLine on ModelVersion {
    ...VersionName
    parents {
      id
      role
      coefficient
      parent { id ref kind number model { id namespace name strand } }
    }
  }
`);
