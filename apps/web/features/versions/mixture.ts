import { type Strand, sized, strandColour } from "../../components/strands/geometry.ts";
import type { LineageRole, VersionNameFragment } from "../../gql/graphql.ts";

type Name = Pick<VersionNameFragment, "id" | "ref" | "kind" | "number"> & { model: VersionNameFragment["model"] };

interface Edge {
  role: LineageRole;
  coefficient: number | null;
  parent: Name & { parents?: Edge[] };
}

/** A strand of a drawing that also knows the row (direct parent) it leaves from. */
export interface MixtureStrand extends Strand {
  parentRef: string;
}

export function colourOf(version: { kind: string; model: { strand: number | null } }): string {
  return version.kind === "BASE" ? "var(--s0)" : strandColour(version.model.strand);
}

/** The direct parents that carry a coefficient, in recipe order; a base is drawn apart. */
export function directParents<E extends { role: LineageRole }>(edges: readonly E[]): E[] {
  return edges.filter((edge) => edge.role === "PARENT");
}

export function baseOf<E extends { role: LineageRole }>(edges: readonly E[]): E | undefined {
  return edges.find((edge) => edge.role !== "PARENT");
}

/** Parents as strands; a parent that is a merge is spread into its own bands, scaled to its coefficient. */
export function mixtureStrands(edges: readonly Edge[]): MixtureStrand[] {
  return directParents(edges).flatMap((edge) => bandsOf(edge, edge.coefficient, edge.parent.ref));
}

function bandsOf(edge: Edge, coefficient: number | null, parentRef: string): MixtureStrand[] {
  const inner = edge.parent.kind === "MERGED" ? directParents(edge.parent.parents ?? []) : [];
  if (inner.length === 0) {
    return [
      {
        key: `${parentRef}>${edge.parent.ref}`,
        label: edge.parent.model.name,
        colour: colourOf(edge.parent),
        coefficient,
        parentRef,
      },
    ];
  }
  const bands = sized(inner);
  const total = bands.reduce((sum, band) => sum + Math.abs(band.coefficient), 0);
  return bands.map((band) => ({
    key: `${parentRef}>${band.parent.ref}`,
    label: band.parent.model.name,
    colour: colourOf(band.parent),
    coefficient: coefficient === null || total === 0 ? null : (coefficient * band.coefficient) / total,
    parentRef,
  }));
}
