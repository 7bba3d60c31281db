import { type Strand, scaleOf, sized, widthOf } from "../../components/strands/geometry.ts";
import type { LineageRole, VersionNameFragment } from "../../gql/graphql.ts";
import { colourOf } from "../versions/mixture.ts";

export interface LineageEdge {
  id: string;
  role: LineageRole;
  coefficient: number | null;
  position: number;
  parent: { id: string };
  child: { id: string };
}

export interface Lineage {
  nodes: readonly VersionNameFragment[];
  edges: readonly LineageEdge[];
}

export interface DagNode {
  id: string;
  version: VersionNameFragment;
  colour: string;
  isCurrent: boolean;
  /** One fact under the name. */
  fact: string;
  /** Height of the fused strands at its left; 0 when nothing fuses into it. */
  fuseHeight: number;
}

/** One line of an edge: centre offsets from the middle of either node, in px. */
interface DagBand {
  colour: string;
  width: number;
  isHollow: boolean;
  from: number;
  to: number;
}

export interface DagEdge {
  id: string;
  source: string;
  target: string;
  role: LineageRole;
  coefficient: number | null;
  bands: DagBand[];
  /** Whether it ends at the ink bar of a fuse. */
  isFuse: boolean;
}

export interface Dag {
  nodes: DagNode[];
  edges: DagEdge[];
}

const mostFuse = 92;
const mostStrand = 15;
const bandGap = 1.5;
const cableGap = 0.8;
const cableWidth = 12;

/** A lineage as plain boxes and bands. Strand width is the coefficient with one scale for the whole drawing. */
export function toDag(lineage: Lineage, currentId: string, facts: ReadonlyMap<string, string>): Dag {
  const versions = new Map(lineage.nodes.map((node) => [node.id, node]));
  const known = lineage.edges.filter((edge) => versions.has(edge.parent.id) && versions.has(edge.child.id));
  const incoming = groupBy(known, (edge) => edge.child.id);
  for (const edges of incoming.values()) edges.sort((a, b) => a.position - b.position);
  // For drawing alone: an edge without a coefficient is as wide as its siblings.
  const parentsOf = (id: string) => sized((incoming.get(id) ?? []).filter((edge) => edge.role === "PARENT"));
  const isFuse = (id: string) => versions.get(id)?.kind === "MERGED" && parentsOf(id).length > 0;

  const k = Math.min(
    ...lineage.nodes
      .filter((node) => isFuse(node.id))
      .map((node) => scaleOf(parentsOf(node.id).map(asStrand), mostFuse, mostStrand))
      .filter((scale) => scale > 0),
    60,
  );
  const heights = new Map(lineage.nodes.map((node) => [node.id, isFuse(node.id) ? stackHeight(parentsOf(node.id), k) : 0]));

  const nodes = inRecipeOrder(lineage.nodes, currentId, parentsOf(currentId)).map((version) => ({
    id: version.id,
    version,
    colour:
      version.kind === "FINE_TUNED" || version.kind === "TASK_VECTOR" || version.kind === "BASE"
        ? colourOf(version)
        : "var(--ink)",
    isCurrent: version.id === currentId,
    fact: facts.get(version.id) ?? "",
    fuseHeight: heights.get(version.id) ?? 0,
  }));

  const edges = known.map((edge): DagEdge => {
    const source = versions.get(edge.parent.id);
    const intoFuse = isFuse(edge.child.id);
    const cable = isFuse(edge.parent.id) ? cableOf(parentsOf(edge.parent.id), versions) : [];
    const common = { id: edge.id, source: edge.parent.id, target: edge.child.id, role: edge.role, coefficient: edge.coefficient };
    if (edge.role !== "PARENT" || !intoFuse) {
      const to = edge.role === "BASE" && intoFuse ? -(heights.get(edge.child.id) ?? 0) / 2 - 4 : 0;
      const line = {
        colour: edge.role === "BASE" ? "var(--s0)" : "var(--line-2)",
        width: edge.role === "BASE" ? 2 : 1.5,
        isHollow: false,
        from: 0,
        to,
      };
      const bands = cable.length > 0 && edge.role !== "BASE" ? cableBands(cable, cableWidth, 0, false) : [line];
      return { ...common, bands, isFuse: intoFuse };
    }
    const { offset, width } = placeOf(edge, parentsOf(edge.child.id), k);
    const isHollow = (edge.coefficient ?? 1) < 0;
    const single = { colour: source ? strandColourOf(source) : "var(--s0)", width, isHollow, from: 0, to: offset };
    return { ...common, bands: cable.length > 1 ? cableBands(cable, width, offset, isHollow) : [single], isFuse: true };
  });
  return { nodes, edges };
}

/** The current version's parents first, as its recipe lists them, then itself, then the rest by strand. */
function inRecipeOrder(
  nodes: readonly VersionNameFragment[],
  currentId: string,
  parents: readonly LineageEdge[],
): VersionNameFragment[] {
  const order = new Map(parents.map((edge, i) => [edge.parent.id, i]));
  const rankOf = (node: VersionNameFragment) => order.get(node.id) ?? (node.id === currentId ? order.size : order.size + 1);
  return [...nodes].sort((a, b) => rankOf(a) - rankOf(b) || (a.model.strand ?? 99) - (b.model.strand ?? 99));
}

/** Everything above and below one node, for the highlight under the pointer. */
export function related(edges: readonly { source: string; target: string }[], id: string): Set<string> {
  const found = new Set([id]);
  const walk = (from: "source" | "target", to: "source" | "target") => {
    const queue = [id];
    const seen = new Set(queue);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const edge of edges) {
        if (edge[from] !== next || seen.has(edge[to])) continue;
        seen.add(edge[to]);
        found.add(edge[to]);
        queue.push(edge[to]);
      }
    }
  };
  walk("source", "target");
  walk("target", "source");
  return found;
}

function cableBands(
  colours: readonly { colour: string; share: number }[],
  width: number,
  to: number,
  isHollow: boolean,
): DagBand[] {
  const inner = Math.max(width - cableGap * (colours.length - 1), colours.length * 0.8);
  let top = -(inner + cableGap * (colours.length - 1)) / 2;
  return colours.map(({ colour, share }) => {
    const band = Math.max(0.8, inner * share);
    const centre = top + band / 2;
    top += band + cableGap;
    return { colour, width: band, isHollow, from: centre, to: to + centre };
  });
}

/** The bands of a merge as shares of one, so that its ancestry travels along its outgoing edges. */
function cableOf(
  edges: readonly LineageEdge[],
  versions: ReadonlyMap<string, VersionNameFragment>,
): { colour: string; share: number }[] {
  const total = edges.reduce((sum, edge) => sum + Math.abs(edge.coefficient ?? 1), 0) || 1;
  return edges
    .filter((edge) => edge.coefficient !== 0)
    .map((edge) => {
      const parent = versions.get(edge.parent.id);
      return { colour: parent ? strandColourOf(parent) : "var(--s0)", share: Math.abs(edge.coefficient ?? 1) / total };
    });
}

function strandColourOf(version: VersionNameFragment): string {
  return version.kind === "MERGED" ? "var(--ink-3)" : colourOf(version);
}

function placeOf(edge: LineageEdge, siblings: readonly LineageEdge[], k: number): { offset: number; width: number } {
  let top = -stackHeight(siblings, k) / 2;
  for (const sibling of siblings) {
    const width = sibling.coefficient === 0 ? 0 : widthOf(sibling.coefficient, k);
    if (sibling.id === edge.id) return { offset: top + width / 2, width };
    if (width > 0) top += width + bandGap;
  }
  return { offset: 0, width: widthOf(edge.coefficient, k) };
}

function stackHeight(edges: readonly LineageEdge[], k: number): number {
  const widths = edges.filter((edge) => edge.coefficient !== 0).map((edge) => widthOf(edge.coefficient, k));
  return widths.reduce((total, width) => total + width, 0) + bandGap * Math.max(0, widths.length - 1);
}

function asStrand(edge: LineageEdge): Strand {
  return { key: edge.id, label: "", colour: "", coefficient: edge.coefficient };
}

/** Map.groupBy needs Node 21. */
function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
